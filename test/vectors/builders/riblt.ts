// Vectors for sync.md §5, from the reference.
import { concatBytes, toHex, utf8 } from '@ezchat/protocol/codec/bytes.ts'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import type { Json, JsonObject, Vector } from '../vector.ts'
import {
  type CodedSymbol,
  indicesOf,
  packSymbols,
  sipHash,
  symbolsOf,
  toLittleEndian,
  unmix,
} from './reference/riblt.ts'

const KEY = Uint8Array.from({ length: 16 }, (_, at) => at)

function shortId(number: number): Uint8Array {
  return sha256(utf8(`vector riblt: ${number}`)).slice(16)
}

function shortIds(from: number, count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, at) => shortId(from + at))
}

const hexes = (ids: readonly Uint8Array[]): string[] => ids.map(toHex)
const ascending = (ids: readonly Uint8Array[]): string[] => hexes(ids).sort()

function good(name: string, note: string, entry: string, input: JsonObject, output: Json): Vector {
  return { format: 'riblt', name, note, entry, input, expect: 'ok', output }
}

function hashes(): Vector[] {
  const published = { key: toHex(KEY), shortId: toHex(KEY) }
  const [initiatorSalt, responderSalt] = [new Uint8Array(16).fill(1), new Uint8Array(16).fill(2)]
  const sessionHash = (name: string, note: string, a: Uint8Array, b: Uint8Array, shard: number) => {
    const info = concatBytes(utf8('ezchat/v1/sync/session\0'), Uint8Array.of(shard))
    const key = hkdf(sha256, concatBytes(a, b), new Uint8Array(0), info, 16)
    const input = { shard, initiatorSalt: toHex(a), responderSalt: toHex(b), shortId: toHex(KEY) }
    const output = toHex(toLittleEndian(sipHash(key, KEY), 8))
    return good(name, note, 'sessionHash', input, output)
  }
  return [
    good(
      'siphash-published',
      'The value for sixteen counting bytes in the reference implementation of SipHash.',
      'hash',
      published,
      'db9bc2577fcc2a3f',
    ),
    good(
      'siphash-all-ones',
      'Every addition of 64-bit words carries.',
      'hash',
      { key: 'ff'.repeat(16), shortId: 'ff'.repeat(16) },
      toHex(toLittleEndian(sipHash(new Uint8Array(16).fill(255), new Uint8Array(16).fill(255)), 8)),
    ),
    sessionHash(
      'session-hash',
      'The key is derived from both salts and the shard.',
      initiatorSalt,
      responderSalt,
      7,
    ),
    sessionHash(
      'session-hash-salts-swapped',
      "The initiator's salt comes first, whoever computes.",
      responderSalt,
      initiatorSalt,
      7,
    ),
  ]
}

function indices(): Vector[] {
  const of = (name: string, note: string, hash: bigint, end = 131_072) =>
    good(name, note, 'indices', { hash: toHex(toLittleEndian(hash, 8)), end }, indicesOf(hash, end))
  // The first draw is mix(low + stride), with a stride of 1.
  const drawing = (value: bigint) => (unmix(value) - 1n) & 0xffffffffn
  return [
    of('indices', 'The indices of an id, square roots and all.', sipHash(KEY, shortId(0))),
    of('indices-of-another', 'The indices of another id.', sipHash(KEY, shortId(1))),
    of('indices-of-hash-zero', 'A hash of zero has a stride of 1 like any other.', 0n),
    of(
      'indices-of-hash-all-ones',
      'The largest stride wraps around at every step.',
      0xffffffffffffffffn,
    ),
    of(
      'gap-zero',
      'A draw of 2^32 - 1 gives a gap of 0, which counts as 1: no index is there twice.',
      drawing(0xffffffffn),
    ),
    of('gap-widest', 'A draw of 0 gives the widest gap, from 0 to 98,303.', drawing(0n)),
  ]
}

