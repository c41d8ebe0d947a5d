// Walking the keys of a disk: the port `KeyValue`.
import type { KeyValue, KeyValueRow as Row } from '@ezchat/protocol/ports.ts'

export type {
  KeyValue,
  KeyValueOperation as Operation,
  KeyValuePage as Page,
  KeyValueRow as Row,
  KeyValueWriteOptions as WriteOptions,
} from '@ezchat/protocol/ports.ts'

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
