// The new device while it is being linked: device.md §2.
import { concatBytes, equalBytes } from '../codec/bytes.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { XCHACHA_NONCE_BYTES } from '../crypto/lengths.ts'
import { Secret } from '../crypto/secret.ts'
import { assert, ProtocolError } from '../errors.ts'
import { type DeviceLog, headOf } from '../identity/device-log.ts'
import { checkGrant, decodeGrant, type Grant } from './grant.ts'
import {
  deriveLinkKeys,
  isConfirmedBy,
  linkCode,
  linkTranscript,
  openLinkContent,
  sealLinkContent,
} from './link-keys.ts'
import { decodeLinkMessage, encodeStop, type LinkMessage, type LinkReason } from './link-message.ts'
import type { LiveNewcomer, Newcomer, OwnDevice } from './newcomer-start.ts'

export type NewcomerEvent =
  | { readonly kind: 'message'; readonly message: Uint8Array }
  /** Whether the other device accepted the code that this one shows. */
  | { readonly kind: 'compared'; readonly isSame: boolean }
  | { readonly kind: 'cancel' }
  | { readonly kind: 'tick' }

export type LinkEffect =
  /** Into the rendezvous lane, in this side's direction. May be repeated. */
  | { readonly kind: 'post'; readonly message: Uint8Array }
  | { readonly kind: 'show-code'; readonly code: string }
  /** To be wiped once the state is written: nothing of the attempt remains. */
  | { readonly kind: 'ended'; readonly reason: LinkReason; readonly wipe: readonly Secret[] }

export type NewcomerEffect =
  | LinkEffect
  | {
      readonly kind: 'linked'
      readonly device: OwnDevice
      readonly grant: Grant
      readonly log: DeviceLog
      readonly wipe: readonly Secret[]
    }

export interface NewcomerStep {
  /** To be written before the effects are carried out, and what is posted in the same batch. */
  readonly state: Newcomer
  readonly effects: readonly NewcomerEffect[]
}

function temporaries(state: LiveNewcomer): Secret[] {
  const keys =
    state.phase === 'keyed'
      ? [state.keys.sponsor, state.keys.newcomer, state.keys.confirmation]
      : []
  return [state.link.rendezvous, state.ephemeral, state.kemSeed, ...keys]
}

function end(
  crypto: Crypto,
  state: LiveNewcomer,
  reason: LinkReason,
  isTold: boolean,
): NewcomerStep {
  const { signSeed, exchangeSecret } = state.device
  const effects: NewcomerEffect[] = []
  if (isTold && state.phase === 'keyed') {
    const content = { kind: 'stop', reason } as const
    const message = sealLinkContent(crypto, state.keys, 'newcomer', content)
    effects.push({ kind: 'post', message })
  } else if (isTold && state.phase === 'claimed') {
    effects.push({ kind: 'post', message: encodeStop(reason) })
  }
  const wipe = [...temporaries(state), signSeed, exchangeSecret]
  effects.push({ kind: 'ended', reason, wipe })
  return { state: { phase: 'ended', reason }, effects }
}

const same = (state: Newcomer): NewcomerStep => ({ state, effects: [] })

/** When `tick` is due. Null when nothing is waited for. */
export function newcomerDeadlineSeconds(state: Newcomer): number | null {
  return 'link' in state ? state.link.expiresSeconds + 1 : null
}

/** What a restarted device does: a message that comes twice does no harm. */
export function repeatNewcomer(crypto: Crypto, state: Newcomer): readonly NewcomerEffect[] {
  if (state.phase === 'claimed') return [{ kind: 'post', message: state.offer }]
  if (state.phase !== 'keyed') return []
  return [{ kind: 'show-code', code: linkCode(crypto, state.keys.transcript) }]
}

/** Throws for a message that is broken, and nothing changes: who knows the link can send those. */
export function handleNewcomer(
  crypto: Crypto,
  state: Newcomer,
  event: NewcomerEvent,
  nowSeconds: number,
): NewcomerStep {
  if (state.phase === 'linked' || state.phase === 'ended') return same(state)
  if (nowSeconds > state.link.expiresSeconds) return end(crypto, state, 'expired', true)
  switch (event.kind) {
    case 'tick':
      return same(state)
    case 'cancel':
      return end(crypto, state, 'cancelled', true)
    case 'compared':
      return compared(crypto, state, event.isSame, nowSeconds)
    case 'message':
      return heard(crypto, state, event.message, nowSeconds)
  }
}

function compared(
  crypto: Crypto,
  state: LiveNewcomer,
  isSame: boolean,
  nowSeconds: number,
): NewcomerStep {
  if (state.phase !== 'keyed') return same(state)
  if (!isSame) return end(crypto, state, 'code', true)
  return finish(crypto, { ...state, isConfirmed: true }, nowSeconds)
}

