// What neighbours and the courier say about an envelope: arrivals, receipts, refusals. stem.md §5
// to §8.
import { toHex } from '../codec/bytes.ts'
import { ID_BYTES, STEM_RECEIPT_COUNT_MAX } from '../constants.ts'
import { assert, ProtocolError } from '../errors.ts'
import { STEM_UPSTREAM_COUNT_MAX } from '../limits.ts'
import type { PeerId } from '../ports.ts'
import {
  type Entry,
  type EnvelopeReader,
  givenReceipts,
  isOwn,
  newEntry,
  owedReceipts,
  type ReadEnvelope,
  type ReceiptVerifier,
  takeReceipts,
} from './entry.ts'
import type { Source } from './epoch.ts'
import type { ForgetReason } from './event.ts'
import {
  decodeStemMessage,
  encodeStemMessage,
  type RefusalReason,
  type StemMessage,
} from './message.ts'
import type { Neighbours } from './neighbour.ts'
import type { ActiveEntry, Pool } from './pool.ts'
import type { Steps, Turn } from './steps.ts'

export interface TrafficOptions {
  readonly readEnvelope: EnvelopeReader
  readonly verifyReceipt: ReceiptVerifier
  readonly neighbours: Neighbours
  readonly pool: Pool
  readonly steps: Steps
}

export class Traffic {
  readonly #options: TrafficOptions
  readonly #neighbours: Neighbours
  readonly #pool: Pool
  readonly #steps: Steps

  constructor(options: TrafficOptions) {
    this.#options = options
    this.#neighbours = options.neighbours
    this.#pool = options.pool
    this.#steps = options.steps
  }

  inbound(turn: Turn, peer: PeerId, bytes: Uint8Array): void {
    const neighbour = this.#neighbours.get(peer)
    if (neighbour === undefined) return
    const isTimely = neighbour.spend(turn.nowMs)
    if (!isTimely) {
      const { flood, deaf } = neighbour.strike()
      if (flood) this.#steps.penalise(turn, peer, 'flood')
      if (deaf) return
    }
    const message = orNull(() => decodeStemMessage(bytes))
    if (message === null) this.#steps.penalise(turn, peer, 'malformed')
    else if (message.kind === 'relay') this.#relayed(turn, peer, message.envelope, isTimely)
    else if (!isTimely) return
    else if (message.kind === 'receipts') this.receipts(turn, message.id, message.receipts, peer)
    else this.#refused(turn, peer, message.id)
  }

  submit(turn: Turn, envelope: Uint8Array): void {
    this.#arrive(turn, null, envelope, this.#options.readEnvelope(envelope))
  }

  #relayed(turn: Turn, peer: PeerId, envelope: Uint8Array, hasRoom: boolean): void {
    const read = orNull(() => this.#options.readEnvelope(envelope))
    if (read === null) this.#steps.penalise(turn, peer, 'invalid')
    else if (!hasRoom) this.#turnAway(turn, peer, read.id)
    else if (!read.isTimely) this.#refuse(turn, peer, read.id, 'untimely')
    else this.#arrive(turn, peer, envelope, read)
  }

  #arrive(turn: Turn, source: Source, envelope: Uint8Array, read: ReadEnvelope): void {
    const { id } = read
    const known = this.#pool.find(keyOf(id))
    if (known?.upstream.has(source)) {
      if (known.pass !== null || this.#answerAgain(turn, known, source)) return
    } else if (known !== undefined && known.upstream.size >= STEM_UPSTREAM_COUNT_MAX) {
      this.#turnAway(turn, source, id)
      return
    }
    const entry = this.#activate(turn, known ?? newEntry(read, keyOf(id)), source, envelope)
    if (entry === null) {
      this.#turnAway(turn, source, id)
      return
    }
    entry.upstream.set(source, new Set())
    this.#steps.hold(turn, entry, source)
  }

