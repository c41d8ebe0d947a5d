import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import { CodedSet } from '@ezchat/protocol/sync/coded-set.ts'
import { sessionHash } from '@ezchat/protocol/sync/exchange.ts'
import { nextIndex, nextSeed } from '@ezchat/protocol/sync/mapping.ts'
import { Peeler } from '@ezchat/protocol/sync/peeler.ts'
import { SipHash } from '@ezchat/protocol/sync/siphash.ts'
import { decodeSymbols, encodeSymbols } from '@ezchat/protocol/sync/symbols.ts'
import { bytes, list, number } from '../input.ts'
import type { Entries } from '../vector.ts'

function hashOf(sip: SipHash, shortId: Uint8Array): string {
  const view = new DataView(shortId.buffer, shortId.byteOffset, shortId.length)
  const words = Int32Array.from({ length: 4 }, (_, at) => view.getInt32(at * 4, true))
  const hash = new Int32Array(2)
  sip.hashInto(words, 0, hash, 0)
  const out = new DataView(new ArrayBuffer(8))
  for (const [at, word] of hash.entries()) out.setInt32(at * 4, word, true)
  return toHex(new Uint8Array(out.buffer))
}

function codedSet(sip: SipHash, shortIds: readonly Uint8Array[]): CodedSet {
  const set = new CodedSet(sip, 1, 0)
  for (const shortId of shortIds) set.add(shortId)
  return set
}

function foundBy(peeler: Peeler, isOurs: boolean): string[] {
  const ids: string[] = []
  for (let item = 0; item < peeler.found.count; item++) {
    const id = new Uint8Array(16)
    peeler.found.write(item, id, 0)
    if (peeler.isOurs(item) === isOurs) ids.push(toHex(id))
  }
  return ids.sort()
}

export const entries: Entries = {
  hash: (input) => hashOf(new SipHash(bytes(input, 'key')), bytes(input, 'shortId')),
  sessionHash: (input, crypto) =>
    hashOf(
      sessionHash(
        crypto,
        number(input, 'shard'),
        bytes(input, 'initiatorSalt'),
        bytes(input, 'responderSalt'),
      ),
      bytes(input, 'shortId'),
    ),
  /** Those below `end` of an id with this hash. */
  indices(input) {
    const hash = bytes(input, 'hash')
    const view = new DataView(hash.buffer, hash.byteOffset, hash.length)
    const high = view.getInt32(4, true)
    const indices: number[] = []
    let seed = view.getInt32(0, true)
    for (let index = 0; index < number(input, 'end'); index = nextIndex(index, seed)) {
      indices.push(index)
      seed = nextSeed(seed, high)
    }
    return indices
  },
  symbols(input) {
    const set = codedSet(new SipHash(bytes(input, 'key')), list(input, 'shortIds'))
    const count = number(input, 'count')
    return toHex(encodeSymbols(set.symbolsTo(count), 0, count))
  },
  /** The responder's part: batch after batch, until the difference is found. */
  decode(input) {
    const sip = new SipHash(bytes(input, 'key'))
    const ours = codedSet(sip, list(input, 'shortIds'))
    const peeler = new Peeler(sip)
    const isFound = list(input, 'batches').map((batch) => {
      const theirs = decodeSymbols(batch)
      return peeler.add(theirs, ours.symbolsTo(peeler.length + theirs.length))
    })
    if (!isFound.at(-1)) return 'undecided'
    return { initiatorOnly: foundBy(peeler, false), responderOnly: foundBy(peeler, true) }
  },
}
