// Devices with a log and a store each, as a host keeps them.
import { nativeCrypto } from '@ezchat/node/crypto/native.ts'
import { compareBytes, equalBytes, toHex, utf8 } from '../../src/codec/bytes.ts'
import { Reader } from '../../src/codec/reader.ts'
import type { EntrySource } from '../../src/conversation/answer.ts'
import { compose, type Draft, directConversationId } from '../../src/conversation/compose.ts'
import { encodeContent } from '../../src/conversation/content.ts'
import {
  type Author,
  chainKey,
  type Entry,
  encodeEntry,
  NO_HASH,
} from '../../src/conversation/entry.ts'
import type {
  ConversationEffect,
  Found,
  HeldEntry,
  Need,
  PlacedEntry,
  SlotFound,
} from '../../src/conversation/log-event.ts'
import { loadLog, recordOf } from '../../src/conversation/log-record.ts'
import {
  applyChanges,
  type Change,
  hashKey,
  type LogState,
  type LogTerms,
  newLog,
} from '../../src/conversation/log-state.ts'
import { receive } from '../../src/conversation/receive.ts'
import { readStamp, type Stamp } from '../../src/conversation/stamp.ts'
import type { Witness } from '../../src/conversation/witness.ts'

export const crypto = nativeCrypto()
export const NOW_MS = 1_800_000_000_000

export const named = (name: string, length = 32): Uint8Array =>
  crypto.sha256(utf8(`conversation: ${name}`)).slice(0, length)

export const device = (person: string, name = 'laptop'): Author => ({
  identity: named(person),
  device: named(`${person}'s ${name}`, 16),
})

export const ALICE = device('alice')
export const ALICE_PHONE = device('alice', 'phone')
export const BOB = device('bob')
export const BOB_PHONE = device('bob', 'phone')
export const MALLORY = device('mallory')

export const CONVERSATION = directConversationId(
  crypto,
  named('network'),
  ALICE.identity,
  BOB.identity,
)

export const directTerms = (own: Author): LogTerms => ({
  conversation: CONVERSATION,
  own,
  authority: { kind: 'sessions', participants: [ALICE.identity, BOB.identity] },
  history: 'whole',
})

export const groupTerms = (own: Author, history: LogTerms['history'] = 'whole'): LogTerms => ({
  conversation: CONVERSATION,
  own,
  authority: { kind: 'signatures' },
  history,
})

/** An entry that nobody composed: for liars, and for single cases. */
export function entryBytes(lie: Partial<Entry> = {}): Uint8Array {
  const sequence = lie.sequence ?? 1
  return encodeEntry({
    conversation: CONVERSATION,
    id: named(`id ${sequence}`, 16),
    author: ALICE,
    sequence,
    previous: sequence < 2 ? NO_HASH : named(`before ${sequence}`),
    parents: [],
    stamp: { ms: NOW_MS + (sequence % 1_000_000), counter: 0 },
    kind: 1,
    quiet: false,
    content: utf8(`opaque ${sequence}`),
    ...lie,
  })
}

export const textDraft = (text: string, nowMs: number, id = named(`draft ${text}`, 16)): Draft => ({
  id,
  quiet: false,
  nowMs,
  ...encodeContent({ kind: 'text', text, mentions: [], disappearSeconds: 0, replyTo: null }),
})

interface Row {
  readonly placed: PlacedEntry
  readonly stamp: Stamp
}

const stampOf = ({ order }: PlacedEntry): Stamp => readStamp(new Reader(order, 'STATE'))

/** A disk: what a batch put on it is there after a restart. */
export class Disk {
  readonly records = new Map<string, Uint8Array>()
  readonly #rows = new Map<string, Row>()
  readonly #slots = new Map<string, Map<number, Row>>()

  write(changes: readonly Change[], effects: readonly ConversationEffect[]): void {
    for (const { name, value } of changes.map(recordOf)) {
      if (value === null) this.records.delete(name)
      else this.records.set(name, value)
    }
    for (const effect of effects) if (effect.kind === 'append') this.#append(effect.placed)
  }

