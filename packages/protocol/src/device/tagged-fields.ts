// Values that later versions add fields to, and earlier ones hand on whole: device.md §7.
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import { REGISTER_FIELDS_MAX, REGISTER_VALUE_BYTES_MAX, REGISTER_VERSION } from '../constants.ts'
import { Secret } from '../crypto/secret.ts'
import { ProtocolError } from '../errors.ts'

/** By tag. Secrets, since some of them are. */
export type TaggedFields = ReadonlyMap<number, Secret>

export function encodeFields(fields: TaggedFields): Secret {
  const writer = new Writer(256).u8(REGISTER_VERSION).u8(fields.size)
  for (const [tag, field] of [...fields].sort(([a], [b]) => a - b)) {
    writer.u8(tag).prefixed(field.reveal(), REGISTER_VALUE_BYTES_MAX)
  }
  return Secret.adopt(writer.finish())
}

export function decodeFields(value: Secret): Map<number, Secret> {
  const reader = new Reader(value.reveal(), 'REGISTER')
  reader.version(REGISTER_VERSION)
  const count = reader.u8()
  if (count > REGISTER_FIELDS_MAX) reader.fail('LIMIT', `${count} fields`)
  const fields = new Map<number, Secret>()
  let last = 0
  for (let i = 0; i < count; i++) {
    const tag = reader.u8()
    if (tag <= last) reader.fail('ORDER', 'fields')
    last = tag
    fields.set(tag, Secret.copy(reader.prefixed(REGISTER_VALUE_BYTES_MAX)))
  }
  reader.end()
  return fields
}

/** A field that says what its absence says would be a second spelling. */
export function readField<T>(
  fields: Map<number, Secret>,
  tag: number,
  absent: T,
  read: (reader: Reader) => T,
): T {
  const field = fields.get(tag)
  if (field === undefined) return absent
  fields.delete(tag)
  const reader = new Reader(field.reveal(), 'REGISTER')
  const value = read(reader)
  reader.end()
  if (value === absent) throw new ProtocolError('REGISTER_FIELD', `field ${tag} says nothing`)
  return value
}
