// What one knows of a contact, on all of one's devices: device.md §7.
import { isPlainName, readName, writeName } from '../codec/plain-text.ts'
import { Writer } from '../codec/writer.ts'
import { DOOR_SECRET_BYTES, RECORD_NAME_BYTES_MAX } from '../constants.ts'
import { Secret } from '../crypto/secret.ts'
import { assert } from '../errors.ts'
import { decodeFields, encodeFields, readField, type TaggedFields } from './tagged-fields.ts'

const TAGS = { petname: 1, flags: 2, doorSecret: 3, homeShard: 4, addedSeconds: 5 } as const
const FLAG_BITS = { verified: 1, blocked: 2, muted: 4 } as const
const FLAG_BITS_ALL = 7

export interface Contact {
  /** Empty where the owner has given none. */
  readonly petname: string
  /** Safety numbers were compared. */
  readonly isVerified: boolean
  readonly isBlocked: boolean
  readonly isMuted: boolean
  /** Of the contact's door that we were given; null for the bare one, or none. */
  readonly doorSecret: Secret | null
  readonly homeShard: number | null
  readonly addedSeconds: number
  /** Fields of later versions. */
  readonly unknown: TaggedFields
}

export const NEW_CONTACT: Contact = {
  petname: '',
  isVerified: false,
  isBlocked: false,
  isMuted: false,
  doorSecret: null,
  homeShard: null,
  addedSeconds: 0,
  unknown: new Map(),
}

const flagsOf = ({ isVerified, isBlocked, isMuted }: Contact): number =>
  (isVerified ? FLAG_BITS.verified : 0) |
  (isBlocked ? FLAG_BITS.blocked : 0) |
  (isMuted ? FLAG_BITS.muted : 0)

function field(writer: Writer): Secret {
  return Secret.adopt(writer.finish())
}

export function encodeContact(contact: Contact): Secret {
  const { petname, doorSecret, homeShard, addedSeconds } = contact
  assert(isPlainName(petname, RECORD_NAME_BYTES_MAX), 'expected a short, plain name')
  const fields = new Map(contact.unknown)
  if (petname !== '') {
    const writer = new Writer()
    writeName(writer, petname, RECORD_NAME_BYTES_MAX)
    fields.set(TAGS.petname, field(writer))
  }
  const flags = flagsOf(contact)
  if (flags !== 0) fields.set(TAGS.flags, field(new Writer().u8(flags)))
  if (doorSecret !== null) {
    const writer = new Writer().bytes(doorSecret.reveal(), DOOR_SECRET_BYTES)
    fields.set(TAGS.doorSecret, field(writer))
  }
  if (homeShard !== null) fields.set(TAGS.homeShard, field(new Writer().u16(homeShard)))
  if (addedSeconds !== 0) fields.set(TAGS.addedSeconds, field(new Writer().u32(addedSeconds)))
  return encodeFields(fields)
}

export function decodeContact(value: Secret): Contact {
  const fields = decodeFields(value)
  const petname = readField(fields, TAGS.petname, '', (reader) =>
    readName(reader, RECORD_NAME_BYTES_MAX),
  )
  const flags = readField(fields, TAGS.flags, 0, (reader) =>
    reader.within(reader.u8(), 0, FLAG_BITS_ALL, 'flags'),
  )
  const doorSecret = readField<Secret | null>(fields, TAGS.doorSecret, null, (reader) =>
    Secret.copy(reader.bytes(DOOR_SECRET_BYTES)),
  )
  const homeShard = readField<number | null>(fields, TAGS.homeShard, null, (reader) => reader.u16())
  const addedSeconds = readField(fields, TAGS.addedSeconds, 0, (reader) => reader.u32())
  return {
    petname,
    isVerified: (flags & FLAG_BITS.verified) !== 0,
    isBlocked: (flags & FLAG_BITS.blocked) !== 0,
    isMuted: (flags & FLAG_BITS.muted) !== 0,
    doorSecret,
    homeShard,
    addedSeconds,
    unknown: fields,
  }
}