  #append(placed: PlacedEntry): void {
    const row = { placed, stamp: stampOf(placed) }
    const key = chainKey(placed.entry.author)
    const slots = this.#slots.get(key) ?? new Map<number, Row>()
    if (slots.has(placed.entry.sequence)) throw new Error('appended twice')
    this.#slots.set(key, slots.set(placed.entry.sequence, row))
    this.#rows.set(hashKey(placed.hash), row)
  }

  get placed(): readonly PlacedEntry[] {
    return [...this.#rows.values()]
      .map(({ placed }) => placed)
      .sort((a, b) => compareBytes(a.order, b.order))
  }

  bySequence(author: Author): readonly Row[] {
    const slots = [...(this.#slots.get(chainKey(author)) ?? [])]
    return slots.sort((a, b) => a[0] - b[0]).map(([, row]) => row)
  }

  byHash(hash: Uint8Array): HeldEntry | null {
    return this.#rows.get(hashKey(hash))?.placed ?? null
  }

  byId(id: Uint8Array): Uint8Array | null {
    return this.placed.find(({ entry }) => equalBytes(entry.id, id))?.bytes ?? null
  }

  find({ slot, hashes }: Need): Found {
    const places = new Map<string, Stamp>()
    for (const hash of hashes) {
      const row = this.#rows.get(hashKey(hash))
      if (row !== undefined) places.set(hashKey(hash), row.stamp)
    }
    return { slot: slot === null ? null : this.#slot(slot.author, slot.sequence), places }
  }

  #slot(author: Author, sequence: number): SlotFound {
    const rows = this.bySequence(author)
    const at = (row: Row) => row.placed.entry.sequence
    return {
      held: rows.find((row) => at(row) === sequence)?.placed ?? null,
      below: rows.findLast((row) => at(row) < sequence)?.stamp ?? null,
      above: rows.find((row) => at(row) > sequence)?.stamp ?? null,
    }
  }

  source(): EntrySource {
    const disk = this
    return {
      async *range(author, from, to, countMax) {
        const rows = disk.bySequence(author).filter(({ placed: { entry } }) => {
          return entry.sequence >= from && entry.sequence <= to
        })
        for (const { placed } of rows.reverse().slice(0, countMax)) yield placed
      },
      byHash: async (hash) => disk.byHash(hash),
    }
  }
}

/** One device of somebody. Whatever it shows is on its disk first. */
export class Person {
  readonly terms: LogTerms
  readonly disk = new Disk()
  state: LogState
  readonly effects: ConversationEffect[] = []

  constructor(terms: LogTerms) {
    this.terms = terms
    this.state = newLog(terms)
  }

  get own(): Author {
    return this.terms.own
  }

  say(text: string, nowMs: number): Uint8Array {
    return this.compose(textDraft(text, nowMs))
  }

  compose(draft: Draft): Uint8Array {
    const composed = compose(this.state, crypto, draft, this.disk.byId(draft.id))
    this.keep(composed.changes, composed.effects)
    return composed.bytes
  }

  /** Null for an entry of another conversation. */
  hear(bytes: Uint8Array, witness: Witness, nowMs: number): readonly ConversationEffect[] | null {
    const arrival = { bytes, witness, nowMs }
    let outcome = receive(this.state, crypto, arrival)
    if (outcome?.kind === 'look-up') {
      outcome = receive(this.state, crypto, arrival, this.disk.find(outcome.need))
    }
    if (outcome === null) return null
    if (outcome.kind === 'look-up') throw new Error('looked up twice')
    this.keep(outcome.changes, outcome.effects)
    return outcome.effects
  }

  keep(changes: readonly Change[], effects: readonly ConversationEffect[]): void {
    this.disk.write(changes, effects)
    applyChanges(this.state, changes)
    this.effects.push(...effects)
  }

  restart(): void {
    const records = [...this.disk.records]
      .filter(([name]) => !name.startsWith('h'))
      .map(([name, value]) => ({ name, value }))
    this.state = loadLog(this.terms, records)
  }

  /** Hashes in the order in which they are shown. */
  shown(): readonly string[] {
    return this.disk.placed.map(({ hash }) => toHex(hash))
  }
}

export const from = (peer: Author): Witness => ({ kind: 'session', peer })

export const signedBy = (signer: Author): Witness => ({
  kind: 'signature',
  signer,
  proof: named('proof', 32),
})

export function effectsOf<K extends ConversationEffect['kind']>(
  effects: readonly ConversationEffect[] | null,
  kind: K,
): readonly Extract<ConversationEffect, { kind: K }>[] {
  return (effects ?? []).filter((effect) => effect.kind === kind) as never
}
