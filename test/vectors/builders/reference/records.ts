// record.md a second time, with every field open to lies.
import { concatBytes, utf8 } from '@ezchat/protocol/codec/bytes.ts'
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { ed25519 } from '@noble/curves/ed25519.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { deviceId, IDENTITY, listBytes, threeDevices } from './device-logs.ts'
import { type DoorKey, doorKey, secretIn } from './doors.ts'
import { prefixed, publicOf, secretOf, u8, u16, u32, u64 } from './pieces.ts'

export const NOW = 1_800_000_000
/** Days begin at noon UTC here. */
export const PERIOD = Math.floor((NOW - 43_200) / 86_400)
export const NETWORK = secretOf('network')
export const DOOR_SECRET = secretOf('door')
export const BARE = new Uint8Array(0)
const NONCE = secretOf('nonce').subarray(0, 24)

export interface ContentParts {
  readonly identity: Uint8Array
  readonly shard: number
  readonly name: string
  readonly hints: readonly string[]
  readonly form: number
  readonly devices: Uint8Array
  readonly bundleCount: number | null
  readonly bundles: readonly (readonly [id: Uint8Array, bundle: Uint8Array])[]
}

export function bundlesOf(...names: readonly string[]): (readonly [Uint8Array, Uint8Array])[] {
  return names.map((name) => [deviceId(name), utf8(`prekeys of ${name}`)] as const)
}

export function contentBytes(lie: Partial<ContentParts> = {}): Uint8Array {
  const parts: ContentParts = {
    identity: IDENTITY,
    shard: 42,
    name: 'Bob',
    hints: ['/dns4/a.example/tcp/443/wss'],
    form: 1,
    devices: listBytes(threeDevices()),
    bundleCount: null,
    bundles: sortedBundles('laptop', 'phone'),
    ...lie,
  }
  return concatBytes(
    parts.identity,
    u16(parts.shard),
    prefixed(parts.name),
    u8(parts.hints.length),
    ...parts.hints.map(prefixed),
    u8(parts.form),
    parts.devices,
    u8(parts.bundleCount ?? parts.bundles.length),
    ...parts.bundles.flatMap(([id, bundle]) => [id, prefixed(bundle)]),
  )
}

export function sortedBundles(...names: readonly string[]) {
  return bundlesOf(...names).sort(([a], [b]) => (Buffer.compare(a, b) < 0 ? -1 : 1))
}

export interface WarrantParts {
  /** A device, whose key of the day is named. */
  readonly delegate: string
  /** Names the device's own key in place of the one of the day. */
  readonly isPlain: boolean
  readonly rights: number
  readonly notAfter: number
  readonly networkId: Uint8Array
  /** Whose door of the day gives it. */
  readonly owner: string
}

function warrantBytes(lie: Partial<WarrantParts>, period: number, doorSecret: Uint8Array) {
  const honest = {
    delegate: 'phone',
    isPlain: false,
    rights: 3,
    notAfter: NOW + 86_400,
    networkId: NETWORK,
  }
  const parts = { ...honest, owner: 'identity', ...lie }
  const { rights, notAfter, networkId } = parts
  const key = doorKey(secretOf(parts.owner), doorSecret, period)
  const ofDay = doorKey(secretOf(`${parts.delegate} sign`), doorSecret, period)
  const delegate = parts.isPlain ? publicOf(`${parts.delegate} sign`) : ofDay.mailbox
  const terms = concatBytes(delegate, u8(rights), u32(notAfter))
  const body = concatBytes(u8(1), networkId, key.mailbox, terms)
  return concatBytes(body, key.sign(concatBytes(utf8('ezchat/v1/sign/warrant\0'), body)))
}

export interface RecordParts {
  readonly version: number
  readonly period: number
  readonly sequence: bigint
  readonly expires: number
  readonly signerKind: number | null
  readonly warrant: Partial<WarrantParts> | null
  readonly signWith: string | null
  readonly content: Uint8Array
  readonly filler: number
  readonly size: number
  readonly doorSecret: Uint8Array
  readonly sealedWith: Uint8Array
  readonly networkId: Uint8Array
  readonly label: string
  readonly door: DoorKey | null
}

const HONEST: RecordParts = {
  version: 1,
  period: PERIOD,
  sequence: 7n,
  expires: NOW + 86_400,
  signerKind: null,
  warrant: null,
  signWith: null,
  content: contentBytes(),
  filler: 0,
  size: 4096,
  doorSecret: DOOR_SECRET,
  sealedWith: DOOR_SECRET,
  networkId: NETWORK,
  label: 'ezchat/v1/sign/record\0',
  door: null,
}

/** The key of those who know the identity and the door. */
function sealKey(parts: RecordParts, mailbox: Uint8Array): Uint8Array {
  const label = utf8('ezchat/v1/record/key\0')
  const info = concatBytes(label, parts.networkId, mailbox, u32(parts.period))
  return hkdf(
    sha256,
    concatBytes(IDENTITY, secretIn(parts.sealedWith)),
    new Uint8Array(0),
    info,
    32,
  )
}

export function record(lie: Partial<RecordParts> = {}): Uint8Array {
  const parts = { ...HONEST, ...lie }
  const door = parts.door ?? doorKey(secretOf('identity'), parts.doorSecret, parts.period)
  const { warrant } = parts
  const clear = concatBytes(
    u8(parts.version),
    door.mailbox,
    u32(parts.period),
    u64(parts.sequence),
    u32(parts.expires),
    u8(parts.signerKind ?? (warrant === null ? 0 : 1)),
    warrant === null ? BARE : warrantBytes(warrant, parts.period, parts.doorSecret),
    NONCE,
  )
  const plain = new Uint8Array(parts.size - clear.length - 16 - 64)
  plain.set(parts.content)
  if (parts.filler !== 0) plain[plain.length - 1] = parts.filler
  const associated = concatBytes(parts.networkId, clear)
  const sealed = xchacha20poly1305(sealKey(parts, door.mailbox), NONCE, associated).encrypt(plain)
  const body = concatBytes(clear, sealed)
  const message = concatBytes(utf8(parts.label), parts.networkId, body)
  return concatBytes(body, signatureOf(parts, door, message))
}

function signatureOf(parts: RecordParts, door: DoorKey, message: Uint8Array): Uint8Array {
  if (parts.signWith !== null) {
    const seed = secretOf(parts.signWith)
    if (parts.warrant === null || parts.warrant.isPlain) return ed25519.sign(message, seed)
    return doorKey(seed, parts.doorSecret, parts.period).sign(message)
  }
  if (parts.warrant === null) return door.sign(message)
  const seed = secretOf(`${parts.warrant.delegate ?? 'phone'} sign`)
  return doorKey(seed, parts.doorSecret, parts.period).sign(message)
}

export function nameOf(mailbox: Uint8Array, networkId = NETWORK): Uint8Array {
  return sha256(concatBytes(utf8('ezchat/v1/hash/record-name\0'), networkId, mailbox))
}
