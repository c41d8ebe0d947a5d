// A pair as records under keys of its own: what one step changes, and all of it back again.
import { concatBytes, equalBytes } from '../codec/bytes.ts'
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import { REFERENCE_BYTES, RESEND_REFERENCES_MAX } from '../constants.ts'
import { HASH_BYTES } from '../crypto/lengths.ts'
import { ProtocolError } from '../errors.ts'
import { OLD_SESSIONS_MAX } from '../limits.ts'
import type { OldSession, Pair } from './pair.ts'
import { sessionsOf } from './pair.ts'
import { PARTY_BYTES, readParty, writeParty } from './party.ts'
import type { Renewal } from './renewal.ts'
import type { Session } from './session.ts'
import { decodeSession, encodeSession, readOptional, writeOptional } from './session-state.ts'
import { NOTHING_SKIPPED } from './skipped.ts'
import { type BlockName, changedBlocks, decodeSkipped, encodeBlock } from './skipped-state.ts'

export type StateRecord = readonly [key: Uint8Array, value: Uint8Array]

/** To be written as one batch, below a prefix that names the pair. */
export interface StateChanges {
  readonly put: readonly StateRecord[]
  readonly removed: readonly Uint8Array[]
}

const STATE_VERSION = 1
const PAIR_KEY = 0
const SESSION_KEY = 1
const SKIPPED_KEY = 2

const pairKey = (): Uint8Array => Uint8Array.of(PAIR_KEY)

function sessionKey(id: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(SESSION_KEY), id)
}

function blockKey(id: Uint8Array, { ref, index }: BlockName): Uint8Array {
  return new Writer(9 + HASH_BYTES).u8(SKIPPED_KEY).bytes(id).u32(ref).u32(index).finish()
}

function writeRenewal(writer: Writer, renewal: Renewal): void {
  writer
    .u8(renewal.isWanted ? 1 : 0)
    .u8(renewal.attempts)
    .u32(renewal.notBeforeSeconds)
  writeOptional(writer, renewal.attemptRank, (rank) => writer.u32(rank))
  writeOptional(writer, renewal.straySinceSeconds, (seconds) => writer.u32(seconds))
  writer
    .u8(renewal.isAsked ? 1 : 0)
    .u8(renewal.noted.length)
    .u8(renewal.unaskedCount)
  for (const reference of renewal.noted) writer.bytes(reference, REFERENCE_BYTES)
}

function readRenewal(reader: Reader): Renewal {
  const isWanted = reader.within(reader.u8(), 0, 1, 'flag') === 1
  const attempts = reader.u8()
  const notBeforeSeconds = reader.u32()
  const attemptRank = readOptional(reader, () => reader.u32())
  const straySinceSeconds = readOptional(reader, () => reader.u32())
  const isAsked = reader.within(reader.u8(), 0, 1, 'flag') === 1
  const count = reader.within(reader.u8(), 0, RESEND_REFERENCES_MAX, 'references')
  const unaskedCount = reader.within(reader.u8(), 0, count, 'references')
  const noted = Array.from({ length: count }, () => reader.bytes(REFERENCE_BYTES).slice())
  const when = { notBeforeSeconds, straySinceSeconds }
  return { isWanted, attempts, attemptRank, noted, unaskedCount, isAsked, ...when }
}

function encodePairRecord(pair: Pair): Uint8Array {
  const writer = new Writer(64 + PARTY_BYTES + 36 * OLD_SESSIONS_MAX).u8(STATE_VERSION)
  writeParty(writer, pair.peer)
  writeOptional(writer, pair.active, ({ id }) => writer.bytes(id, HASH_BYTES))
  writer.u8(pair.old.length)
  for (const { session, retiredSeconds } of pair.old) {
    writer.bytes(session.id, HASH_BYTES).u32(retiredSeconds)
  }
  writeRenewal(writer, pair.renewal)
  return writer.finish()
}

