import { concatBytes, fromHex, toHex } from '@ezchat/protocol/codec/bytes.ts'
import { sha256 } from '@noble/hashes/sha2.js'
import type { Json, JsonObject, Vector } from '../vector.ts'
import { compose, contentHashOf, FREE, HONEST, seed } from './envelope/compose.ts'

const TWO_TO_64 = 1n << 64n
const EFFORT_MAX = 2n ** 53n - 1n

function vector(
  entry: string,
  name: string,
  note: string,
  input: JsonObject,
  output: Json,
): Vector {
  return { format: 'postage', name, note, entry, input, expect: 'ok', output }
}

const u64 = (value: bigint): string => value.toString(16).padStart(16, '0')

function prices(): Vector[] {
  const costs = (
    name: string,
    note: string,
    price: number,
    ttlDays: number,
    envelopeBytes: number,
  ) =>
    vector(
      'trials',
      name,
      note,
      { price, ttlDays, envelopeBytes },
      Number(BigInt(price) * BigInt(ttlDays) * BigInt(envelopeBytes / 1024)),
    )
  return [
    costs('price-of-nothing', 'A network that asks for no work.', 0, 365, 65_536),
    costs('price-of-one', 'The least that can be asked: a single trial.', 1, 1, 1024),
    costs('price-by-default', '1 KiB for 30 days at 137.', 137, 30, 1024),
    costs('price-by-size', '64 KiB cost 64 times as much.', 137, 30, 65_536),
    costs(
      'price-dearest',
      'More than 32 bits: the dearest envelope that a network can ask for.',
      2 ** 32 - 1,
      365,
      65_536,
    ),
  ]
}

function thresholds(): Vector[] {
  const bound = (name: string, note: string, trialsExpected: number) =>
    vector(
      'threshold',
      name,
      note,
      { trialsExpected },
      {
        threshold: trialsExpected < 2 ? null : u64(TWO_TO_64 / BigInt(trialsExpected)),
      },
    )
  return [
    bound('threshold-of-none', 'No trials, no threshold.', 0),
    bound('threshold-of-one', 'With one trial every id is good.', 1),
    bound('threshold-of-two', 'Half of all ids.', 2),
    bound('threshold-rounded', 'A third, rounded down.', 3),
    bound(
      'threshold-in-the-low-half',
      'So many trials that the first four bytes must be zero.',
      2 ** 32 + 1,
    ),
    bound(
      'threshold-smallest',
      'The most trials that a number holds everywhere.',
      Number(EFFORT_MAX),
    ),
  ]
}

/** An id that begins with these 8 bytes. */
function idFrom(first: bigint): Uint8Array {
  return concatBytes(fromHex(u64(first)), seed('rest of an id').subarray(8))
}

function payments(): Vector[] {
  const inputOf = (first: bigint, trialsExpected: number, nonce: bigint) => {
    return { id: toHex(idFrom(first)), nonce: u64(nonce), trialsExpected }
  }
  const paid = (name: string, note: string, first: bigint, trials: number, nonce = 7n) => {
    const exact = TWO_TO_64 / (first + 1n)
    const effort = Number(exact > EFFORT_MAX ? EFFORT_MAX : exact)
    return vector('check', name, note, inputOf(first, trials, nonce), { effort })
  }
  const unpaid = (name: string, note: string, first: bigint, trials: number): Vector => {
    const input = inputOf(first, trials, 7n)
    const code = 'POSTAGE_UNPAID'
    return { format: 'postage', name, note, entry: 'check', input, expect: 'unpaid', code }
  }
  const minted = (name: string, note: string, trials: number, nonce: bigint): Vector => {
    const input = inputOf(0n, trials, nonce)
    const code = 'POSTAGE_FIELD'
    return { format: 'postage', name, note, entry: 'check', input, expect: 'malformed', code }
  }
  const edge = TWO_TO_64 / 4110n
  const last = TWO_TO_64 - 1n
  return [
    paid('paid-just', 'One below the threshold.', edge - 1n, 4110),
    paid(
      'paid-with-nonce-of-zero',
      'Where work is asked for, zero is a nonce like any.',
      9n,
      4110,
      0n,
    ),
    paid(
      'paid-where-nothing-is-asked',
      'Every id is good for no trials, the largest too.',
      last,
      0,
      0n,
    ),
    paid(
      'paid-where-one-is-asked',
      'Every id is good for one trial, the largest too.',
      last,
      1,
      0n,
    ),
    paid('effort-saturated', 'Eight zero bytes are worth more than the largest effort.', 0n, 4110),
    paid('effort-just-below', 'The smallest start of an id whose effort is exact.', 2048n, 4110),
    unpaid('unpaid-just', 'At the threshold, which is one too many.', edge, 4110),
    unpaid(
      'unpaid-by-the-low-half',
      'The first halves are equal and the second decides.',
      edge + 5n,
      4110,
    ),
    unpaid(
      'unpaid-with-high-bit',
      'The top bit: negative where it is read as signed.',
      1n << 63n,
      2,
    ),
    unpaid(
      'unpaid-dearest',
      'Half of the work where the most is asked.',
      4096n,
      Number(EFFORT_MAX),
    ),
    minted('nonce-for-nothing', 'A nonce where no work is asked for: one more copy.', 0, 1n),
    minted('nonce-for-one-trial', 'A nonce where every id is good: one more copy.', 1, 1n << 63n),
  ]
}

