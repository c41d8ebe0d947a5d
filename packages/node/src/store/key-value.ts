// All that the store of envelopes wants of a disk: keys in order, and writes that are all or
// nothing. LevelDB, memory and the simulator's faulty disk are the three that do it.

export interface Page {
  readonly from: Uint8Array
  readonly before: Uint8Array
  readonly countMax: number
  readonly isReverse?: boolean
}

export type Row = readonly [key: Uint8Array, value: Uint8Array]

/** `value` null removes the key. Whoever hands over bytes does not change them until it is done. */
export interface Operation {
  readonly key: Uint8Array
  readonly value: Uint8Array | null
}

export interface WriteOptions {
  /** Resolved means that this write, and every one before it, outlives a loss of power. */
  readonly sync: boolean
}

export interface KeyValue {
  get(key: Uint8Array): Promise<Uint8Array | null>
  getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | null)[]>
  page(page: Page): Promise<Row[]>
  /** Without values, which is faster where there are many. */
  pageKeys(page: Page): Promise<Uint8Array[]>
  /** All or nothing. After a failure nobody knows which, and the disk is not to be trusted. */
  write(operations: readonly Operation[], options: WriteOptions): Promise<void>
  close(): Promise<void>
}

/** The first key behind `key` in any order of bytes. */
export function keyAfter(key: Uint8Array): Uint8Array {
  const after = new Uint8Array(key.length + 1)
  after.set(key)
  return after
}

/** The first key that does not begin with `prefix`. */
export function keyBeyond(prefix: Uint8Array): Uint8Array {
  let end = prefix.length
  while (end > 0 && prefix[end - 1] === 0xff) end--
  const beyond = prefix.slice(0, end)
  if (end > 0) beyond[end - 1]! += 1
  return end > 0 ? beyond : Uint8Array.of(0xff, 0xff)
}

/** Everything under a prefix, in steps. The rows may be removed between two steps. */
export async function* rowsUnder(
  keyValue: KeyValue,
  prefix: Uint8Array,
  countMax: number,
  after: Uint8Array | null = null,
): AsyncGenerator<Row[]> {
  const before = keyBeyond(prefix)
  let from = after === null ? prefix : keyAfter(after)
  for (;;) {
    const rows = await keyValue.page({ from, before, countMax })
    if (rows.length > 0) yield rows
    if (rows.length < countMax) return
    from = keyAfter(rows.at(-1)![0])
  }
}
