// A log's state as records on our own disk. Versioned and strict: a torn or foreign one is noticed.
import { fromHex } from '../codec/bytes.ts'
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import { DEVICE_ID_BYTES, SEQUENCE_MAX } from '../constants.ts'
import { HASH_BYTES, PUBLIC_KEY_BYTES } from '../crypto/lengths.ts'
import { assert } from '../errors.ts'
import { CHAIN_RUNS_MAX, HEADS_MAX } from '../limits.ts'
import type { Ask } from './ask.ts'
import type { Chain, Run } from './chain.ts'
import { chainKey } from './entry.ts'
import {
  applyChanges,
  type Change,
  type Head,
  hashKey,
  type LogState,
  type LogTerms,
  type MissingParent,
  newLog,
} from './log-state.ts'
import { readStamp, STAMP_BYTES, type Stamp, writeStamp } from './stamp.ts'

/** `name` begins with a letter for each kind of record. A null value removes it. */
export interface LogRecord {
  readonly name: string
  readonly value: Uint8Array | null
}

const RECORD_VERSION = 1
const MARGIN = 'm'
const CHAIN = 'c'
const MISSING = 'p'
const PLACE = 'h'

export function recordOf(change: Change): LogRecord {
  switch (change.kind) {
    case 'chain':
      return { name: CHAIN + change.key, value: encodeChain(change.chain) }
    case 'missing': {
      const value = change.parent === null ? null : encodeMissing(change.parent)
      return { name: MISSING + change.key, value }
    }
    case 'margin':
      return { name: MARGIN, value: encodeMargin(change.margin) }
    case 'place':
      return { name: PLACE + change.key, value: encodePlace(change.stamp) }
  }
}

/** From all records but the places, which are looked up when they are needed. */
export function loadLog(
  terms: LogTerms,
  records: Iterable<{ readonly name: string; readonly value: Uint8Array }>,
): LogState {
  const state = newLog(terms)
  for (const { name, value } of records) {
    const key = name.slice(1)
    if (name.startsWith(CHAIN)) {
      const chain = decodeChain(value)
      assert(chainKey(chain.author) === key, 'a chain is kept under a name of another')
      applyChanges(state, [{ kind: 'chain', key, chain }, ...endsOf(chain)])
    } else if (name.startsWith(MISSING)) {
      const parent = { hash: fromHex(key), child: decodePlace(value) }
      applyChanges(state, [{ kind: 'missing', key, parent }])
    } else if (name === MARGIN) {
      const margin = decodeMargin(value)
      applyChanges(state, [{ kind: 'margin', margin }, ...margin.heads.map(placeOfHead)])
    } else {
      assert(name.startsWith(PLACE), 'expected a record of a log')
    }
  }
  return state
}

/** The next parents that others name are mostly these. */
function endsOf({ runs }: Chain): Change[] {
  return runs.map(({ hash, last }) => ({ kind: 'place', key: hashKey(hash), stamp: last }))
}

const placeOfHead = ({ hash, stamp }: Head): Change => ({
  kind: 'place',
  key: hashKey(hash),
  stamp,
})

export function encodePlace(stamp: Stamp): Uint8Array {
  return writeStamp(new Writer(1 + STAMP_BYTES).u8(RECORD_VERSION), stamp).finish()
}

export function decodePlace(bytes: Uint8Array): Stamp {
  const reader = begin(bytes)
  const stamp = readStamp(reader)
  reader.end()
  return stamp
}

const encodeMissing = ({ child }: MissingParent): Uint8Array => encodePlace(child)

function begin(bytes: Uint8Array): Reader {
  const reader = new Reader(bytes, 'STATE')
  reader.version(RECORD_VERSION)
  return reader
}

function writeAsk(writer: Writer, ask: Ask | null): Writer {
  if (ask === null) return writer.u8(0)
  return writer.u8(1).u32(ask.count).u64(BigInt(ask.atMs)).u16(ask.first)
}

function readAsk(reader: Reader): Ask | null {
  if (reader.within(reader.u8(), 0, 1, 'presence') === 0) return null
  return { count: reader.u32(), atMs: readNumber(reader), first: reader.u16() }
}

function readNumber(reader: Reader): number {
  const number = reader.u64()
  if (number > BigInt(SEQUENCE_MAX)) reader.fail('FIELD', 'a number that does not fit')
  return Number(number)
}

function writeRun(writer: Writer, run: Run): void {
  writer.u64(BigInt(run.from)).u64(BigInt(run.to))
  writer.bytes(run.previous, HASH_BYTES).bytes(run.hash, HASH_BYTES)
  writeStamp(writeStamp(writer, run.first), run.last)
}

function readRun(reader: Reader, least: number): Run {
  const from = readNumber(reader)
  const to = readNumber(reader)
  if (from < least || to < from) reader.fail('ORDER', 'stretches')
  const previous = reader.bytes(HASH_BYTES).slice()
  const hash = reader.bytes(HASH_BYTES).slice()
  return { from, to, previous, hash, first: readStamp(reader), last: readStamp(reader) }
}

export function encodeChain({ author, floor, runs, ask }: Chain): Uint8Array {
  const writer = new Writer(80 + runs.length * 96)
    .u8(RECORD_VERSION)
    .bytes(author.identity, PUBLIC_KEY_BYTES)
    .bytes(author.device, DEVICE_ID_BYTES)
    .u64(BigInt(floor))
  writeAsk(writer, ask).u8(runs.length)
  for (const run of runs) writeRun(writer, run)
  return writer.finish()
}

export function decodeChain(bytes: Uint8Array): Chain {
  const reader = begin(bytes)
  const identity = reader.bytes(PUBLIC_KEY_BYTES).slice()
  const device = reader.bytes(DEVICE_ID_BYTES).slice()
  const floor = readNumber(reader)
  const ask = readAsk(reader)
  const count = reader.within(reader.u8(), 0, CHAIN_RUNS_MAX, 'number of stretches')
  const runs: Run[] = []
  for (let at = 0; at < count; at++) {
    runs.push(readRun(reader, at === 0 ? floor : runs[at - 1]!.to + 2))
  }
  reader.end()
  return { author: { identity, device }, floor, runs, ask }
}

export function encodeMargin({ own, read, heads, ask }: LogState['margin']): Uint8Array {
  const writer = new Writer(40 + heads.length * 40).u8(RECORD_VERSION)
  writeAsk(writeStamp(writeStamp(writer, own), read), ask).u8(heads.length)
  for (const { hash, stamp } of heads) writeStamp(writer.bytes(hash, HASH_BYTES), stamp)
  return writer.finish()
}

export function decodeMargin(bytes: Uint8Array): LogState['margin'] {
  const reader = begin(bytes)
  const own = readStamp(reader)
  const read = readStamp(reader)
  const ask = readAsk(reader)
  const count = reader.within(reader.u8(), 0, HEADS_MAX, 'number of heads')
  const heads: Head[] = []
  for (let at = 0; at < count; at++) {
    heads.push({ hash: reader.bytes(HASH_BYTES).slice(), stamp: readStamp(reader) })
  }
  reader.end()
  return { own, read, heads, ask }
}
