// The device that links a new one: device.md §2.
import { equalBytes } from '../codec/bytes.ts'
import { LINK_NONCE_BYTES } from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { KEY_BYTES } from '../crypto/lengths.ts'
import { Secret } from '../crypto/secret.ts'
import { ProtocolError } from '../errors.ts'
import type { DeviceLog } from '../identity/device-log.ts'
import type { DeviceRight, NewDevice } from '../identity/device-log-entry.ts'
import { LINK_DONE_SLACK_SECONDS } from '../limits.ts'
import { encodeGrant, type Grant, splitGrant } from './grant.ts'
import { checkLinkTime, type DeviceLink } from './link-body.ts'
import {
  deriveLinkKeys,
  hashLinkOffer,
  isSameCode,
  type LinkKeys,
  linkCode,
  linkTranscript,
  openLinkContent,
  sealLinkContent,
} from './link-keys.ts'
import {
  decodeLinkMessage,
  encodeAnswer,
  encodeClaim,
  encodeStop,
  type LinkMessage,
  type LinkReason,
  type Offer,
  verifyOffer,
} from './link-message.ts'
import { addDevice, type LogSigner } from './log-change.ts'
import type { LinkEffect } from './newcomer.ts'

interface Common {
  readonly link: DeviceLink
  readonly claim: Uint8Array
}

export type Sponsor =
  | ({ readonly phase: 'claiming'; readonly ephemeral: Secret } & Common)
  | ({
      readonly phase: 'keyed'
      readonly keys: LinkKeys
      /** The device as it offered itself. */
      readonly device: Pick<Offer, 'deviceId' | 'signKey' | 'exchangeKey'>
      readonly answer: Uint8Array
    } & Common)
  | ({
      readonly phase: 'granted'
      readonly keys: LinkKeys
      readonly deviceId: Uint8Array
      readonly headHash: Uint8Array
      /** Exactly as they were sent, for a restart. */
      readonly posts: readonly Uint8Array[]
    } & Common)
  | { readonly phase: 'linked' }
  | { readonly phase: 'ended'; readonly reason: LinkReason }

/** What only the device that is there can say. */
export interface GrantTerms {
  /** The newest that it could get. */
  readonly log: DeviceLog
  readonly signer: LogSigner
  readonly rights: readonly DeviceRight[]
  /** All that is granted, but the log with the new device in it. */
  readonly grant: Omit<Grant, 'identityKey' | 'entries' | 'warrants'>
  /** For a device that may publish, and where this one can sign them. */
  readonly warrantsFor: (device: NewDevice) => Grant['warrants']
}

export type SponsorEvent =
  | { readonly kind: 'message'; readonly message: Uint8Array }
  /** The code as it was typed from the new device's screen. */
  | { readonly kind: 'code'; readonly typed: string; readonly terms: GrantTerms }
  | { readonly kind: 'cancel' }
  | { readonly kind: 'tick' }

export type SponsorEffect =
  | LinkEffect
  /** The new log: to be durable and published before what follows is sent. */
  | { readonly kind: 'added'; readonly entry: Uint8Array; readonly log: DeviceLog }
  /** Of no more use, once the state is written. */
  | { readonly kind: 'wipe'; readonly wipe: readonly Secret[] }
  /** It was added and never came: `revokeDevice`, with all that follows. */
  | { readonly kind: 'revoke'; readonly deviceId: Uint8Array }
  | { readonly kind: 'linked'; readonly deviceId: Uint8Array; readonly wipe: readonly Secret[] }

export interface SponsorStep {
  /** To be written before the effects are carried out, and what is posted in the same batch. */
  readonly state: Sponsor
  readonly effects: readonly SponsorEffect[]
}

export type LiveSponsor = Exclude<Sponsor, { phase: 'linked' | 'ended' }>
type Keyed = Sponsor & { phase: 'keyed' }
type Granted = Sponsor & { phase: 'granted' }

