// A network, a mailbox of Bob's with its key, and envelopes to it, all from fixed seeds.
import { toHex } from '../../src/codec/bytes.ts'
import { BUCKETS_BYTES, type BucketBytes } from '../../src/constants.ts'
import { nobleCrypto } from '../../src/crypto/noble.ts'
import { Secret } from '../../src/crypto/secret.ts'
import { encodeEnvelope } from '../../src/envelope/layout.ts'
import type { EnvelopeRules } from '../../src/envelope/rules.ts'
import { postageTaskOf, stampEnvelope } from '../../src/envelope/stamp.ts'
import { ProtocolError } from '../../src/errors.ts'
import { startSearch, stepSearch } from '../../src/postage/search.ts'

let drawn = 0

/** Never the same twice, always the same in each run. */
export function countedBytes(length: number): Uint8Array {
  drawn += 1
  return Uint8Array.from({ length }, (_, at) => (drawn * 31 + at * 7) & 0xff)
}

export const crypto = nobleCrypto(countedBytes)

export const NOW_SECONDS = 1_800_000_000
export const BOB_KEY = Secret.adopt(new Uint8Array(32).fill(0x42))
export const BOB_MAILBOX = crypto.ed25519Public(Secret.adopt(new Uint8Array(32).fill(0xb0)))

export const FREE: EnvelopeRules = {
  id: new Uint8Array(32).fill(0x11),
  shardBits: 8,
  ttlDays: 30,
  price: 0,
  bucketsMask: 0b1111,
}
/** 60 trials for 1 KiB. */
export const PAID: EnvelopeRules = { ...FREE, price: 2 }

export const CLOCK = { network: FREE, nowSeconds: NOW_SECONDS }

export function bareEnvelope(
  network: EnvelopeRules = FREE,
  bucketBytes: BucketBytes = BUCKETS_BYTES[0],
  timestampSeconds: number = NOW_SECONDS,
): Uint8Array {
  const body = new Uint8Array(bucketBytes - 47).fill(0xbd)
  const header = { shard: 3, mailbox: BOB_MAILBOX, timestampSeconds, nonce: 0n }
  return encodeEnvelope(network, { ...header, body })
}

/** With a nonce that pays. */
export function pay(network: EnvelopeRules, envelope: Uint8Array, fromNonce = 0n): Uint8Array {
  const task = postageTaskOf(crypto, network, envelope)
  let state = startSearch(task.contentHash, task.trialsExpected, fromNonce)
  for (;;) {
    const step = stepSearch(state, 4096)
    if (step.found !== null) return stampEnvelope(envelope, step.found)
    state = step.state
  }
}

/** `set(bytes, 39, [1])`: the same bytes with some of them changed. */
export function set(bytes: Uint8Array, offset: number, values: readonly number[]): Uint8Array {
  const changed = Uint8Array.from(bytes)
  changed.set(values, offset)
  return changed
}

export function setU32(bytes: Uint8Array, offset: number, value: number): Uint8Array {
  const changed = Uint8Array.from(bytes)
  new DataView(changed.buffer).setUint32(offset, value)
  return changed
}

/** For assert.throws. */
export function code(expected: string): (error: unknown) => boolean {
  return (error) => {
    if (error instanceof ProtocolError && error.code === expected) return true
    throw new Error(`expected ${expected}, got ${String(error)}`)
  }
}

export { toHex }
