// What libp2p keeps: in memory, since peers are remembered elsewhere and the rest is announced
// again, and within bounds, which libp2p's own has none of.
import { type AbortOptions, NotFoundError } from '@libp2p/interface'
import type { Libp2pInit } from 'libp2p'
import { LIBP2P_ENTRIES_MAX } from '../limits.ts'

export type Datastore = NonNullable<Libp2pInit['datastore']>
export type Key = Parameters<Datastore['get']>[0]
type Query = Parameters<Datastore['query']>[0]
type KeyQuery = Parameters<Datastore['queryKeys']>[0]

export interface Pair {
  readonly key: Key
  readonly value: Uint8Array
}

/** The keys under one prefix, with rules of their own. What it refuses, it throws. */
export interface Shelf {
  get(key: Key): Uint8Array | null
  put(key: Key, value: Uint8Array): void
  delete(key: Key): void
  pairs(): Iterable<Pair>
}

/** Keeps what came last. */
export class RecentShelf implements Shelf {
  readonly #pairs = new Map<string, Pair>()
  readonly #countMax: number

  constructor(countMax: number) {
    this.#countMax = countMax
  }

  get(key: Key): Uint8Array | null {
    return this.#pairs.get(key.toString())?.value ?? null
  }

  put(key: Key, value: Uint8Array): void {
    const text = key.toString()
    this.#pairs.delete(text)
    this.#pairs.set(text, { key, value })
    if (this.#pairs.size <= this.#countMax) return
    const [oldest] = this.#pairs.keys()
    if (oldest !== undefined) this.#pairs.delete(oldest)
  }

  delete(key: Key): void {
    this.#pairs.delete(key.toString())
  }

  pairs(): Iterable<Pair> {
    return this.#pairs.values()
  }
}

export class ShelvedDatastore implements Datastore {
  readonly #shelves: readonly (readonly [prefix: string, shelf: Shelf])[]
  readonly #rest = new RecentShelf(LIBP2P_ENTRIES_MAX)

  constructor(shelves: readonly (readonly [prefix: string, shelf: Shelf])[]) {
    this.#shelves = shelves
  }

  // Each of these is async, so that what a shelf throws becomes a rejection.

  async has(key: Key): Promise<boolean> {
    return this.#shelfOf(key.toString()).get(key) !== null
  }

  async get(key: Key): Promise<Uint8Array> {
    const value = this.#shelfOf(key.toString()).get(key)
    if (value === null) throw new NotFoundError('nothing is kept under this key')
    return value
  }

  async put(key: Key, value: Uint8Array): Promise<Key> {
    this.#shelfOf(key.toString()).put(key, value)
    return key
  }

  async delete(key: Key): Promise<void> {
    this.#shelfOf(key.toString()).delete(key)
  }

  async *putMany(source: AsyncIterable<Pair> | Iterable<Pair>): AsyncGenerator<Key> {
    for await (const { key, value } of source) yield await this.put(key, value)
  }

  async *getMany(source: AsyncIterable<Key> | Iterable<Key>): AsyncGenerator<Pair> {
    for await (const key of source) yield { key, value: await this.get(key) }
  }

  async *deleteMany(source: AsyncIterable<Key> | Iterable<Key>): AsyncGenerator<Key> {
    for await (const key of source) {
      await this.delete(key)
      yield key
    }
  }

  batch(): ReturnType<Datastore['batch']> {
    const steps: (() => Promise<unknown>)[] = []
    return {
      put: (key: Key, value: Uint8Array) => void steps.push(() => this.put(key, value)),
      delete: (key: Key) => void steps.push(() => this.delete(key)),
      commit: async () => {
        for (const step of steps.splice(0)) await step()
      },
    }
  }

  async *query(query: Query, _options?: AbortOptions): AsyncGenerator<Pair> {
    yield* select(this.#under(query.prefix), query)
  }

  async *queryKeys(query: KeyQuery, _options?: AbortOptions): AsyncGenerator<Key> {
    yield* select(
      this.#under(query.prefix).map(({ key }) => key),
      query,
    )
  }

  #shelfOf(key: string): Shelf {
    return this.#shelves.find(([prefix]) => key.startsWith(prefix))?.[1] ?? this.#rest
  }

  #under(prefix = '/'): Pair[] {
    const pairs: Pair[] = []
    for (const [shelfPrefix, shelf] of [...this.#shelves, ['/', this.#rest] as const]) {
      if (!prefix.startsWith(shelfPrefix) && !shelfPrefix.startsWith(prefix)) continue
      for (const pair of shelf.pairs()) if (pair.key.toString().startsWith(prefix)) pairs.push(pair)
    }
    return pairs
  }
}

interface Selection<T> {
  readonly filters?: readonly ((item: T) => boolean)[]
  readonly orders?: readonly ((a: T, b: T) => -1 | 0 | 1)[]
  readonly offset?: number
  readonly limit?: number
}

function select<T>(items: readonly T[], { filters, orders, offset = 0, limit }: Selection<T>): T[] {
  const kept = items.filter((item) => (filters ?? []).every((fits) => fits(item)))
  for (const order of orders ?? []) kept.sort(order)
  return kept.slice(offset, limit === undefined ? undefined : offset + limit)
}
