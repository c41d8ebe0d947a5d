// What has happened, numbered and on disk, so that a client that was away misses nothing. Those that
// happened in one write lie in one row; the oldest go when there are too many.
import { fromUtf8, utf8 } from '@ezchat/protocol/codec/bytes.ts'
import { EVENT_ROWS_REMEMBERED_MAX, EVENTS_KEPT_MAX } from '../limits.ts'
import type { Draft, Savable } from './desk.ts'
import { numberIn, TABLE, u64 } from './table.ts'
import type { Vault } from './vault.ts'

/** What happened, by names: what it looks like now is read when somebody asks. */
export type Happening =
  /** conversation, hex of the entry's hash */
  | { readonly kind: 'message'; readonly in: number; readonly hash: string }
  | { readonly kind: 'state'; readonly in: number; readonly hash: string }
  | { readonly kind: 'contact'; readonly identity: string }
  | { readonly kind: 'notice'; readonly text: string; readonly identity: string | null }

export interface NumberedEvent {
  readonly number: number
  readonly atMs: number
  readonly happening: Happening
}

interface Row {
  readonly atMs: number
  readonly happenings: readonly Happening[]
}

export class Events implements Savable {
  readonly #vault: Vault
  readonly #nowMs: () => number
  /** First numbers of the rows on disk. */
  readonly #rows: number[] = []
  /** The newest rows, for whoever watches. */
  readonly #recent = new Map<number, Row>()
  readonly #listeners = new Set<() => void>()
  #waiting: Happening[] = []
  #next = 1
  #messageCount = 0

  private constructor(vault: Vault, nowMs: () => number) {
    this.#vault = vault
    this.#nowMs = nowMs
  }

  static async load(vault: Vault, nowMs: () => number): Promise<Events> {
    const events = new Events(vault, nowMs)
    const prefix = vault.key(TABLE.event)
    let last: Uint8Array | null = null
    for await (const [key, value] of vault.under(prefix)) {
      events.#rows.push(numberIn(key, prefix.length))
      last = value
    }
    if (last !== null) events.#next = events.#rows.at(-1)! + decodeRow(last).happenings.length
    return events
  }

  /** The number of the newest one that is on disk; 0 before the first. */
  get cursor(): number {
    return this.#next - 1
  }

  /** Before it nothing is kept any more. */
  get first(): number {
    return this.#rows[0] ?? this.#next
  }

  /** Since the start, both sides' together. */
  get messageCount(): number {
    return this.#messageCount
  }

  add(draft: Draft, happening: Happening): void {
    this.#waiting.push(happening)
    if (happening.kind === 'message') this.#messageCount++
    draft.changed(this)
  }

  save(draft: Draft): void {
    if (this.#waiting.length === 0) return
    const first = this.#next
    const row: Row = { atMs: this.#nowMs(), happenings: this.#waiting }
    draft.put(this.#keyOf(first), utf8(JSON.stringify(row)))
    const count = this.#waiting.length
    this.#waiting = []
    while (this.#rows.length > 1 && first + count - this.#rows[1]! >= EVENTS_KEPT_MAX) {
      draft.remove(this.#keyOf(this.#rows.shift()!))
    }
    draft.after(() => {
      this.#rows.push(first)
      this.#remember(first, row)
      this.#next = first + count
      for (const listener of this.#listeners) listener()
    })
  }

  async after(cursor: number, countMax: number): Promise<NumberedEvent[]> {
    const found: NumberedEvent[] = []
    // The row with the next number may begin before it.
    let at = this.#rows.findLastIndex((first) => first <= cursor + 1)
    if (at < 0) at = 0
    for (; at < this.#rows.length && found.length < countMax; at++) {
      const first = this.#rows[at]!
      const row = this.#recent.get(first) ?? (await this.#read(first))
      // It has gone since: so have all before it.
      if (row === null) continue
      const { atMs, happenings } = row
      for (const [step, happening] of happenings.entries()) {
        const number = first + step
        if (number > cursor && found.length < countMax) found.push({ number, atMs, happening })
      }
    }
    return found
  }

  onNew(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  #remember(first: number, row: Row): void {
    this.#recent.set(first, row)
    if (this.#recent.size <= EVENT_ROWS_REMEMBERED_MAX) return
    this.#recent.delete(this.#recent.keys().next().value!)
  }

  async #read(first: number): Promise<Row | null> {
    const value = await this.#vault.get(this.#keyOf(first))
    return value === null ? null : decodeRow(value)
  }

  #keyOf(first: number): Uint8Array {
    return this.#vault.key(TABLE.event, u64(first))
  }
}

function decodeRow(value: Uint8Array): Row {
  return JSON.parse(fromUtf8(value) ?? '') as Row
}
