// What a device has, and what was read on it. kinds.md §7
import type { Reader } from '../../codec/reader.ts'
import type { Writer } from '../../codec/writer.ts'
import { RECEIPT_RANGES_MAX } from '../../constants.ts'
import { assert } from '../../errors.ts'
import { type ChainRange, readRanges, writeRanges } from './chain-ranges.ts'

export interface ReceiptContent {
  readonly kind: 'receipt'
  readonly state: 'delivered' | 'read'
  readonly ranges: readonly ChainRange[]
}

const STATES = ['delivered', 'read'] as const

export function writeReceipt(writer: Writer, { state, ranges }: ReceiptContent): void {
  assert(ranges.length > 0, 'a receipt for nothing')
  writeRanges(writer.u8(STATES.indexOf(state) + 1), ranges, RECEIPT_RANGES_MAX)
}

export function readReceipt(reader: Reader): ReceiptContent {
  const state = STATES[reader.within(reader.u8(), 1, STATES.length, 'state') - 1]!
  const ranges = readRanges(reader, RECEIPT_RANGES_MAX)
  if (ranges.length === 0) reader.fail('LENGTH', 'a receipt for nothing')
  return { kind: 'receipt', state, ranges }
}