/** Claims a link that was just read. Refuses one that is for another network, or out of time. */
export function startSponsor(
  crypto: Crypto,
  link: DeviceLink,
  own: { readonly networkId: Uint8Array; readonly nowSeconds: number },
): SponsorStep {
  if (!equalBytes(link.networkId, own.networkId)) throw new ProtocolError('DEVICE_NETWORK', 'link')
  checkLinkTime(link, own.nowSeconds)
  const ephemeral = Secret.adopt(crypto.randomBytes(KEY_BYTES))
  const nonce = crypto.randomBytes(LINK_NONCE_BYTES)
  const claim = encodeClaim({ nonce, ephemeralKey: crypto.x25519Public(ephemeral) })
  const state: Sponsor = { phase: 'claiming', link, claim, ephemeral }
  return { state, effects: [{ kind: 'post', message: claim }] }
}

function temporaries(state: LiveSponsor): Secret[] {
  const { rendezvous } = state.link
  if (state.phase === 'claiming') return [rendezvous, state.ephemeral]
  const { sponsor, newcomer, confirmation } = state.keys
  return [rendezvous, sponsor, newcomer, confirmation]
}

function end(crypto: Crypto, state: LiveSponsor, reason: LinkReason, isTold: boolean): SponsorStep {
  const effects: SponsorEffect[] = []
  if (state.phase === 'granted') effects.push({ kind: 'revoke', deviceId: state.deviceId })
  if (isTold && state.phase === 'claiming') {
    effects.push({ kind: 'post', message: encodeStop(reason) })
  } else if (isTold && state.phase !== 'claiming') {
    const content = { kind: 'stop', reason } as const
    const message = sealLinkContent(crypto, state.keys, 'sponsor', content)
    effects.push({ kind: 'post', message })
  }
  effects.push({ kind: 'ended', reason, wipe: temporaries(state) })
  return { state: { phase: 'ended', reason }, effects }
}

const same = (state: Sponsor): SponsorStep => ({ state, effects: [] })

function lastSecond(state: LiveSponsor): number {
  const { expiresSeconds } = state.link
  return state.phase === 'granted' ? expiresSeconds + LINK_DONE_SLACK_SECONDS : expiresSeconds
}

/** When `tick` is due. Null when nothing is waited for. */
export function sponsorDeadlineSeconds(state: Sponsor): number | null {
  return 'link' in state ? lastSecond(state) + 1 : null
}

/** What a restarted device does: a message that comes twice does no harm. */
export function repeatSponsor(crypto: Crypto, state: Sponsor): readonly SponsorEffect[] {
  switch (state.phase) {
    case 'claiming':
      return [{ kind: 'post', message: state.claim }]
    case 'keyed': {
      const code = linkCode(crypto, state.keys.transcript)
      return [
        { kind: 'post', message: state.answer },
        { kind: 'show-code', code },
      ]
    }
    case 'granted':
      return state.posts.map((message) => ({ kind: 'post', message }))
    default:
      return []
  }
}

/** Throws for a message that is broken, and nothing changes: who knows the link can send those. */
export function handleSponsor(
  crypto: Crypto,
  state: Sponsor,
  event: SponsorEvent,
  nowSeconds: number,
): SponsorStep {
  if (state.phase === 'linked' || state.phase === 'ended') return same(state)
  if (nowSeconds > lastSecond(state)) return end(crypto, state, 'expired', true)
  switch (event.kind) {
    case 'tick':
      return same(state)
    case 'cancel':
      return end(crypto, state, 'cancelled', true)
    case 'code':
      return state.phase === 'keyed' ? typed(crypto, state, event, nowSeconds) : same(state)
    case 'message':
      return heard(crypto, state, event.message)
  }
}

function heard(crypto: Crypto, state: LiveSponsor, bytes: Uint8Array): SponsorStep {
  const message = decodeLinkMessage(bytes)
  switch (message.kind) {
    case 'offer':
      return state.phase === 'claiming' ? offered(crypto, state, bytes) : same(state)
    case 'sealed':
      return opened(crypto, state, message)
    case 'stop':
      return state.phase === 'claiming' ? end(crypto, state, message.reason, false) : same(state)
    default:
      throw new ProtocolError('DEVICE_STATE', 'a word of this side')
  }
}