function hashes(): Vector[] {
  const envelope = compose({ ...HONEST, body: new Uint8Array(977).fill(0xbd) })
  const contentHash = contentHashOf(FREE, envelope)
  const hashed = (name: string, note: string, bytes: Uint8Array, id = FREE.id) =>
    vector(
      'content-hash',
      name,
      note,
      { networkId: toHex(id), envelope: toHex(bytes) },
      toHex(contentHashOf({ ...FREE, id }, bytes)),
    )
  const identified = (name: string, note: string, nonce: bigint) => {
    const id = sha256(concatBytes(contentHash, fromHex(u64(nonce))))
    const first = BigInt(`0x${toHex(id.subarray(0, 8))}`)
    const output = {
      id: toHex(id),
      shortId: toHex(id.subarray(16)),
      effort: Number(TWO_TO_64 / (first + 1n)),
    }
    return vector('id', name, note, { contentHash: toHex(contentHash), nonce: u64(nonce) }, output)
  }
  const stamped = concatBytes(envelope.subarray(0, 39), fromHex(u64(7n)), envelope.subarray(47))
  return [
    hashed('content-hash', 'Label, network, and the envelope without its nonce.', envelope),
    hashed('content-hash-stamped', 'The nonce is no part of it: the same hash.', stamped),
    hashed(
      'content-hash-elsewhere',
      'In another network it is another hash.',
      envelope,
      seed('other network'),
    ),
    identified('id-of-zero', 'The id with a nonce of zero.', 0n),
    identified('id-of-last', 'The id with the last nonce.', TWO_TO_64 - 1n),
  ]
}

function searches(): Vector[] {
  const contentHash = seed('content hash')
  const finds = (name: string, note: string, trialsExpected: number, from: bigint) => {
    const limit = trialsExpected < 2 ? TWO_TO_64 : TWO_TO_64 / BigInt(trialsExpected)
    const first = (nonce: bigint) => {
      const id = sha256(concatBytes(contentHash, fromHex(u64(nonce))))
      return BigInt(`0x${toHex(id.subarray(0, 8))}`)
    }
    let nonce = from
    let trials = 1
    for (; first(nonce) >= limit; trials++) nonce = (nonce + 1n) % TWO_TO_64
    const input = { contentHash: toHex(contentHash), trialsExpected, fromNonce: u64(from) }
    const isFree = trialsExpected < 2
    const output = isFree ? { nonce: u64(0n), trials: 0 } : { nonce: u64(nonce), trials }
    return vector('search', name, note, input, output)
  }
  return [
    finds('search', 'The first nonce that pays, from zero on.', 2000, 0n),
    finds('search-from', 'The search may begin anywhere.', 2000, 0x0123456789abcdefn),
    finds(
      'search-over-the-carry',
      'The count carries from the low half into the high one.',
      5000,
      (1n << 32n) - 3n,
    ),
    finds('search-over-the-end', 'Behind the last nonce comes the first.', 5000, TWO_TO_64 - 3n),
    finds(
      'search-for-nothing',
      'Where no work is asked for, the nonce is zero, wherever the search begins.',
      1,
      99n,
    ),
  ]
}

export function build(): Vector[] {
  return [...prices(), ...thresholds(), ...payments(), ...hashes(), ...searches()]
}