function heard(
  crypto: Crypto,
  state: LiveNewcomer,
  bytes: Uint8Array,
  nowSeconds: number,
): NewcomerStep {
  const message = decodeLinkMessage(bytes)
  switch (message.kind) {
    case 'claim':
      return claimed(crypto, state, bytes)
    case 'answer':
      return state.phase === 'claimed'
        ? answered(crypto, state, message)
        : repeated(state, 'claimed')
    case 'sealed':
      return state.phase === 'keyed' ? opened(crypto, state, message, nowSeconds) : early()
    case 'stop':
      return state.phase === 'keyed' ? same(state) : end(crypto, state, message.reason, false)
    case 'offer':
      throw new ProtocolError('DEVICE_STATE', 'an offer for the device that made one')
  }
}

function early(): never {
  throw new ProtocolError('DEVICE_STATE', 'too early')
}

function repeated(state: LiveNewcomer, needed: LiveNewcomer['phase']): NewcomerStep {
  if (state.phase === 'waiting' && needed === 'claimed') early()
  return same(state)
}

/** Two who claim one link: somebody else has read it, and neither is to be trusted. */
function claimed(crypto: Crypto, state: LiveNewcomer, claim: Uint8Array): NewcomerStep {
  if (state.phase !== 'waiting') {
    return equalBytes(state.claim, claim) ? same(state) : end(crypto, state, 'contested', true)
  }
  const next: Newcomer = { ...state, phase: 'claimed', claim: claim.slice() }
  return { state: next, effects: [{ kind: 'post', message: state.offer }] }
}

function answered(
  crypto: Crypto,
  state: Newcomer & { phase: 'claimed' },
  { kemCiphertext, confirmation }: LinkMessage & { kind: 'answer' },
): NewcomerStep {
  const claim = decodeLinkMessage(state.claim)
  assert(claim.kind === 'claim', 'expected the claim that was kept')
  const transcript = linkTranscript(crypto, state.link, state.claim, state.offer)
  const shared = {
    dh: crypto.x25519Shared(state.ephemeral, claim.ephemeralKey),
    kem: crypto.mlkemDecapsulate(state.kemSeed, kemCiphertext),
  }
  const keys = deriveLinkKeys(crypto, shared, transcript, kemCiphertext)
  if (!isConfirmedBy(keys, confirmation)) throw new ProtocolError('DEVICE_SEAL', 'answer')
  const next: Newcomer = { ...state, phase: 'keyed', keys, isConfirmed: false, parts: new Map() }
  return { state: next, effects: [{ kind: 'show-code', code: linkCode(crypto, transcript) }] }
}

type Keyed = Newcomer & { phase: 'keyed' }

function opened(
  crypto: Crypto,
  state: Keyed,
  message: LinkMessage & { kind: 'sealed' },
  nowSeconds: number,
): NewcomerStep {
  const content = openLinkContent(crypto, state.keys, 'sponsor', message)
  if (content.kind === 'stop') return end(crypto, state, content.reason, false)
  if (content.kind === 'done') throw new ProtocolError('DEVICE_STATE', 'not its word to say')
  if (state.parts.has(content.index)) return same(state)
  const parts = new Map(state.parts).set(content.index, concatBytes(message.nonce, message.sealed))
  return finish(crypto, { ...state, parts }, nowSeconds)
}

/** The parts in their order, or null while one is missing. */
function joinParts(crypto: Crypto, { keys, parts }: Keyed): Secret | null {
  const chunks: Uint8Array[] = []
  for (let index = 0; ; index++) {
    const kept = parts.get(index)
    if (kept === undefined) return null
    const nonce = kept.subarray(0, XCHACHA_NONCE_BYTES)
    const message = { nonce, sealed: kept.subarray(XCHACHA_NONCE_BYTES) }
    const part = openLinkContent(crypto, keys, 'sponsor', message)
    assert(part.kind === 'part', 'expected the part that was kept')
    chunks.push(part.bytes)
    if (chunks.length === part.count) return Secret.adopt(concatBytes(...chunks))
  }
}

/** Once everything is here and the user has compared. */
function finish(crypto: Crypto, state: Keyed, nowSeconds: number): NewcomerStep {
  const bytes = state.isConfirmed ? joinParts(crypto, state) : null
  if (bytes === null) return same(state)
  const { link, device } = state
  try {
    const grant = decodeGrant(crypto, bytes.reveal())
    const log = checkGrant(crypto, grant, {
      networkId: link.networkId,
      deviceId: device.deviceId,
      signKey: crypto.ed25519Public(device.signSeed),
      exchangeKey: crypto.x25519Public(device.exchangeSecret),
      nowSeconds,
    })
    const content = { kind: 'done', headHash: headOf(log).hash } as const
    const message = sealLinkContent(crypto, state.keys, 'newcomer', content)
    const linked = { kind: 'linked', device, grant, log, wipe: temporaries(state) } as const
    return { state: { phase: 'linked' }, effects: [linked, { kind: 'post', message }] }
  } catch (error: unknown) {
    // Genuine and wrong: waiting for another grant would not mend it.
    if (error instanceof ProtocolError) return end(crypto, state, 'refused', true)
    throw error
  } finally {
    bytes.wipe()
  }
}
