import { fromHex, toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { Exchange, SyncEffect, SyncEvent } from '@ezchat/protocol/sync/exchange.ts'
import { Initiator } from '@ezchat/protocol/sync/initiator.ts'
import { MemorySyncSet } from '@ezchat/protocol/sync/memory-sync-set.ts'
import { Responder } from '@ezchat/protocol/sync/responder.ts'
import { handleWith } from '@ezchat/protocol/sync/sync-set.ts'
import { bytes, list, number } from '../input.ts'
import type { Entries, Json, JsonObject } from '../vector.ts'

/** `set` is { day: [ids] }. */
function setOf(input: JsonObject): MemorySyncSet {
  const set = new MemorySyncSet()
  for (const [day, ids] of Object.entries(input.set as { [day: string]: string[] })) {
    for (const id of ids) set.add(Number(day), fromHex(id))
  }
  return set
}

function shortIdsOf(effects: readonly SyncEffect[], kind: 'need' | 'have'): string {
  return effects.map((effect) => (effect.kind === kind ? toHex(effect.shortIds) : '')).join('')
}

/** Everything that one side says and finds. A failure of its own is thrown. */
function run(exchange: Exchange, set: MemorySyncSet, events: readonly SyncEvent[]): Json {
  const effects = events.flatMap((event) => handleWith(exchange, set, event, 0))
  const sent = effects.flatMap((effect) => (effect.kind === 'send' ? [toHex(effect.bytes)] : []))
  const last = effects.at(-1)
  if (last?.kind === 'fail') throw last.error
  const end = last?.kind === 'done' || last?.kind === 'refused' ? last.kind : 'open'
  return { sent, need: shortIdsOf(effects, 'need'), have: shortIdsOf(effects, 'have'), end }
}

function messagesOf(input: JsonObject): SyncEvent[] {
  return list(input, 'messages').map((message) => ({ kind: 'message', bytes: message }))
}

export const entries: Entries = {
  /** What a responder with this set and salt says to these messages of an initiator. */
  respond(input, crypto) {
    const set = setOf(input)
    const init = { crypto, shard: number(input, 'shard'), salt: bytes(input, 'salt') }
    const responder = new Responder({ ...init, days: set.digests() }, 0)
    return run(responder, set, messagesOf(input))
  },
  /** What an initiator says that audits the day picked, if one is, and lists small days. */
  initiate(input, crypto) {
    const set = setOf(input)
    const init = { crypto, shard: number(input, 'shard'), salt: bytes(input, 'salt') }
    const auditPick = input.auditPick === null ? null : number(input, 'auditPick')
    const initiator = new Initiator({ ...init, days: set.digests(), auditPick }, 0)
    return run(initiator, set, [{ kind: 'start' }, ...messagesOf(input)])
  },
}
