// The id of an entry as people and programs write it.
import { fromHex, toHex } from '@ezchat/protocol/codec/bytes.ts'
import { Failure } from '@ezchat/protocol/control/failures.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

export function formatUuid(id: Uint8Array): string {
  const hex = toHex(id)
  const cuts = [0, 8, 12, 16, 20, 32]
  return cuts
    .slice(1)
    .map((end, at) => hex.slice(cuts[at], end))
    .join('-')
}

export function parseUuid(text: string): Uint8Array {
  if (!UUID.test(text)) throw new Failure('BAD_PARAMS', 'this is no id of a message')
  return fromHex(text.replaceAll('-', ''))
}
