// Composes envelopes byte by byte, true or false, without the code that is tested.
import { concatBytes, toHex, utf8 } from '@ezchat/protocol/codec/bytes.ts'
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { ed25519 } from '@noble/curves/ed25519.js'
import { sha256 } from '@noble/hashes/sha2.js'
import type { JsonObject } from '../../vector.ts'

export interface Network {
  readonly id: Uint8Array
  readonly shardBits: number
  readonly ttlDays: number
  readonly price: number
  readonly bucketsMask: number
}

export interface Parts {
  readonly version: number
  readonly shard: number
  readonly mailbox: Uint8Array
  readonly timestamp: number
  readonly nonce: number
  readonly body: Uint8Array
}

/** 32 bytes with a name; the last one masked, where they have to be below the field's prime. */
export function seed(name: string, lastMask = 0xff): Uint8Array {
  const bytes = sha256(utf8(`vector envelope: ${name}`))
  bytes[31]! &= lastMask
  return bytes
}

export const NOW = 1_800_000_000
export const BOB = ed25519.getPublicKey(seed('bob'))
export const BOB_KEY = seed('key of bob')
export const FREE: Network = {
  id: seed('network'),
  shardBits: 8,
  ttlDays: 30,
  price: 0,
  bucketsMask: 0b1111,
}
export const PAID: Network = { ...FREE, price: 2 }
export const HONEST: Parts = {
  version: 1,
  shard: 3,
  mailbox: BOB,
  timestamp: NOW,
  nonce: 0,
  body: new Uint8Array(0),
}

export function big(value: number, bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, at) => {
    return Math.floor(value / 2 ** (8 * (bytes - 1 - at))) % 256
  })
}

export function compose(parts: Parts): Uint8Array {
  return concatBytes(
    big(parts.version, 1),
    big(parts.shard, 2),
    parts.mailbox,
    big(parts.timestamp, 4),
    big(parts.nonce, 8),
    parts.body,
  )
}

export function contentHashOf(network: Network, envelope: Uint8Array): Uint8Array {
  const label = utf8('ezchat/v1/hash/envelope-content\0')
  return sha256(concatBytes(label, network.id, envelope.subarray(0, 39), envelope.subarray(47)))
}

export function idOf(network: Network, envelope: Uint8Array): Uint8Array {
  return sha256(concatBytes(contentHashOf(network, envelope), envelope.subarray(39, 47)))
}

function firstBytes(id: Uint8Array): bigint {
  return id.subarray(0, 8).reduce((value, byte) => value * 256n + BigInt(byte), 0n)
}

export function effort(id: Uint8Array): number {
  return Number((1n << 64n) / (firstBytes(id) + 1n))
}

/** With the first nonce that pays. */
export function payFor(network: Network, envelope: Uint8Array): Uint8Array {
  const trials = network.price * network.ttlDays * (envelope.length / 1024)
  const limit = trials < 2 ? 1n << 64n : (1n << 64n) / BigInt(trials)
  for (let nonce = 0; ; nonce++) {
    const stamped = concatBytes(envelope.subarray(0, 39), big(nonce, 8), envelope.subarray(47))
    if (firstBytes(idOf(network, stamped)) < limit) return stamped
  }
}

export function paddedContent(content: Uint8Array, bytes: number): Uint8Array {
  const filler = new Uint8Array(bytes - 4 - content.length)
  return concatBytes(big(content.length, 4), content, filler)
}

/** A genuine seal over whatever is given as padded content. */
export function sealed(
  lie: Partial<Parts>,
  padded: Uint8Array,
  network: Network = FREE,
  key: Uint8Array = BOB_KEY,
): Uint8Array {
  const parts = { ...HONEST, ...lie }
  const header = compose({ ...parts, body: new Uint8Array(0) }).subarray(0, 39)
  const sealNonce = seed('seal nonce').subarray(0, 24)
  const cipher = xchacha20poly1305(key, sealNonce, concatBytes(network.id, header))
  return compose({ ...parts, body: concatBytes(sealNonce, cipher.encrypt(padded)) })
}

export interface Reading {
  readonly network?: Network
  readonly now?: number
}

export function inputOf(envelope: Uint8Array, { network = FREE, now = NOW }: Reading): JsonObject {
  const { id, ...terms } = network
  return { envelope: toHex(envelope), networkId: toHex(id), ...terms, nowSeconds: now }
}