function symbols(): Vector[] {
  const of = (name: string, note: string, ids: readonly Uint8Array[], count: number) =>
    good(
      name,
      note,
      'symbols',
      { key: toHex(KEY), shortIds: hexes(ids), count },
      toHex(packSymbols(symbolsOf(KEY, ids, count))),
    )
  return [
    of('symbols-of-nothing', 'The symbols of an empty set are zero.', [], 3),
    of('symbols-of-one', 'An id, its hash, and 1, wherever it belongs.', shortIds(0, 1), 12),
    of('symbols', 'The symbols of five ids.', shortIds(0, 5), 12),
    of('symbols-count-wraps', 'Counts are modulo 256: 300 ids are 44.', shortIds(0, 300), 2),
  ]
}

function decodings(): Vector[] {
  const decode = (
    ids: readonly Uint8Array[],
    batches: readonly (readonly CodedSymbol[])[],
  ): JsonObject => ({
    key: toHex(KEY),
    shortIds: hexes(ids),
    batches: batches.map((batch) => toHex(packSymbols(batch))),
  })
  const ours = shortIds(0, 12)
  const theirs = [...shortIds(2, 10), ...shortIds(50, 3)]
  const coded = symbolsOf(KEY, theirs, 24)
  const difference = {
    initiatorOnly: ascending(shortIds(50, 3)),
    responderOnly: ascending(shortIds(0, 2)),
  }
  return [
    good(
      'difference',
      'Five ids differ, and one batch shows them.',
      'decode',
      decode(ours, [coded]),
      difference,
    ),
    good(
      'difference-in-batches',
      'The same symbols in batches that double.',
      'decode',
      decode(ours, [coded.slice(0, 3), coded.slice(3, 6), coded.slice(6, 12), coded.slice(12)]),
      difference,
    ),
    good(
      'no-difference',
      'Equal sets cancel out.',
      'decode',
      decode(ours, [symbolsOf(KEY, ours, 4)]),
      {
        initiatorOnly: [],
        responderOnly: [],
      },
    ),
    good(
      'too-few-symbols',
      'Two symbols cannot show five ids: more are needed, and nothing is reported.',
      'decode',
      decode(ours, [coded.slice(0, 2)]),
      'undecided',
    ),
    good(
      'checksum-of-another',
      'A symbol of one id with the checksum of another holds no id that can be taken out.',
      'decode',
      decode(
        [],
        [
          symbolsOf(KEY, shortIds(0, 1), 4).map((symbol) => ({
            ...symbol,
            check: sipHash(KEY, shortId(1)),
          })),
        ],
      ),
      'undecided',
    ),
  ]
}

function lies(): Vector[] {
  const id = shortId(0)
  const placed = symbolsOf(KEY, [id], 64)
  const empty = (): CodedSymbol => ({ sum: 0n, check: 0n, count: 0 })
  const refusal = (name: string, note: string, batch: readonly CodedSymbol[]): Vector => ({
    format: 'riblt',
    name,
    note,
    entry: 'decode',
    input: { key: toHex(KEY), shortIds: [], batches: [toHex(packSymbols(batch))] },
    expect: 'forged',
    code: 'SYNC_CHECKSUM',
  })
  const [, second] = indicesOf(sipHash(KEY, id), 64)
  return [
    refusal(
      'id-out-of-place',
      'An id in every symbol but those that it is part of: taking it out never empties them.',
      placed.map(({ count }) => (count === 1 ? empty() : { ...placed[0]! })),
    ),
    refusal(
      'id-comes-up-twice',
      'An id missing where it should be a second time comes up again as its own inverse.',
      placed.slice(0, second! + 1).map((symbol, at) => (at === 0 ? symbol : empty())),
    ),
  ]
}

export function build(): Vector[] {
  return [...hashes(), ...indices(), ...symbols(), ...decodings(), ...lies()]
}
