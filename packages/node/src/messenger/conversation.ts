// One conversation as this device has it: its log, its entries, who has read what, and what is owed.
import { equalBytes, fromHex, fromUtf8, toHex, utf8 } from '@ezchat/protocol/codec/bytes.ts'
import type { Range } from '@ezchat/protocol/conversation/chain.ts'
import type { Author } from '@ezchat/protocol/conversation/entry.ts'
import { chainKey } from '@ezchat/protocol/conversation/entry.ts'
import type {
  Arrival,
  ConversationEffect,
  Found,
  Outcome,
} from '@ezchat/protocol/conversation/log-event.ts'
import { loadLog, recordOf } from '@ezchat/protocol/conversation/log-record.ts'
import {
  applyChanges,
  type Change,
  hashKey,
  type LogState,
  newLog,
} from '@ezchat/protocol/conversation/log-state.ts'
import { receive } from '@ezchat/protocol/conversation/receive.ts'
import type { Stamp } from '@ezchat/protocol/conversation/stamp.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { encodeAddress } from '@ezchat/protocol/identity/address.ts'
import { SET_BACK_ENTRIES_MAX } from '@ezchat/protocol/limits.ts'
import type { Draft, Savable } from './desk.ts'
import { EntryShelf, stampIn } from './entry-shelf.ts'
import { TABLE, u32 } from './table.ts'
import type { Vault } from './vault.ts'

/** What one device of the other side has of ours. */
export interface ReaderMarks {
  readonly identity: string
  readonly device: string
  delivered: readonly Range[]
  read: readonly Range[]
}

/** Written whole when something in it changed. */
export interface Summary {
  readonly id: string
  /** Hex of the other side's identity key. */
  readonly peer: string
  blockNext: number
  unread: number
  /** Hex of the order up to which all was read here. */
  readUpTo: string
  /** Something came that its author was not told of yet. */
  isReceiptDue: boolean
  isReadReceiptDue: boolean
  readers: ReaderMarks[]
}

export interface ConversationInit {
  readonly vault: Vault
  readonly crypto: Crypto
  readonly number: number
  readonly own: Author
}

export class Conversation implements Savable {
  readonly number: number
  readonly summary: Summary
  readonly shelf: EntryShelf
  readonly peer: Uint8Array
  readonly id: Uint8Array
  /** Of the other side. */
  readonly address: string
  readonly #init: ConversationInit
  /** The last word on each record; what it is as bytes is asked once for all of a draft. */
  readonly #changes = new Map<string, Change>()
  #log: LogState
  #isSummaryChanged = false

  private constructor(init: ConversationInit, summary: Summary) {
    this.#init = init
    this.number = init.number
    this.summary = summary
    this.peer = fromHex(summary.peer)
    this.id = fromHex(summary.id)
    this.address = encodeAddress(this.peer)
    this.shelf = new EntryShelf(init.vault, init.number, summary.blockNext)
    this.#log = newLog(this.#terms())
  }

  static create(init: ConversationInit, id: Uint8Array, peer: Uint8Array): Conversation {
    return new Conversation(init, {
      id: toHex(id),
      peer: toHex(peer),
      blockNext: 1,
      unread: 0,
      readUpTo: '',
      isReceiptDue: false,
      isReadReceiptDue: false,
      readers: [],
    })
  }

  static async load(init: ConversationInit, value: Uint8Array): Promise<Conversation> {
    const summary = JSON.parse(fromUtf8(value) ?? '') as Summary
    const conversation = new Conversation(init, summary)
    const records: { name: string; value: Uint8Array }[] = []
    const prefix = init.vault.key(TABLE.log, u32(init.number))
    for await (const [, row] of init.vault.under(prefix)) {
      const nameBytes = row[0]!
      const name = fromUtf8(row.subarray(1, 1 + nameBytes)) ?? ''
      records.push({ name, value: row.subarray(1 + nameBytes) })
    }
    conversation.#log = loadLog(conversation.#terms(), records)
    return conversation
  }

  get log(): LogState {
    return this.#log
  }

