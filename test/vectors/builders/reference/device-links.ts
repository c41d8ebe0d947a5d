// device.md §1 to §3 a second time, with every field open to lies.
import { concatBytes, utf8 } from '@ezchat/protocol/codec/bytes.ts'
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { ed25519, x25519 } from '@noble/curves/ed25519.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js'
import { deviceId } from './device-logs.ts'
import { exchangeOf, prefixed, publicOf, secretOf, u8, u16, u32 } from './pieces.ts'

export const NOW = 1_800_000_000
export const EXPIRES = NOW + 600
export const NETWORK_ID = secretOf('network of device links')

const kemSeed = concatBytes(secretOf('kem seed d'), secretOf('kem seed z'))
const kem = ml_kem768.keygen(kemSeed)
export const labelOf = (use: string): Uint8Array => utf8(`ezchat/v1/${use}\0`)
export const hashOf = (use: string, ...parts: readonly Uint8Array[]): Uint8Array =>
  sha256(concatBytes(labelOf(use), ...parts))

export const claimBytes = (lie: Partial<{ version: number; kind: number; key: Uint8Array }> = {}) =>
  concatBytes(
    u8(lie.version ?? 1),
    u8(lie.kind ?? 1),
    secretOf('claim nonce'),
    lie.key ?? exchangeOf('claim'),
  )

export interface OfferParts {
  readonly version: number
  readonly kind: number
  readonly ephemeralKey: Uint8Array
  readonly signKey: Uint8Array
  readonly exchangeKey: Uint8Array
  readonly extra: Uint8Array
  readonly label: string
  readonly signWith: string
  readonly networkId: Uint8Array
}

export function offerBytes(lie: Partial<OfferParts> = {}): Uint8Array {
  const parts: OfferParts = {
    version: 1,
    kind: 2,
    ephemeralKey: exchangeOf('newcomer'),
    signKey: publicOf('phone sign'),
    exchangeKey: exchangeOf('phone exchange'),
    extra: new Uint8Array(0),
    label: 'sign/device-offer',
    signWith: 'phone sign',
    networkId: NETWORK_ID,
    ...lie,
  }
  const content = concatBytes(
    u8(parts.version),
    u8(parts.kind),
    secretOf('offer nonce'),
    parts.ephemeralKey,
    kem.publicKey,
    deviceId('phone'),
    parts.signKey,
    parts.exchangeKey,
  )
  const message = concatBytes(labelOf(parts.label), parts.networkId, content)
  return concatBytes(content, ed25519.sign(message, secretOf(parts.signWith)), parts.extra)
}

export interface LinkParts {
  readonly version: number
  readonly shard: number
  readonly offerHash: Uint8Array
  readonly expires: number
  readonly hints: readonly string[]
  readonly hintCount: number
  readonly name: string | Uint8Array
  readonly extra: Uint8Array
}

export function linkBytes(lie: Partial<LinkParts> = {}): Uint8Array {
  const hints = lie.hints ?? ['/dns4/relay.example/tcp/443/wss']
  const parts: LinkParts = {
    version: 1,
    shard: 5,
    offerHash: hashOf('hash/device-offer', offerBytes()),
    expires: EXPIRES,
    hints,
    hintCount: hints.length,
    name: 'phone',
    extra: new Uint8Array(0),
    ...lie,
  }
  return concatBytes(
    u8(parts.version),
    NETWORK_ID,
    secretOf('rendezvous'),
    u16(parts.shard),
    parts.offerHash,
    u32(parts.expires),
    u8(parts.hintCount),
    ...parts.hints.map(prefixed),
    prefixed(parts.name),
    parts.extra,
  )
}

export function transcriptOf(link: Uint8Array, claim: Uint8Array, offer: Uint8Array): Uint8Array {
  return hashOf('hash/device-link', u16(link.length), link, claim, offer)
}

export function codeOf(transcript: Uint8Array): string {
  const hash = hashOf('hash/device-code', transcript)
  const number = hash.subarray(0, 8).reduce((sum, byte) => sum * 256n + BigInt(byte), 0n)
  return String(number % 1_000_000n).padStart(6, '0')
}

const coins = secretOf('kem coins')
const encapsulated = ml_kem768.encapsulate(kem.publicKey, coins)
export const KEM_CIPHERTEXT = encapsulated.cipherText
export const SHARED = {
  dh: x25519.getSharedSecret(secretOf('claim'), exchangeOf('newcomer')),
  kem: encapsulated.sharedSecret,
}

export const TRANSCRIPT = transcriptOf(linkBytes(), claimBytes(), offerBytes())

export function linkKeys(transcript: Uint8Array, ciphertext: Uint8Array) {
  const info = concatBytes(labelOf('device/link'), transcript, sha256(ciphertext))
  const all = hkdf(sha256, concatBytes(SHARED.dh, SHARED.kem), undefined, info, 96)
  return {
    sponsor: all.slice(0, 32),
    newcomer: all.slice(32, 64),
    confirmation: all.slice(64),
  }
}

export const KEYS = linkKeys(TRANSCRIPT, KEM_CIPHERTEXT)

export function answerBytes(lie: Partial<{ confirmation: Uint8Array; kind: number }> = {}) {
  const { confirmation = KEYS.confirmation, kind = 3 } = lie
  return concatBytes(u8(1), u8(kind), KEM_CIPHERTEXT, confirmation)
}

export function sealedBytes(
  from: 'sponsor' | 'newcomer',
  content: Uint8Array,
  lie: Partial<{ transcript: Uint8Array; side: number; key: Uint8Array }> = {},
): Uint8Array {
  const nonce = secretOf('sealed nonce').subarray(0, 24)
  const side = lie.side ?? (from === 'sponsor' ? 0 : 1)
  const bound = concatBytes(lie.transcript ?? TRANSCRIPT, u8(side))
  const sealed = xchacha20poly1305(lie.key ?? KEYS[from], nonce, bound).encrypt(content)
  return concatBytes(u8(1), u8(4), nonce, sealed)
}
