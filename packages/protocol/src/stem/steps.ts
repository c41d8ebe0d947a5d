// What happens to an envelope when its hold or its embargo ends: stem.md §5. Nothing here asks
// whether the envelope was written here, except a role and the number of tries.
import { STEM_EMBARGO_COUNT_MAX, STEM_RETRY_COUNT_MAX } from '../limits.ts'
import type { PeerId } from '../ports.ts'
import { type Draw, embargoMs, holdMs } from './chance.ts'
import { firstSource, type Hold, isOwn } from './entry.ts'
import type { Epoch, Source } from './epoch.ts'
import type { DeliveryReason, PenaltyReason, StemEffect } from './event.ts'
import { encodeStemMessage } from './message.ts'
import type { Neighbour, Neighbours } from './neighbour.ts'
import type { ActiveEntry } from './pool.ts'

/** One event's worth of time. */
export interface Turn {
  readonly nowMs: number
  readonly epoch: Epoch
  readonly effects: StemEffect[]
  /** The earliest moment that was set in this turn. */
  dueAtMs: number
}

export interface StepOptions {
  readonly neighbours: Neighbours
  readonly draw: Draw
  readonly neverDelivers: boolean
}

export class Steps {
  readonly #neighbours: Neighbours
  readonly #draw: Draw
  readonly #neverDelivers: boolean

  constructor({ neighbours, draw, neverDelivers }: StepOptions) {
    this.#neighbours = neighbours
    this.#draw = draw
    this.#neverDelivers = neverDelivers
  }

  /** Every step waits, at its author's node and at every other, for a time of the same kind. */
  hold(turn: Turn, entry: ActiveEntry, source: Source, then: Hold['then'] = 'route'): void {
    const atMs = turn.nowMs + holdMs(this.#draw())
    entry.pass.holds = [...entry.pass.holds, { source, atMs, then }]
    turn.dueAtMs = Math.min(turn.dueAtMs, atMs)
  }

  /** A try failed at once. Answered early a few times, then by the embargo only. */
  retry(turn: Turn, entry: ActiveEntry, then: 'refused' | 'undelivered'): void {
    if (entry.pass.retryCount >= STEM_RETRY_COUNT_MAX) return
    entry.pass.retryCount += 1
    this.hold(turn, entry, firstSource(entry), then)
  }

  holdEnded(turn: Turn, entry: ActiveEntry, hold: Hold): void {
    const { pass } = entry
    pass.holds = pass.holds.filter((other) => other !== hold)
    if (hold.then === 'route') this.#forward(turn, entry, hold.source)
    else if (this.#neverDelivers) this.#wander(turn, entry)
    else if (!pass.delivered) this.#deliver(turn, entry, 'refused')
    else if (hold.then === 'undelivered') this.#handOverAgain(turn, entry)
  }

  /** False when this was the last try. */
  embargoEnded(turn: Turn, entry: ActiveEntry): boolean {
    const { pass } = entry
    pass.embargoAtMs = null
    pass.embargoCount += 1
    this.#countSilence(turn, entry)
    if (pass.embargoCount > STEM_EMBARGO_COUNT_MAX && !isOwn(entry)) return false
    if (this.#neverDelivers) this.#wander(turn, entry)
    else if (!pass.delivered || !this.#handOverAgain(turn, entry)) {
      this.#deliver(turn, entry, 'embargo')
    }
    return true
  }

  penalise(turn: Turn, peer: PeerId, why: PenaltyReason): void {
    turn.effects.push({ kind: 'penalise', peer, why })
    if (why === 'silent' || why === 'refuses') turn.epoch.shun(peer)
  }

  #forward(turn: Turn, entry: ActiveEntry, source: Source): void {
    if (turn.epoch.delivers && source !== null) {
      // Already pushed to carriers in this pass: their receipts will answer this neighbour too.
      if (!entry.pass.delivered) this.#deliver(turn, entry, 'role')
      return
    }
    const peer = turn.epoch.route(source)
    if (peer !== null && !hasIt(entry, peer)) this.#handOver(turn, entry, peer)
    else if (this.#neverDelivers) this.#wander(turn, entry)
    else if (!entry.pass.delivered) this.#deliver(turn, entry, peer === null ? 'alone' : 'loop')
  }

  /** Once more down the stem, if the present route leads to somebody new. */
  #handOverAgain(turn: Turn, entry: ActiveEntry): boolean {
    const peer = turn.epoch.route(firstSource(entry))
    if (peer === null || hasIt(entry, peer)) return false
    this.#handOver(turn, entry, peer)
    return true
  }

  /** For nodes that never deliver: somebody new, else the same again, else wait for a peer. */
  #wander(turn: Turn, entry: ActiveEntry): void {
    const source = firstSource(entry)
    const peers = [turn.epoch.route(source), turn.epoch.detour(source)]
    const open = peers.filter((peer) => peer !== null).filter((peer) => !entry.upstream.has(peer))
    const peer = open.find((candidate) => !hasIt(entry, candidate)) ?? open[0]
    if (peer === undefined) this.#armEmbargo(turn, entry)
    else this.#handOver(turn, entry, peer)
  }

  #handOver(turn: Turn, entry: ActiveEntry, peer: PeerId): void {
    const { pass } = entry
    pass.handed.set(peer, 'open')
    entry.downstream.add(peer)
    const bytes = encodeStemMessage({ kind: 'relay', envelope: pass.envelope })
    turn.effects.push({ kind: 'send', peer, bytes })
    this.#armEmbargo(turn, entry)
  }

  #deliver(turn: Turn, entry: ActiveEntry, why: DeliveryReason): void {
    const { id, pass } = entry
    pass.delivered = true
    turn.effects.push({ kind: 'deliver', id, envelope: pass.envelope, why, own: isOwn(entry) })
    this.#armEmbargo(turn, entry)
  }

  #armEmbargo(turn: Turn, { pass }: ActiveEntry): void {
    pass.embargoAtMs ??= turn.nowMs + embargoMs(this.#draw(), pass.embargoCount)
    turn.dueAtMs = Math.min(turn.dueAtMs, pass.embargoAtMs)
  }

  #countSilence(turn: Turn, { pass }: ActiveEntry): void {
    if (pass.embargoCount > 1) return
    for (const [peer, state] of pass.handed) {
      const neighbour: Neighbour | undefined = this.#neighbours.get(peer)
      if (state === 'open' && neighbour?.silent()) this.penalise(turn, peer, 'silent')
    }
  }
}

/** It is on the stem already, whichever way. */
function hasIt(entry: ActiveEntry, peer: PeerId): boolean {
  return entry.pass.handed.has(peer) || entry.upstream.has(peer)
}