/** The offer that the link promised, and no other. */
function offered(
  crypto: Crypto,
  state: Sponsor & { phase: 'claiming' },
  bytes: Uint8Array,
): SponsorStep {
  const { link, claim, ephemeral } = state
  if (!equalBytes(hashLinkOffer(crypto, bytes), link.offerHash)) {
    throw new ProtocolError('DEVICE_LINKAGE', 'not the offer of this link')
  }
  const offer = verifyOffer(crypto, link.networkId, bytes)
  const { ciphertext, shared: kem } = crypto.mlkemEncapsulate(offer.kemKey)
  const dh = crypto.x25519Shared(ephemeral, offer.ephemeralKey)
  const transcript = linkTranscript(crypto, link, claim, bytes)
  const keys = deriveLinkKeys(crypto, { dh, kem }, transcript, ciphertext)
  const confirmation = keys.confirmation.reveal()
  const { deviceId, signKey, exchangeKey } = offer
  const device = { deviceId, signKey, exchangeKey }
  const answer = encodeAnswer({ kemCiphertext: ciphertext, confirmation })
  return {
    state: { phase: 'keyed', link, claim, keys, device, answer },
    effects: [
      { kind: 'post', message: answer },
      { kind: 'show-code', code: linkCode(crypto, transcript) },
      { kind: 'wipe', wipe: [ephemeral] },
    ],
  }
}

/** One try: a second one would give a stranger in between a second chance. */
function typed(
  crypto: Crypto,
  state: Keyed,
  { typed: code, terms }: SponsorEvent & { kind: 'code' },
  nowSeconds: number,
): SponsorStep {
  const { link, claim, keys } = state
  if (!isSameCode(code, linkCode(crypto, keys.transcript))) return end(crypto, state, 'code', true)
  const { deviceId, signKey, exchangeKey } = state.device
  const { rights, signer } = terms
  const device: NewDevice = { id: deviceId, signKey, exchangeKey, rights, name: link.name }
  const { entry, log } = addDevice(crypto, terms.log, device, { signer, nowSeconds })
  const warrants = rights.includes('publish') ? terms.warrantsFor(device) : []
  const { identityKey, entries } = log
  const bytes = encodeGrant({ ...terms.grant, identityKey, entries, warrants })
  const parts = splitGrant(bytes)
  const posts = parts.map((part, index) => {
    const content = { kind: 'part', index, count: parts.length, bytes: part } as const
    return sealLinkContent(crypto, keys, 'sponsor', content)
  })
  bytes.fill(0)
  const headHash = log.hashes.at(-1)!
  const granted: Granted = { phase: 'granted', link, claim, keys, deviceId, headHash, posts }
  const sent: SponsorEffect[] = posts.map((message) => ({ kind: 'post', message }))
  return { state: granted, effects: [{ kind: 'added', entry, log }, ...sent] }
}

function opened(
  crypto: Crypto,
  state: LiveSponsor,
  message: LinkMessage & { kind: 'sealed' },
): SponsorStep {
  if (state.phase === 'claiming') throw new ProtocolError('DEVICE_STATE', 'too early')
  const content = openLinkContent(crypto, state.keys, 'newcomer', message)
  if (content.kind === 'stop') return end(crypto, state, content.reason, false)
  if (content.kind === 'part' || state.phase !== 'granted') {
    throw new ProtocolError('DEVICE_STATE', 'not its word to say')
  }
  if (!equalBytes(content.headHash, state.headHash)) return end(crypto, state, 'refused', true)
  const { deviceId } = state
  const linked = { kind: 'linked', deviceId, wipe: temporaries(state) } as const
  return { state: { phase: 'linked' }, effects: [linked] }
}
