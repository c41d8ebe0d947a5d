// Two stores of envelope ids that differ in known places, as every method of reconciliation gets
// them, and what a method reports.

export const ID_BYTES = 32
const WORDS = ID_BYTES / 4
const FIRST_DAY = 20_000
const DAYS = 31
const STEP_SECONDS = 600
const STEPS_A_DAY = 86_400 / STEP_SECONDS

export interface Population {
  /** Ids that both stores hold. */
  readonly n: number
  /** Ids that one of them lacks: half of them the one, half the other. */
  readonly d: number
  readonly seed: number
}

/** Sorted by (timestamp, id): what a store with ordered keys reads in order, at no cost. */
export interface IdStore {
  readonly count: number
  /** `count` × 32 bytes. */
  readonly ids: Uint8Array
  readonly timestamps: Uint32Array
}

export interface TwoStores {
  readonly initiator: IdStore
  readonly responder: IdStore
  /** Hexadecimal, ascending. */
  readonly initiatorOnly: readonly string[]
  readonly responderOnly: readonly string[]
}

export interface SyncReport {
  readonly bytes: number
  readonly roundTrips: number
  readonly cpuSecondsInitiator: number
  readonly cpuSecondsResponder: number
  /** Whether the initiator now knows exactly what differs. */
  readonly ok: boolean
}

/** Xorshift with 128 bits of state: as good as hashes for this, and fast. */
function wordsFrom(seed: number): () => number {
  let x = seed ^ 0x9e3779b9
  let y = 0x243f6a88
  let z = 0xb7e15162
  let w = 0xdeadbeef
  return () => {
    const t = x ^ (x << 11)
    x = y
    y = z
    z = w
    w = w ^ (w >>> 19) ^ t ^ (t >>> 8)
    return w >>> 0
  }
}

export function makeStores({ n, d, seed }: Population): TwoStores {
  const next = wordsFrom(seed)
  for (let i = 0; i < 64; i++) next()
  const words = Uint32Array.from({ length: (n + d) * WORDS }, next)
  const ids = new Uint8Array(words.buffer)
  const timestamps = Uint32Array.from(
    { length: n + d },
    () => FIRST_DAY * 86_400 + (next() % (DAYS * STEPS_A_DAY)) * STEP_SECONDS,
  )
  const half = Math.ceil(d / 2)
  const range = (from: number, end: number): number[] =>
    Array.from({ length: end - from }, (_, at) => from + at)
  const only = (from: number, end: number): string[] =>
    range(from, end)
      .map((item) => hexOf(ids, item))
      .sort()
  const all: IdStore = { count: n + d, ids, timestamps }
  return {
    initiator: pick(all, n, n + half),
    responder: pick(all, n + half, n + d, n),
    initiatorOnly: only(n, n + half),
    responderOnly: only(n + half, n + d),
  }
}

export function hexOf(ids: Uint8Array, item: number): string {
  return Buffer.from(ids.buffer, ids.byteOffset + item * ID_BYTES, ID_BYTES).toString('hex')
}

/** The first `shared` items and those from `from` to `end`, in order. */
function pick(all: IdStore, from: number, end: number, shared = from): IdStore {
  const count = shared + end - from
  const source = (at: number): number => (at < shared ? at : at - shared + from)
  const view = new DataView(all.ids.buffer, all.ids.byteOffset, all.ids.length)
  const firstStep = (FIRST_DAY * 86_400) / STEP_SECONDS
  const order = sortedOrder(
    count,
    (at) => {
      const step = all.timestamps[source(at)]! / STEP_SECONDS - firstStep
      return step * 0x80000 + (view.getUint32(source(at) * ID_BYTES) >>> 13)
    },
    (a, b) => compareIds(all.ids, source(a), all.ids, source(b)),
  )
  const ids = new Uint8Array(count * ID_BYTES)
  const timestamps = new Uint32Array(count)
  for (let place = 0; place < count; place++) {
    const item = source(order[place]!)
    ids.set(all.ids.subarray(item * ID_BYTES, (item + 1) * ID_BYTES), place * ID_BYTES)
    timestamps[place] = all.timestamps[item]!
  }
  return { count, ids, timestamps }
}

/** Sorts by a prefix of at most 32 bits, then by comparing neighbours. For up to 2 Mi items. */
export function sortedOrder(
  count: number,
  prefixOf: (item: number) => number,
  compare: (a: number, b: number) => number,
): Uint32Array {
  const keys = Float64Array.from({ length: count }, (_, item) => prefixOf(item) * 0x200000 + item)
  keys.sort()
  const order = Uint32Array.from(keys, (key) => key % 0x200000)
  for (let place = 1; place < count; place++) {
    for (let at = place; at > 0; at--) {
      const [a, b] = [order[at - 1]!, order[at]!]
      if (keys[at]! - keys[at - 1]! > 0x200000 || compare(a, b) <= 0) break
      order[at - 1] = b
      order[at] = a
    }
  }
  return order
}

export function compareIds(a: Uint8Array, itemA: number, b: Uint8Array, itemB: number): number {
  for (let i = 0; i < ID_BYTES; i++) {
    const difference = a[itemA * ID_BYTES + i]! - b[itemB * ID_BYTES + i]!
    if (difference !== 0) return difference
  }
  return 0
}

/** Runs one side's work and adds its processor time to that side's account. */
export class CpuAccounts {
  readonly seconds = { initiator: 0, responder: 0 }

  charge<T>(side: 'initiator' | 'responder', work: () => T): T {
    const before = process.cpuUsage()
    const result = work()
    const { user, system } = process.cpuUsage(before)
    this.seconds[side] += (user + system) / 1e6
    return result
  }
}

export function isExactly(found: Iterable<string>, expected: readonly string[]): boolean {
  const ascending = [...found].sort()
  return ascending.length === expected.length && ascending.every((id, at) => id === expected[at])
}
