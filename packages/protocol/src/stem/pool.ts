// Bounded memory for envelopes on the stem: those that await receipts, and what is remembered
// about the others. stem.md §8.
import {
  STEM_ENTRY_BYTES,
  STEM_MEMORY_COUNT_MAX,
  STEM_MEMORY_MS,
  STEM_OWN_BYTES_MAX,
  STEM_POOL_BYTES_MAX,
  STEM_POOL_PEER_BYTES_MAX,
} from '../limits.ts'
import { dueAtMs, type Entry, isOwn, newPass, type Pass } from './entry.ts'
import type { Source } from './epoch.ts'

export type ActiveEntry = Entry & { pass: Pass }

const costOf = (envelopeBytes: number): number => envelopeBytes + STEM_ENTRY_BYTES

export class Pool {
  readonly #active = new Map<string, ActiveEntry>()
  /** The key's order is that of leaving. */
  readonly #remembered = new Map<string, { readonly entry: Entry; readonly untilMs: number }>()
  readonly #bytesBySource = new Map<Source, number>()
  #othersBytes = 0

  find(key: string): Entry | undefined {
    return this.#active.get(key) ?? this.#remembered.get(key)?.entry
  }

  active(key: string): ActiveEntry | undefined {
    return this.#active.get(key)
  }

  activeEntries(): IterableIterator<ActiveEntry> {
    return this.#active.values()
  }

  get activeCount(): number {
    return this.#active.size
  }

  get rememberedCount(): number {
    return this.#remembered.size
  }

  get othersBytes(): number {
    return this.#othersBytes
  }

  bytesOf(source: Source): number {
    return this.#bytesBySource.get(source) ?? 0
  }

  /**
   * Those who must leave so that an envelope of this source fits, or null when it must wait
   * outside. Own ones never leave for others, and others never for own ones.
   */
  makeRoom(source: Source, envelopeBytes: number): readonly ActiveEntry[] | null {
    const cost = costOf(envelopeBytes)
    const held = this.bytesOf(source)
    if (source === null) return held + cost <= STEM_OWN_BYTES_MAX ? [] : null
    if (held + cost > STEM_POOL_PEER_BYTES_MAX) return null
    const excess = this.#othersBytes + cost - STEM_POOL_BYTES_MAX
    if (excess <= 0) return []
    const [heaviest, most] = this.#heaviest()
    // Without a clear difference neighbours would push each other's envelopes out for ever.
    if (most < held + 2 * cost) return null
    return this.#newestOf(heaviest, excess)
  }

  /** Begins a pass. The caller has made room. */
  activate(entry: Entry, envelope: Uint8Array, payer: Source): ActiveEntry {
    const active = Object.assign(entry, { pass: newPass(envelope, payer) })
    this.#remembered.delete(entry.key)
    this.#active.set(entry.key, active)
    this.#charge(payer, costOf(envelope.length))
    return active
  }

  /** Ends the pass: the envelope is let go, the way back is kept for a while. */
  remember(entry: ActiveEntry, nowMs: number): void {
    this.drop(entry)
    if (this.#remembered.size >= STEM_MEMORY_COUNT_MAX) {
      const [oldest] = this.#remembered.keys()
      if (oldest !== undefined) this.#remembered.delete(oldest)
    }
    this.#remembered.set(entry.key, { entry, untilMs: nowMs + STEM_MEMORY_MS })
  }

  drop(entry: ActiveEntry): void {
    const { payer, envelope } = entry.pass
    this.#active.delete(entry.key)
    this.#charge(payer, -costOf(envelope.length))
    const inactive: Entry = entry
    inactive.pass = null
  }

  expire(nowMs: number): void {
    for (const [key, { untilMs }] of this.#remembered) {
      if (untilMs > nowMs) return
      this.#remembered.delete(key)
    }
  }

  nextDueAtMs(): number {
    let next = Number.POSITIVE_INFINITY
    for (const { pass } of this.#active.values()) next = Math.min(next, dueAtMs(pass))
    return next
  }

  #charge(source: Source, bytes: number): void {
    const held = this.bytesOf(source) + bytes
    if (held === 0) this.#bytesBySource.delete(source)
    else this.#bytesBySource.set(source, held)
    if (source !== null) this.#othersBytes += bytes
  }

  #heaviest(): readonly [source: Source, bytes: number] {
    let heaviest: readonly [Source, number] = [null, 0]
    for (const [source, bytes] of this.#bytesBySource) {
      if (source !== null && bytes > heaviest[1]) heaviest = [source, bytes]
    }
    return heaviest
  }

  #newestOf(source: Source, bytes: number): readonly ActiveEntry[] | null {
    const leaving: ActiveEntry[] = []
    let freed = 0
    const theirs = [...this.#active.values()].filter(({ pass }) => pass.payer === source)
    for (const entry of theirs.reverse()) {
      if (freed >= bytes) break
      if (isOwn(entry)) continue
      leaving.push(entry)
      freed += costOf(entry.pass.envelope.length)
    }
    return freed >= bytes ? leaving : null
  }
}
