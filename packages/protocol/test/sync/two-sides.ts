// Two machines talking to each other, with everything that they say and find on record.

import type { Exchange, SyncEffect, SyncEvent } from '../../src/sync/exchange.ts'
import { Initiator, type InitiatorInit } from '../../src/sync/initiator.ts'
import type { MemorySyncSet } from '../../src/sync/memory-sync-set.ts'
import { Responder } from '../../src/sync/responder.ts'
import { handleWith } from '../../src/sync/sync-set.ts'
import { seededCrypto, unpack } from './seeded.ts'

export const SHARD = 7

export interface Side {
  readonly exchange: Exchange
  readonly set: MemorySyncSet
  readonly effects: SyncEffect[]
}

export function initiatorOf(set: MemorySyncSet, change: Partial<InitiatorInit> = {}): Side {
  const crypto = seededCrypto(1)
  const init = { crypto, shard: SHARD, days: set.digests(), salt: crypto.randomBytes(16) }
  const exchange = new Initiator({ auditPick: null, ...init, ...change }, 0)
  return { exchange, set, effects: [] }
}

export function responderOf(set: MemorySyncSet, change: Partial<InitiatorInit> = {}): Side {
  const crypto = seededCrypto(2)
  const init = { crypto, shard: SHARD, days: set.digests(), salt: crypto.randomBytes(16) }
  return { exchange: new Responder({ ...init, ...change }, 0), set, effects: [] }
}

/** What the side sends back; there is at most one message per event. */
export function tell(side: Side, event: SyncEvent, nowMs = 0): Uint8Array | null {
  const effects = handleWith(side.exchange, side.set, event, nowMs)
  side.effects.push(...effects)
  const sent = effects.filter((effect) => effect.kind === 'send')
  if (sent.length > 1) throw new Error(`${sent.length} messages for one event`)
  return sent[0]?.bytes ?? null
}

export function tellMessage(side: Side, bytes: Uint8Array): Uint8Array | null {
  return tell(side, { kind: 'message', bytes })
}

export interface Traffic {
  readonly messages: readonly Uint8Array[]
  readonly roundTrips: number
  readonly bytes: number
}

/** Lets both sides talk until one has nothing to say. */
export function converse(initiator: Side, responder: Side): Traffic {
  const messages: Uint8Array[] = []
  let roundTrips = 0
  let question = tell(initiator, { kind: 'start' })
  while (question !== null) {
    messages.push(question)
    roundTrips++
    const answer = tellMessage(responder, question)
    if (answer === null) break
    messages.push(answer)
    question = tellMessage(initiator, answer)
  }
  const bytes = messages.reduce((sum, message) => sum + message.length, 0)
  return { messages, roundTrips, bytes }
}

export function idsOf(side: Side, kind: 'need' | 'have'): string[] {
  return unpack(side.effects.flatMap((effect) => (effect.kind === kind ? [effect.shortIds] : [])))
}

/** The last effect, which says how it ended: done, or the code of the error, or refused. */
export function endOf(side: Side): string {
  const last = side.effects.at(-1)
  if (last?.kind === 'fail') return last.error.code
  return last?.kind ?? 'nothing'
}