  #terms(): LogState['terms'] {
    const { own } = this.#init
    const participants = [own.identity, this.peer]
    return {
      conversation: this.id,
      own,
      authority: { kind: 'sessions', participants },
      history: 'whole',
    }
  }

  /** Takes an entry in. What it returns is told to nobody before the draft is written. */
  async receive(draft: Draft, arrival: Arrival): Promise<readonly ConversationEffect[]> {
    const { crypto } = this.#init
    let outcome: Outcome | null = receive(this.#log, crypto, arrival)
    if (outcome?.kind === 'look-up') {
      outcome = receive(this.#log, crypto, arrival, await this.#find(outcome.need))
    }
    if (outcome?.kind !== 'done') return []
    this.apply(draft, outcome.changes, outcome.effects)
    return outcome.effects
  }

  apply(
    draft: Draft,
    changes: readonly Change[],
    effects: readonly ConversationEffect[] = [],
  ): void {
    applyChanges(this.#log, changes)
    for (const change of changes) {
      // Where entries are is in the index of the shelf.
      if (change.kind === 'place') continue
      this.#changes.set(changeName(change), change)
    }
    for (const effect of effects) if (effect.kind === 'append') this.shelf.add(effect.placed)
    if (changes.length + effects.length > 0) draft.changed(this)
  }

  changeSummary(draft: Draft, change: Partial<Summary>): void {
    Object.assign(this.summary, change)
    this.#isSummaryChanged = true
    draft.changed(this)
  }

  marksOf(reader: Author): ReaderMarks {
    const identity = toHex(reader.identity)
    const device = toHex(reader.device)
    const known = this.summary.readers.find(
      (marks) => marks.identity === identity && marks.device === device,
    )
    if (known !== undefined) return known
    const fresh: ReaderMarks = { identity, device, delivered: [], read: [] }
    this.summary.readers.push(fresh)
    return fresh
  }

  ownChain() {
    return this.#log.chains.get(chainKey(this.#init.own)) ?? null
  }

  /**
   * Goes on after a number that others have an entry of ours for. What comes next does not continue
   * what they have, and is shown with a mark. False for a number that is too far ahead.
   */
  skipOwn(draft: Draft, sequence: number): boolean {
    const chain = this.ownChain()
    const last = chain?.runs.at(-1)
    if (chain === null || last === undefined) return false
    if (sequence <= last.to || sequence > last.to + SET_BACK_ENTRIES_MAX) return false
    const { crypto } = this.#init
    const unknown = { previous: crypto.randomBytes(32), hash: crypto.randomBytes(32) }
    const run = { ...last, ...unknown, from: sequence, to: sequence }
    // Right behind the last one it joins it: the log allows no two stretches that touch.
    const isNext = sequence === last.to + 1
    const runs = isNext
      ? [...chain.runs.slice(0, -1), { ...last, to: sequence, hash: unknown.hash }]
      : [...chain.runs, run]
    const key = chainKey(chain.author)
    this.apply(draft, [{ kind: 'chain', key, chain: { ...chain, runs, ask: null } }])
    return true
  }

  isOwn(author: Author): boolean {
    return equalBytes(author.identity, this.#init.own.identity)
  }

  save(draft: Draft): void {
    const { vault, number } = this.#init
    this.shelf.save(draft)
    for (const change of this.#changes.values()) {
      const { name, value } = recordOf(change)
      const key = vault.key(TABLE.log, u32(number), vault.name(TABLE.log, utf8(name)))
      if (value === null) {
        draft.remove(key)
        continue
      }
      const bytes = utf8(name)
      const row = new Uint8Array(1 + bytes.length + value.length)
      row[0] = bytes.length
      row.set(bytes, 1)
      row.set(value, 1 + bytes.length)
      draft.put(key, row)
    }
    this.#changes.clear()
    if (this.#isSummaryChanged || this.summary.blockNext !== this.shelf.blockNext) {
      this.summary.blockNext = this.shelf.blockNext
      const key = vault.key(TABLE.conversation, u32(number))
      draft.put(key, utf8(JSON.stringify(this.summary)))
      this.#isSummaryChanged = false
    }
  }

  async #find(need: Extract<Outcome, { kind: 'look-up' }>['need']): Promise<Found> {
    const places = new Map<string, Stamp>()
    for (const hash of need.hashes) {
      const row = await this.shelf.rowOf(hash)
      if (row !== null) places.set(hashKey(hash), stampIn(row.order))
    }
    const { slot } = need
    return { slot: slot && (await this.shelf.slot(slot.author, slot.sequence)), places }
  }
}

function changeName(change: Exclude<Change, { kind: 'place' }>): string {
  return change.kind === 'margin' ? 'margin' : `${change.kind} ${change.key}`
}
