import { fromHex, toHex } from '@ezchat/protocol/codec/bytes.ts'
import { assert } from '@ezchat/protocol/errors.ts'
import {
  addToDigest,
  type DayDigest,
  decodeDigest,
  emptyDigest,
  encodeDigest,
  fingerprintOf,
  rootOf,
} from '@ezchat/protocol/sync/digest.ts'
import { decodeSyncMessage } from '@ezchat/protocol/sync/message.ts'
import { bytes, list, number } from '../input.ts'
import type { Entries, Json, JsonObject } from '../vector.ts'

/** `set` is { day: [ids] }. */
function digestsOf(input: JsonObject): DayDigest[] {
  const set = input.set as { [day: string]: string[] }
  return Object.entries(set).map(([day, ids]) => {
    const digest = emptyDigest()
    for (const id of ids) addToDigest(digest, fromHex(id))
    return { day: Number(day), digest }
  })
}

function printable(value: unknown): Json {
  if (value instanceof Uint8Array) return toHex(value)
  if (Array.isArray(value)) return value.map(printable)
  if (typeof value !== 'object' || value === null) return value as Json
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, printable(field)]))
}

export const entries: Entries = {
  digest(input) {
    const digest = emptyDigest()
    for (const id of list(input, 'ids')) addToDigest(digest, id)
    return toHex(encodeDigest(digest))
  },
  storedDigest: (input) => toHex(encodeDigest(decodeDigest(bytes(input, 'digest')))),
  root: (input, crypto) =>
    toHex(rootOf(crypto, number(input, 'shard'), bytes(input, 'initiatorSalt'), digestsOf(input))),
  fingerprint(input, crypto) {
    const [day] = digestsOf(input)
    assert(day !== undefined, 'vector input set: expected a day')
    const salts = [bytes(input, 'initiatorSalt'), bytes(input, 'responderSalt')] as const
    return toHex(fingerprintOf(crypto, salts, day))
  },
  decode: (input) => printable(decodeSyncMessage(bytes(input, 'message'))),
}
