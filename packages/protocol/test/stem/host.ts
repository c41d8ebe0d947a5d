// One machine with its timer, and every effect in words.
import { toHex } from '../../src/codec/bytes.ts'
import type { StemEffect, StemEvent } from '../../src/stem/event.ts'
import { Stem, type StemOptions } from '../../src/stem/machine.ts'
import { decodeStemMessage, encodeStemMessage } from '../../src/stem/message.ts'
import {
  bytesOfUnits,
  drawBytes,
  readEnvelope,
  seededUnit,
  sha256,
  verifyReceipt,
} from './seeded.ts'

export interface Timed {
  readonly atMs: number
  readonly effect: StemEffect
}

export interface HostOptions extends Partial<StemOptions> {
  readonly seed?: number
  /** Draws in order; chance from the seed afterwards. */
  readonly draws?: readonly number[]
}

/** Below the share of deliverers or not: the second draw of an epoch. */
export const RELAYER = 0.9
export const DELIVERER = 0.1

export class Host {
  nowMs = 0
  readonly log: Timed[] = []
  readonly stem: Stem
  #timerAtMs = Number.POSITIVE_INFINITY

  constructor({ seed = 1, draws = [0.5, RELAYER], ...options }: HostOptions = {}) {
    const left = [...draws]
    const chance = bytesOfUnits(seededUnit(seed))
    const random = (length: number) => {
      const next = left.shift()
      return next === undefined ? chance(length) : drawBytes(next)
    }
    this.stem = new Stem({
      random,
      readEnvelope,
      verifyReceipt,
      ...options,
    })
    this.handle({ kind: 'start' })
  }

  handle(event: StemEvent): readonly StemEffect[] {
    const effects = this.stem.handle(event, this.nowMs)
    for (const effect of effects) {
      this.log.push({ atMs: this.nowMs, effect })
      if (effect.kind === 'set-timer') this.#timerAtMs = effect.atMs
    }
    return effects
  }

  /** Moves time, and ticks whenever the machine asked for it. */
  advance(ms: number): void {
    const untilMs = this.nowMs + ms
    while (this.#timerAtMs <= untilMs) {
      this.nowMs = Math.max(this.nowMs, this.#timerAtMs)
      this.#timerAtMs = Number.POSITIVE_INFINITY
      this.handle({ kind: 'tick' })
    }
    this.nowMs = untilMs
  }

  up(...peers: readonly string[]): this {
    for (const peer of peers) this.handle({ kind: 'peer-up', peer, capable: true, dialled: true })
    return this
  }

  down(peer: string): void {
    this.handle({ kind: 'peer-down', peer })
  }

  submit(envelope: Uint8Array): Uint8Array {
    this.handle({ kind: 'submit', envelope })
    return sha256(envelope)
  }

  relayFrom(peer: string, envelope: Uint8Array): Uint8Array {
    const bytes = encodeStemMessage({ kind: 'relay', envelope })
    this.handle({ kind: 'inbound', peer, bytes })
    return sha256(envelope)
  }

  receiptsFrom(peer: string, id: Uint8Array, ...receipts: readonly Uint8Array[]): void {
    const bytes = encodeStemMessage({ kind: 'receipts', id, receipts })
    this.handle({ kind: 'inbound', peer, bytes })
  }

  refuseFrom(peer: string, id: Uint8Array, reason: 'busy' | 'untimely' = 'busy'): void {
    this.handle({
      kind: 'inbound',
      peer,
      bytes: encodeStemMessage({ kind: 'refuse', id, reason }),
    })
  }

  /** What happened since the last call, timers left out: `relay bob`, `deliver role`, … */
  take(): string[] {
    const words = this.log.splice(0).filter(({ effect }) => effect.kind !== 'set-timer')
    return words.map(({ effect }) => wordOf(effect))
  }
}

export function wordOf(effect: StemEffect): string {
  switch (effect.kind) {
    case 'send': {
      const message = decodeStemMessage(effect.bytes)
      if (message.kind === 'refuse') return `refuse ${message.reason} ${effect.peer}`
      if (message.kind === 'relay') return `relay ${effect.peer}`
      return `receipts ${message.receipts.length} ${effect.peer}`
    }
    case 'deliver':
      return `deliver ${effect.why}`
    case 'receipts':
      return `own receipts ${effect.receipts.length}`
    case 'set-timer':
      return `timer ${effect.atMs}`
    case 'penalise':
      return `penalise ${effect.peer} ${effect.why}`
    case 'forget':
      return `forget ${effect.why}`
  }
}

export function relaysOf(log: readonly Timed[]): { atMs: number; peer: string; id: string }[] {
  return log.flatMap(({ atMs, effect }) => {
    if (effect.kind !== 'send') return []
    const message = decodeStemMessage(effect.bytes)
    if (message.kind !== 'relay') return []
    return [{ atMs, peer: effect.peer, id: toHex(sha256(message.envelope)) }]
  })
}
