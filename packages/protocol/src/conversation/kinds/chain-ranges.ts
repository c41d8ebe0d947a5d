// Stretches of devices' chains, as receipts and requests name them. kinds.md §7
import { compareBytes, concatBytes } from '../../codec/bytes.ts'
import type { Reader } from '../../codec/reader.ts'
import type { Writer } from '../../codec/writer.ts'
import { DEVICE_ID_BYTES, SEQUENCE_MAX } from '../../constants.ts'
import { PUBLIC_KEY_BYTES } from '../../crypto/lengths.ts'
import { assert } from '../../errors.ts'
import type { Author } from '../entry.ts'

export interface ChainRange {
  readonly author: Author
  readonly from: number
  readonly to: number
}

/** By identity, device, then sequence; stretches of one chain neither overlap nor touch. */
function isAfter(range: ChainRange, before: ChainRange | undefined): boolean {
  if (before === undefined) return true
  const order = compareAuthors(range.author, before.author)
  return order > 0 || (order === 0 && range.from > before.to + 1)
}

export function compareAuthors(a: Author, b: Author): number {
  return compareBytes(concatBytes(a.identity, a.device), concatBytes(b.identity, b.device))
}

export function sortRanges(ranges: readonly ChainRange[]): ChainRange[] {
  return [...ranges].sort((a, b) => compareAuthors(a.author, b.author) || a.from - b.from)
}

export function writeRanges(writer: Writer, ranges: readonly ChainRange[], countMax: number): void {
  assert(ranges.length <= countMax, `${ranges.length} stretches`)
  writer.u8(ranges.length)
  for (const [at, range] of ranges.entries()) {
    const { author, from, to } = range
    assert(isAfter(range, ranges[at - 1]), 'stretches out of order')
    assert(from >= 1 && to >= from && to <= SEQUENCE_MAX, `stretch from ${from} to ${to}`)
    writer.bytes(author.identity, PUBLIC_KEY_BYTES).bytes(author.device, DEVICE_ID_BYTES)
    writer.u64(BigInt(from)).u64(BigInt(to))
  }
}

function readSequence(reader: Reader): number {
  const sequence = reader.u64()
  if (sequence < 1n || sequence > BigInt(SEQUENCE_MAX)) reader.fail('FIELD', 'sequence')
  return Number(sequence)
}

export function readRanges(reader: Reader, countMax: number): ChainRange[] {
  const count = reader.u8()
  if (count > countMax) reader.fail('LIMIT', `${count} stretches`)
  const ranges: ChainRange[] = []
  for (let at = 0; at < count; at++) {
    const author = {
      identity: reader.bytes(PUBLIC_KEY_BYTES),
      device: reader.bytes(DEVICE_ID_BYTES),
    }
    const range = { author, from: readSequence(reader), to: readSequence(reader) }
    if (range.to < range.from) reader.fail('FIELD', 'an empty stretch')
    if (!isAfter(range, ranges[at - 1])) reader.fail('ORDER', 'stretches')
    ranges.push(range)
  }
  return ranges
}