function decodePairRecord(bytes: Uint8Array, take: (id: Uint8Array) => Session): Pair {
  const reader = new Reader(bytes, 'STATE')
  reader.version(STATE_VERSION)
  const peer = readParty(reader)
  const active = readOptional(reader, () => take(reader.bytes(HASH_BYTES)))
  const count = reader.within(reader.u8(), 0, OLD_SESSIONS_MAX, 'sessions')
  const old: OldSession[] = []
  for (let i = 0; i < count; i++) {
    const session = take(reader.bytes(HASH_BYTES))
    old.push({ session, retiredSeconds: reader.u32() })
  }
  const renewal = readRenewal(reader)
  reader.end()
  return { peer, active, old, renewal }
}

function isSameFrame(before: Pair, after: Pair): boolean {
  return (
    before.peer === after.peer &&
    before.renewal === after.renewal &&
    before.active?.id === after.active?.id &&
    before.old.length === after.old.length &&
    before.old.every(({ session, retiredSeconds }, at) => {
      const other = after.old[at]!
      return session.id === other.session.id && retiredSeconds === other.retiredSeconds
    })
  )
}

/** Everything but the skipped keys, which are records of their own. */
function isSameCore(before: Session, after: Session): boolean {
  return (
    before === after ||
    Object.entries(after).every(([name, value]) => {
      return name === 'skipped' || before[name as keyof Session] === value
    })
  )
}

/** What one step has changed; `before` is null for a pair that was never written. */
export function pairChanges(before: Pair | null, after: Pair): StateChanges {
  const put: StateRecord[] = []
  const removed: Uint8Array[] = []
  if (before === null || !isSameFrame(before, after)) put.push([pairKey(), encodePairRecord(after)])
  const earlier = before === null ? [] : sessionsOf(before)
  const later = sessionsOf(after)
  for (const session of later) {
    const was = earlier.find(({ id }) => equalBytes(id, session.id))
    if (was === undefined || !isSameCore(was, session)) {
      put.push([sessionKey(session.id), encodeSession(session)])
    }
    const blocks = changedBlocks(was?.skipped ?? NOTHING_SKIPPED, session.skipped)
    for (const [name, chain] of blocks.put) {
      put.push([blockKey(session.id, name), encodeBlock(chain, name.index)])
    }
    for (const name of blocks.removed) removed.push(blockKey(session.id, name))
  }
  for (const gone of earlier) {
    if (later.some(({ id }) => equalBytes(id, gone.id))) continue
    removed.push(sessionKey(gone.id))
    for (const name of changedBlocks(gone.skipped, NOTHING_SKIPPED).removed) {
      removed.push(blockKey(gone.id, name))
    }
  }
  return { put, removed }
}

interface Sorted {
  pair: Uint8Array | null
  readonly sessions: Session[]
  readonly blocks: { readonly id: Uint8Array; readonly value: Uint8Array }[]
}

function sortRecords(records: Iterable<StateRecord>): Sorted {
  const sorted: Sorted = { pair: null, sessions: [], blocks: [] }
  for (const [key, value] of records) {
    if (key[0] === PAIR_KEY && key.length === 1) sorted.pair = value
    else if (key[0] === SESSION_KEY) sorted.sessions.push(decodeSession(value))
    else if (key[0] === SKIPPED_KEY && key.length === 9 + HASH_BYTES) {
      sorted.blocks.push({ id: key.subarray(1, 1 + HASH_BYTES), value })
    } else throw new ProtocolError('STATE_KIND', 'record')
  }
  return sorted
}

/** All records of a pair, in any order. Null when there are none. */
export function decodePair(records: Iterable<StateRecord>): Pair | null {
  const { pair, sessions, blocks } = sortRecords(records)
  if (pair === null) {
    if (sessions.length + blocks.length > 0) throw new ProtocolError('STATE_LINKAGE', 'no pair')
    return null
  }
  let taken = 0
  const take = (id: Uint8Array): Session => {
    const session = sessions.find((one) => equalBytes(one.id, id))
    if (session === undefined) throw new ProtocolError('STATE_LINKAGE', 'no session')
    const own = blocks.filter((block) => equalBytes(block.id, id))
    taken += 1 + own.length
    return { ...session, skipped: decodeSkipped(own.map(({ value }) => value)) }
  }
  const decoded = decodePairRecord(pair, take)
  if (taken !== sessions.length + blocks.length) throw new ProtocolError('STATE_LINKAGE')
  return decoded
}
