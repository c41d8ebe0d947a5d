// What an exchange wants to know of a store, for hosts that can answer at once. A store on disk
// answers `load` with `items` as it reads them.
import type { DayDigest } from './digest.ts'
import type { Exchange, SyncEffect, SyncEvent } from './exchange.ts'

export interface SyncSet {
  digests(): Iterable<DayDigest>
  /** Packed, in pieces; all that is held for these days. */
  shortIds(days: readonly number[]): Iterable<Uint8Array>
  /** Null when it is not, or no longer, held. Of two that share a short id, one. */
  resolve(shortId: Uint8Array): Uint8Array | null
}

const NOTHING = new Uint8Array(0)

/** Handles an event, answers what is loaded from the set, and returns all other effects. */
export function handleWith(
  exchange: Exchange,
  set: SyncSet,
  event: SyncEvent,
  nowMs: number,
): SyncEffect[] {
  const effects = [...exchange.handle(event, nowMs)]
  const rest: SyncEffect[] = []
  for (let effect = effects.shift(); effect !== undefined; effect = effects.shift()) {
    if (effect.kind !== 'load') {
      rest.push(effect)
      continue
    }
    for (const shortIds of set.shortIds(effect.days)) {
      effects.push(...exchange.handle({ kind: 'items', shortIds, isLast: false }, nowMs))
    }
    effects.push(...exchange.handle({ kind: 'items', shortIds: NOTHING, isLast: true }, nowMs))
  }
  return rest
}
