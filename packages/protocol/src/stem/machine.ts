// Dandelion++ for envelopes, as `handle(event, nowMs) → effects`: stem.md. No sockets, no timers;
// the same machine runs in a daemon, in a browser and in the simulator.
import type { RandomSource } from '../crypto/crypto.ts'
import { assert } from '../errors.ts'
import type { PeerId } from '../ports.ts'
import { type Draw, drawFrom } from './chance.ts'
import { dueAtMs, type EnvelopeReader, type Hold, type ReceiptVerifier } from './entry.ts'
import { Epoch } from './epoch.ts'
import type { StemEffect, StemEvent } from './event.ts'
import { isBucketSize } from './message.ts'
import { Neighbours } from './neighbour.ts'
import { Pool } from './pool.ts'
import { Steps, type Turn } from './steps.ts'
import { Traffic } from './traffic.ts'

export interface StemOptions {
  readonly random: RandomSource
  /** What carriers refuse is not passed on, so that nobody relays what nobody keeps. */
  readonly readEnvelope: EnvelopeReader
  readonly verifyReceipt: ReceiptVerifier
  /** A browser: hands over to daemons, and waits for one rather than deliver by itself. */
  readonly neverDelivers?: boolean
}

/** Counts and sizes; never an id, a peer or an author. */
export interface StemStatus {
  readonly activeCount: number
  readonly rememberedCount: number
  readonly ownBytes: number
  readonly othersBytes: number
}

interface DueStep {
  readonly key: string
  /** Null: the embargo. */
  readonly hold: Hold | null
  readonly atMs: number
}

export class Stem {
  readonly #draw: Draw
  readonly #neverDelivers: boolean
  readonly #neighbours = new Neighbours()
  readonly #pool = new Pool()
  readonly #steps: Steps
  readonly #traffic: Traffic
  #epoch: Epoch | null = null
  #stopped = false
  #nowMs = Number.NEGATIVE_INFINITY
  #timerAtMs = Number.POSITIVE_INFINITY

  constructor({ random, readEnvelope, verifyReceipt, neverDelivers = false }: StemOptions) {
    const draw = drawFrom(random)
    const neighbours = this.#neighbours
    const steps = new Steps({ neighbours, draw, neverDelivers })
    this.#draw = draw
    this.#neverDelivers = neverDelivers
    this.#steps = steps
    const pool = this.#pool
    this.#traffic = new Traffic({ readEnvelope, verifyReceipt, neighbours, pool, steps })
  }

  get status(): StemStatus {
    return {
      activeCount: this.#pool.activeCount,
      rememberedCount: this.#pool.rememberedCount,
      ownBytes: this.#pool.bytesOf(null),
      othersBytes: this.#pool.othersBytes,
    }
  }

  /** `nowMs` is monotonic. Bytes that are handed in stay the caller's; nothing keeps a view. */
  handle(event: StemEvent, nowMs: number): readonly StemEffect[] {
    if (this.#stopped) return []
    assert(this.#epoch !== null || event.kind === 'start', `${event.kind} before start`)
    assert(this.#epoch === null || event.kind !== 'start', 'started twice')
    this.#nowMs = Math.max(this.#nowMs, nowMs)
    const turn: Turn = {
      nowMs: this.#nowMs,
      epoch: this.#currentEpoch(),
      effects: [],
      dueAtMs: Number.POSITIVE_INFINITY,
    }
    this.#pool.expire(turn.nowMs)
    this.#dispatch(turn, event)
    this.#armTimer(turn)
    return turn.effects
  }

  /** An epoch that ended while nothing happened ends now: nobody could have told. */
  #currentEpoch(): Epoch {
    if (this.#epoch === null || this.#nowMs >= this.#epoch.endsAtMs) {
      this.#neighbours.beginEpoch()
      this.#epoch = new Epoch(this.#nowMs, this.#neighbours, this.#draw, this.#neverDelivers)
    }
    return this.#epoch
  }

  #dispatch(turn: Turn, event: StemEvent): void {
    switch (event.kind) {
      case 'start':
        break
      case 'stop':
        this.#stopped = true
        this.#traffic.stop(turn)
        break
      case 'tick':
        this.#tick(turn)
        break
      case 'peer-up':
        this.#neighbours.up(event.peer, event.capable, event.dialled, turn.nowMs)
        if (event.capable && this.#neverDelivers) this.#wakeWaiting(turn)
        break
      case 'peer-down':
        this.#neighbours.down(event.peer)
        if (this.#neverDelivers) this.#takeBack(event.peer)
        break
      default:
        this.#dispatchTraffic(turn, event)
    }
  }

  #dispatchTraffic(
    turn: Turn,
    event: Exclude<StemEvent, { kind: 'start' | 'stop' | 'tick' | 'peer-up' | 'peer-down' }>,
  ): void {
    switch (event.kind) {
      case 'submit':
        assert(isBucketSize(event.envelope.length), 'expected an envelope of a bucket size')
        this.#traffic.submit(turn, event.envelope)
        break
      case 'withdraw':
        this.#traffic.withdraw(turn, event.id)
        break
      case 'inbound':
        this.#traffic.inbound(turn, event.peer, event.bytes)
        break
      case 'unsent':
        this.#traffic.notTaken(turn, event.peer, event.id)
        break
      case 'delivered':
        this.#traffic.receipts(turn, event.id, event.receipts, null)
        break
      case 'undelivered':
        this.#traffic.undelivered(turn, event.id)
    }
  }

  #tick(turn: Turn): void {
    this.#timerAtMs = Number.POSITIVE_INFINITY
    for (const { key, hold } of this.#dueSteps(turn.nowMs)) {
      const entry = this.#pool.active(key)
      if (entry === undefined) continue
      if (hold !== null) this.#steps.holdEnded(turn, entry, hold)
      else if (!this.#steps.embargoEnded(turn, entry)) this.#traffic.exhausted(turn, entry)
    }
    turn.dueAtMs = this.#pool.nextDueAtMs()
  }

  #dueSteps(nowMs: number): DueStep[] {
    const due: DueStep[] = []
    for (const { key, pass } of this.#pool.activeEntries()) {
      if (dueAtMs(pass) > nowMs) continue
      for (const hold of pass.holds) due.push({ key, hold, atMs: hold.atMs })
      if (pass.embargoAtMs !== null) due.push({ key, hold: null, atMs: pass.embargoAtMs })
    }
    return due.filter(({ atMs }) => atMs <= nowMs).sort((a, b) => a.atMs - b.atMs)
  }

  /** Envelopes that nobody has yet, now that there may be somebody to hand them to. */
  #wakeWaiting(turn: Turn): void {
    for (const entry of this.#pool.activeEntries()) {
      const { handed, holds } = entry.pass
      if (handed.size > 0 || holds.length > 0) continue
      for (const source of entry.upstream.keys()) this.#steps.hold(turn, entry, source)
    }
  }

  /** A node that cannot deliver counts on that peer alone, and the peer may have restarted. */
  #takeBack(peer: PeerId): void {
    for (const { pass } of this.#pool.activeEntries()) pass.handed.delete(peer)
  }

  /** Only an earlier moment is news to the host, whose timer is still running. */
  #armTimer({ effects, dueAtMs: atMs, nowMs }: Turn): void {
    if (this.#stopped || atMs >= this.#timerAtMs) return
    this.#timerAtMs = atMs
    effects.push({ kind: 'set-timer', atMs: Math.max(atMs, nowMs) })
  }
}
