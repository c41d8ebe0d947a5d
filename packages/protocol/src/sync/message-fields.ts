// The parts that several messages of an exchange are made of. sync.md §3
import type { Reader } from '../codec/reader.ts'
import type { Writer } from '../codec/writer.ts'
import * as wire from '../constants.ts'

export function writeFlag(writer: Writer, value: boolean): Writer {
  return writer.u8(value ? 1 : 0)
}

export function readFlag(reader: Reader): boolean {
  return reader.within(reader.u8(), 0, 1, 'a flag') === 1
}

function readCount(reader: Reader, most: number): number {
  const count = reader.u16()
  if (count > most) reader.fail('LIMIT', `${count} entries where ${most} are allowed`)
  return count
}

export function readList<T>(reader: Reader, most: number, read: () => T): T[] {
  return Array.from({ length: readCount(reader, most) }, read)
}

export function writeDays(writer: Writer, days: readonly number[]): Writer {
  writer.u16(days.length)
  for (const day of days) writer.u32(day)
  return writer
}

export function readDays(reader: Reader): number[] {
  const days = readList(reader, wire.SYNC_DAYS_MAX, () => reader.u32())
  if (days.length === 0) reader.fail('FIELD', 'no days')
  checkDays(reader, days)
  return days
}

export function checkDays(reader: Reader, days: readonly number[]): void {
  if (days.some((day, at) => at > 0 && day <= days[at - 1]!)) reader.fail('ORDER', 'days')
}

export function writeSymbols(writer: Writer, symbols: Uint8Array): Writer {
  return writer.u16(symbols.length / wire.SYNC_SYMBOL_BYTES).bytes(symbols)
}

export function readSymbols(reader: Reader): Uint8Array {
  const count = readCount(reader, wire.SYNC_BATCH_SYMBOLS_MAX)
  if (count === 0) reader.fail('FIELD', 'no symbols')
  return reader.bytes(count * wire.SYNC_SYMBOL_BYTES)
}

export function writeIds(writer: Writer, ids: Uint8Array): Writer {
  return writer.u16(ids.length / wire.SHORT_ID_BYTES).bytes(ids)
}

export function readIds(reader: Reader): Uint8Array {
  const ids = reader.bytes(readCount(reader, wire.SYNC_PAGE_IDS_MAX) * wire.SHORT_ID_BYTES)
  for (let at = wire.SHORT_ID_BYTES; at < ids.length; at += wire.SHORT_ID_BYTES) {
    if (compareIds(ids, at - wire.SHORT_ID_BYTES, ids, at) >= 0) reader.fail('ORDER', 'ids')
  }
  return ids
}

/** Of two packed lists, the ids at two offsets. */
export function compareIds(a: Uint8Array, atA: number, b: Uint8Array, atB: number): number {
  for (let i = 0; i < wire.SHORT_ID_BYTES; i++) {
    const difference = a[atA + i]! - b[atB + i]!
    if (difference !== 0) return difference
  }
  return 0
}

/** A page after which more follow is full: nobody can make an exchange of many small messages. */
export function checkPage(reader: Reader, isFollowed: boolean, idBytes: number): void {
  const count = idBytes / wire.SHORT_ID_BYTES
  if (count > wire.SYNC_PAGE_IDS_MAX) reader.fail('LIMIT', `${count} ids`)
  if (isFollowed && count < wire.SYNC_PAGE_IDS_MAX) reader.fail('FIELD', 'a page is not full')
}

/** The first bit is the highest of the first byte; the last byte is filled up with zeros. */
export function writeBits(writer: Writer, bits: readonly boolean[]): Writer {
  const bytes = new Uint8Array(Math.ceil(bits.length / 8))
  for (const [at, bit] of bits.entries()) if (bit) bytes[at >> 3]! |= 0x80 >> (at & 7)
  return writer.u16(bits.length).bytes(bytes)
}

export function readBits(reader: Reader): boolean[] {
  const count = readCount(reader, wire.SYNC_PAGE_IDS_MAX)
  const bytes = reader.bytes(Math.ceil(count / 8))
  const bitAt = (at: number): boolean => (bytes[at >> 3]! & (0x80 >> (at & 7))) !== 0
  for (let at = count; at < bytes.length * 8; at++) if (bitAt(at)) reader.fail('FIELD', 'a filler')
  return Array.from({ length: count }, (_, at) => bitAt(at))
}

/** Of the ids of a page from `from` on, the marked ones, packed. */
export function markedIds(page: Uint8Array, from: number, marks: readonly boolean[]): Uint8Array {
  const packed = new Uint8Array(marks.length * wire.SHORT_ID_BYTES)
  let length = 0
  for (const [at, isMarked] of marks.entries()) {
    if (!isMarked) continue
    const start = (from + at) * wire.SHORT_ID_BYTES
    packed.set(page.subarray(start, start + wire.SHORT_ID_BYTES), length)
    length += wire.SHORT_ID_BYTES
  }
  return packed.slice(0, length)
}