  /** Receipts from a neighbour, or, without one, from carriers that we pushed to ourselves. */
  receipts(turn: Turn, id: Uint8Array, receipts: readonly Uint8Array[], from: PeerId | null): void {
    const entry = this.#pool.find(keyOf(id))
    // Whoever we gave nothing gets no answer of any kind: it must not learn that we know the id.
    if (entry === undefined || (from !== null && !entry.downstream.has(from))) return
    const carriers = takeReceipts(entry, receipts, this.#options.verifyReceipt, from === null)
    if (carriers === null && from !== null) this.#steps.penalise(turn, from, 'forged')
    if (carriers === null || carriers.length === 0) return
    if (from !== null) this.#neighbours.get(from)?.served()
    for (const source of entry.upstream.keys()) {
      const owed = owedReceipts(entry, source, carriers)
      if (owed.length === 0) continue
      if (source === null) turn.effects.push({ kind: 'receipts', id: entry.id, receipts: owed })
      else this.#send(turn, source, { kind: 'receipts', id: entry.id, receipts: owed })
    }
    const active = this.#pool.active(entry.key)
    if (active !== undefined) this.#pool.remember(active, turn.nowMs)
  }

  /** The next node did not take it, or it could not be written to that node. */
  notTaken(turn: Turn, peer: PeerId, id: Uint8Array): void {
    const entry = this.#pool.active(keyOf(id))
    if (entry?.pass.handed.get(peer) !== 'open') return
    entry.pass.handed.set(peer, 'refused')
    this.#steps.retry(turn, entry, 'refused')
  }

  undelivered(turn: Turn, id: Uint8Array): void {
    const entry = this.#pool.active(keyOf(id))
    if (entry?.pass.delivered) this.#steps.retry(turn, entry, 'undelivered')
  }

  withdraw(turn: Turn, id: Uint8Array): void {
    const entry = this.#pool.find(keyOf(id))
    if (entry?.upstream.delete(null) !== true) return
    const active = this.#pool.active(entry.key)
    // A neighbour that handed it to us too is owed what it would be owed anyway.
    if (active !== undefined && entry.upstream.size === 0) this.#pool.remember(active, turn.nowMs)
  }

  exhausted(turn: Turn, entry: ActiveEntry): void {
    this.#pool.remember(entry, turn.nowMs)
    this.#forget(turn, entry, 'exhausted')
  }

  /** What was only held here goes back to those who handed it over, so that they need not wait. */
  stop(turn: Turn): void {
    for (const entry of this.#pool.activeEntries()) {
      const { handed, delivered } = entry.pass
      if (handed.size === 0 && !delivered) this.#refuseUpstream(turn, entry)
    }
  }

  /** A neighbour that lost our answer gets it again. An author's courier wants another pass. */
  #answerAgain(turn: Turn, entry: Entry, source: Source): boolean {
    const receipts = givenReceipts(entry, source).slice(0, STEM_RECEIPT_COUNT_MAX)
    if (source === null || receipts.length === 0) return false
    this.#send(turn, source, { kind: 'receipts', id: entry.id, receipts })
    return true
  }

  /** The entry with a pass under way, or null when there is no room for one. */
  #activate(turn: Turn, entry: Entry, source: Source, envelope: Uint8Array): ActiveEntry | null {
    const active = this.#pool.active(entry.key)
    if (active !== undefined) return active
    const leaving = this.#pool.makeRoom(source, envelope.length)
    if (leaving === null) return null
    for (const other of leaving) {
      this.#pool.drop(other)
      this.#refuseUpstream(turn, other)
      this.#forget(turn, other, 'evicted')
    }
    // Receipts of an earlier pass were not enough for somebody, so they do not count in this one.
    entry.receipts.clear()
    entry.verificationCount = 0
    return this.#pool.activate(entry, envelope.slice(), source)
  }

  #refused(turn: Turn, peer: PeerId, id: Uint8Array): void {
    const entry = this.#pool.active(keyOf(id))
    if (entry?.pass.handed.get(peer) !== 'open') return
    if (this.#neighbours.get(peer)?.refused()) this.#steps.penalise(turn, peer, 'refuses')
    this.notTaken(turn, peer, id)
  }

  #turnAway(turn: Turn, source: Source, id: Uint8Array): void {
    if (source !== null) this.#refuse(turn, source, id, 'busy')
    else turn.effects.push({ kind: 'forget', id, why: 'full', own: true })
  }

  #refuseUpstream(turn: Turn, entry: Entry): void {
    for (const source of entry.upstream.keys()) {
      if (source !== null) this.#refuse(turn, source, entry.id, 'busy')
    }
  }

  #forget(turn: Turn, entry: Entry, why: ForgetReason): void {
    turn.effects.push({ kind: 'forget', id: entry.id, why, own: isOwn(entry) })
  }

  #refuse(turn: Turn, peer: PeerId, id: Uint8Array, reason: RefusalReason): void {
    this.#send(turn, peer, { kind: 'refuse', id, reason })
  }

  #send(turn: Turn, peer: PeerId, message: StemMessage): void {
    if (this.#neighbours.get(peer) === undefined) return
    turn.effects.push({ kind: 'send', peer, bytes: encodeStemMessage(message) })
  }
}

function keyOf(id: Uint8Array): string {
  assert(id.length === ID_BYTES, `expected an id of ${ID_BYTES} bytes, got ${id.length}`)
  return toHex(id)
}

/** Null for bytes of theirs that are broken. */
function orNull<T>(read: () => T): T | null {
  try {
    return read()
  } catch (error: unknown) {
    if (error instanceof ProtocolError) return null
    throw error
  }
}
