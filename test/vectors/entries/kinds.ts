import { equalBytes, toHex } from '@ezchat/protocol/codec/bytes.ts'
import { decodeContent, encodeContent } from '@ezchat/protocol/conversation/content.ts'
import { turnsDirection } from '@ezchat/protocol/conversation/message-text.ts'
import { assert } from '@ezchat/protocol/errors.ts'
import { bytes, number } from '../input.ts'
import type { Entries, Json, JsonObject } from '../vector.ts'

function print(value: unknown): Json {
  if (value instanceof Uint8Array) return toHex(value)
  if (Array.isArray(value)) return value.map(print)
  if (typeof value !== 'object' || value === null) return value as Json
  const fields = Object.entries(value)
  const [identity, device] = ['identity', 'device'].map((name) => Reflect.get(value, name))
  if (fields.length === 2 && identity !== undefined && device !== undefined) {
    return toHex(identity) + toHex(device)
  }
  return Object.fromEntries(fields.map(([name, field]) => [name, print(field)]))
}

export const entries: Entries = {
  decode(input) {
    const raw = bytes(input, 'content')
    const content = decodeContent(number(input, 'kind'), raw)
    if (content === null) return null
    const again = encodeContent(content)
    assert(equalBytes(again.content, raw), 'a content has a second form')
    const printed = print(content) as JsonObject
    const isTurning = content.kind === 'text' && turnsDirection(content.text)
    return isTurning ? { ...printed, turnsDirection: true } : printed
  },
}
