import { fromHex, toHex } from '@ezchat/protocol/codec/bytes.ts'
import { directConversationId, markRead } from '@ezchat/protocol/conversation/compose.ts'
import { type Author, decodeEntry, hashEntry } from '@ezchat/protocol/conversation/entry.ts'
import type {
  ConversationEffect,
  Found,
  HeldEntry,
  Need,
  PlacedEntry,
} from '@ezchat/protocol/conversation/log-event.ts'
import { applyChanges, type LogState, newLog } from '@ezchat/protocol/conversation/log-state.ts'
import { receive } from '@ezchat/protocol/conversation/receive.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { assert } from '@ezchat/protocol/errors.ts'
import { bytes, list, number } from '../input.ts'
import type { Entries, Json, JsonObject } from '../vector.ts'

function authorOf(joined: Uint8Array): Author {
  return { identity: joined.slice(0, 32), device: joined.slice(32) }
}

const hexOf = ({ identity, device }: Author): string => toHex(identity) + toHex(device)

/** What the log kept, as a store would find it. */
function find(kept: readonly PlacedEntry[], { slot }: Need): Found {
  const held = (entry: PlacedEntry): boolean =>
    slot !== null &&
    entry.entry.sequence === slot.sequence &&
    hexOf(entry.entry.author) === hexOf(slot.author)
  const first: HeldEntry | null = kept.find(held) ?? null
  return {
    slot: slot === null ? null : { held: first, below: null, above: null },
    places: new Map(),
  }
}

function marksOf(placed: PlacedEntry): string[] {
  const marks: [string, boolean][] = [
    ['clock', placed.isClockSuspect],
    ['late', placed.isLate],
    ['unlinked', placed.isUnlinked],
    ['relayed', placed.isRelayed],
  ]
  return marks.filter(([, isSet]) => isSet).map(([mark]) => mark)
}

function printEffect(effect: ConversationEffect): Json {
  switch (effect.kind) {
    case 'append': {
      const { placed } = effect
      return { append: toHex(placed.hash), order: toHex(placed.order), marks: marksOf(placed) }
    }
    case 'gaps':
      return { gaps: effect.gaps.map(({ from, to }) => [from, to]) }
    case 'missing-parents':
      return { missing: effect.count }
    case 'alarm':
      return { alarm: effect.alarm }
    default:
      return effect.kind
  }
}

function numbers(input: JsonObject, field: string): readonly number[] {
  const value = input[field]
  assert(Array.isArray(value), `vector input ${field}: expected a list`)
  return value.map(Number)
}

function logOf(input: JsonObject): LogState {
  const state = newLog({
    conversation: bytes(input, 'conversation'),
    own: authorOf(bytes(input, 'own')),
    authority: { kind: 'sessions', participants: list(input, 'participants') },
    history: 'whole',
  })
  applyChanges(state, markRead(state, { ms: number(input, 'readMs'), counter: 0 }))
  return state
}

function receiveAll(input: JsonObject, crypto: Crypto): Json {
  const state = logOf(input)
  const peers = input.peers
  assert(Array.isArray(peers), 'vector input peers: expected a list')
  const clock = numbers(input, 'nowMs')
  const kept: PlacedEntry[] = []
  const printed: Json[] = []
  for (const [at, entry] of list(input, 'entries').entries()) {
    const peer = authorOf(fromHex(String(peers[at])))
    const witness = { kind: 'session', peer } as const
    const arrival = { bytes: entry, witness, nowMs: clock[at]! }
    let outcome = receive(state, crypto, arrival)
    if (outcome?.kind === 'look-up') {
      outcome = receive(state, crypto, arrival, find(kept, outcome.need))
    }
    if (outcome === null) return null
    assert(outcome.kind === 'done', 'looked up twice')
    applyChanges(state, outcome.changes)
    for (const effect of outcome.effects) if (effect.kind === 'append') kept.push(effect.placed)
    printed.push(outcome.effects.map(printEffect))
  }
  return printed
}

export const entries: Entries = {
  decode(input, crypto) {
    const raw = bytes(input, 'entry')
    const entry = decodeEntry(raw)
    return {
      hash: toHex(hashEntry(crypto, raw)),
      conversation: toHex(entry.conversation),
      author: hexOf(entry.author),
      sequence: entry.sequence,
      ms: entry.stamp.ms,
      counter: entry.stamp.counter,
      kind: entry.kind,
      quiet: entry.quiet,
      parents: entry.parents.map((parent) => toHex(parent)),
    }
  },
  direct: (input, crypto) =>
    toHex(
      directConversationId(crypto, bytes(input, 'networkId'), bytes(input, 'a'), bytes(input, 'b')),
    ),
  receive: receiveAll,
}
