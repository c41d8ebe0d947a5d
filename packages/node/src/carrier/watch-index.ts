// Which watches an envelope concerns, without asking each of them.
import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { Selector } from '@ezchat/protocol/request/selector.ts'

/** By what they select: a mailbox, the beginning of mailboxes, or a shard. */
export class WatchIndex<T> {
  readonly #byMailbox = new Map<string, Set<T>>()
  /** By length, so that an envelope is looked up once for each length that is in use. */
  readonly #byPrefix = new Map<number, Map<string, Set<T>>>()
  readonly #byShard = new Map<number, Set<T>>()

  add(selector: Selector, watch: T): void {
    if (selector.kind === 'shard') addTo(this.#byShard, selector.shard, watch)
    else if (selector.kind === 'prefix') {
      const { length } = selector.prefix
      const prefixes = this.#byPrefix.get(length) ?? new Map<string, Set<T>>()
      this.#byPrefix.set(length, prefixes)
      addTo(prefixes, toHex(selector.prefix), watch)
    } else for (const mailbox of selector.mailboxes) addTo(this.#byMailbox, toHex(mailbox), watch)
  }

  remove(selector: Selector, watch: T): void {
    if (selector.kind === 'shard') removeFrom(this.#byShard, selector.shard, watch)
    else if (selector.kind === 'prefix') {
      const { length } = selector.prefix
      const prefixes = this.#byPrefix.get(length)
      if (prefixes === undefined) return
      removeFrom(prefixes, toHex(selector.prefix), watch)
      if (prefixes.size === 0) this.#byPrefix.delete(length)
    } else
      for (const mailbox of selector.mailboxes) removeFrom(this.#byMailbox, toHex(mailbox), watch)
  }

  /** Each once for one envelope: a watch has one selector. */
  *of(arrived: { readonly shard: number; readonly mailbox: Uint8Array }): Generator<T> {
    // Most carriers have nobody who asks by mailbox.
    if (this.#byMailbox.size + this.#byPrefix.size > 0) yield* this.#ofMailbox(arrived.mailbox)
    yield* this.#byShard.get(arrived.shard) ?? []
  }

  *#ofMailbox(mailbox: Uint8Array): Generator<T> {
    const name = toHex(mailbox)
    yield* this.#byMailbox.get(name) ?? []
    for (const [length, prefixes] of this.#byPrefix) {
      yield* prefixes.get(name.slice(0, length * 2)) ?? []
    }
  }
}

function addTo<K, T>(map: Map<K, Set<T>>, key: K, watch: T): void {
  const watches = map.get(key) ?? new Set()
  map.set(key, watches.add(watch))
}

function removeFrom<K, T>(map: Map<K, Set<T>>, key: K, watch: T): void {
  const watches = map.get(key)
  watches?.delete(watch)
  if (watches?.size === 0) map.delete(key)
}
