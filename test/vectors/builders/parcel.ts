// Parcels, put together by hand.
import { concatBytes, toHex, utf8 } from '@ezchat/protocol/codec/bytes.ts'
import { ERROR_TABLE, type ErrorCode } from '@ezchat/protocol/errors.ts'
import { sha256 } from '@noble/hashes/sha2.js'
import type { Json, Vector } from '../vector.ts'

const bytesOf = (name: string, length = 32): Uint8Array =>
  sha256(utf8(`vector parcel: ${name}`)).slice(0, length)
const u8 = (...numbers: readonly number[]): Uint8Array => Uint8Array.from(numbers)
const u16 = (number: number): Uint8Array => u8(number >> 8, number & 0xff)
const u32 = (number: number): Uint8Array => concatBytes(u16(number >>> 16), u16(number & 0xffff))
const prefixed = (bytes: Uint8Array): Uint8Array => concatBytes(u16(bytes.length), bytes)

const OWN = bytesOf('own head')
const YOURS = bytesOf('your head')
const TOKEN = bytesOf('token', 16)
const DOOR = bytesOf('door')
const IDENTITY = bytesOf('identity')
const HINT = '/ip4/192.0.2.1/tcp/4001'

const heads = (version = 1, flags = 1): Uint8Array =>
  concatBytes(u8(version, flags), u32(3), OWN, flags & 1 ? concatBytes(u32(7), YOURS) : u8())

const item = (kind: number, bytes: Uint8Array): Uint8Array => concatBytes(u8(kind), prefixed(bytes))

interface Introduction {
  readonly version: number
  readonly flags: number
  readonly hints: readonly string[]
  readonly name: string
  readonly rest: Uint8Array
}

function introduction(lie: Partial<Introduction> = {}): Uint8Array {
  const { version, flags, hints, name, rest } = {
    ...{ version: 1, flags: 3, hints: [HINT], name: 'alice', rest: u8() },
    ...lie,
  }
  return concatBytes(
    u8(version, flags),
    flags & 1 ? TOKEN : u8(),
    flags & 2 ? DOOR : u8(),
    u16(5),
    u8(hints.length),
    ...hints.map((hint) => prefixed(utf8(hint))),
    prefixed(utf8(name)),
    rest,
  )
}

const ENTRY = utf8('an entry is not decoded here')
const HEADS: Json = {
  own: { seq: 3, hash: toHex(OWN) },
  yours: { seq: 7, hash: toHex(YOURS) },
}
const INTRODUCED: Json = {
  kind: 'introduction',
  token: toHex(TOKEN),
  doorSecret: toHex(DOOR),
  homeShard: 5,
  hints: [HINT],
  name: 'alice',
}

const sentence = (note: string): string => `${note[0]!.toUpperCase()}${note.slice(1)}.`

function ok(name: string, note: string, parcel: Uint8Array, output: Json): Vector {
  const input = { parcel: toHex(parcel) }
  const said = sentence(note)
  return { format: 'parcel', name, note: said, entry: 'decode', input, expect: 'ok', output }
}

function refused(name: string, note: string, code: ErrorCode, parcel: Uint8Array): Vector {
  const expect = ERROR_TABLE.get(code)!.failure
  const input = { parcel: toHex(parcel) }
  const said = sentence(note)
  return { format: 'parcel', name, note: said, entry: 'decode', input, expect, code }
}

function read(): Vector[] {
  const whole = concatBytes(
    heads(),
    item(2, introduction()),
    item(1, ENTRY),
    item(3, concatBytes(u32(2), u16(1), prefixed(ENTRY))),
    item(4, concatBytes(IDENTITY, ENTRY)),
  )
  const entry = { kind: 'entry', bytes: toHex(ENTRY) }
  const log = { kind: 'log', seq: 2, entries: [toHex(ENTRY)] }
  const copy = { kind: 'copy', identityKey: toHex(IDENTITY), bytes: toHex(ENTRY) }
  const again = (bytes: Uint8Array): Json => toHex(bytes)
  const bare = concatBytes(heads(1, 0), item(2, introduction({ flags: 0, hints: [], name: '' })))
  const unknown = concatBytes(heads(), item(200, ENTRY), item(1, ENTRY))
  const most = concatBytes(heads(), ...Array.from({ length: 16 }, () => item(1, u8())))
  const short = { kind: 'introduction', token: null, doorSecret: null, homeShard: 5 }
  return [
    ok('all-kinds', 'one item of each kind, in the order in which they were written', whole, {
      heads: HEADS,
      items: [INTRODUCED, entry, log, copy],
      again: again(whole),
    }),
    ok('heads-alone', 'no item at all is a parcel too', heads(), {
      heads: HEADS,
      items: [],
      again: again(heads()),
    }),
    ok('nothing-optional', 'one head, and an introduction without token, door and hints', bare, {
      heads: { own: { seq: 3, hash: toHex(OWN) }, yours: null },
      items: [{ ...short, hints: [], name: '' }],
      again: again(bare),
    }),
    ok('unknown-kind', 'an item of a later version is passed over, and the next is read', unknown, {
      heads: HEADS,
      items: [entry],
      again: again(concatBytes(heads(), item(1, ENTRY))),
    }),
    ok('items-at-limit', 'sixteen items are allowed', most, {
      heads: HEADS,
      items: Array.from({ length: 16 }, () => ({ kind: 'entry', bytes: '' })),
      again: again(most),
    }),
  ]
}

function introductionDefects(): Vector[] {
  const introduced = (lie: Partial<Introduction>): Uint8Array =>
    concatBytes(heads(), item(2, introduction(lie)))
  return [
    refused(
      'introduction-version',
      'an introduction of a later form cannot be read',
      'PARCEL_VERSION',
      introduced({ version: 2 }),
    ),
    refused(
      'introduction-flags',
      'an unknown flag may mean that fields follow which we cannot place',
      'PARCEL_FIELD',
      introduced({ flags: 7 }),
    ),
    refused(
      'introduction-trailing',
      'a byte more would be a second form of the same',
      'PARCEL_TRAILING',
      introduced({ rest: u8(0) }),
    ),
    refused(
      'introduction-hints',
      'five hints are more than anybody needs',
      'PARCEL_LIMIT',
      introduced({ hints: [1, 2, 3, 4, 5].map((n) => `/ip4/192.0.2.${n}/tcp/1`) }),
    ),
    refused(
      'introduction-hint-text',
      'a hint that is no multiaddr is of no use',
      'PARCEL_TEXT',
      introduced({ hints: ['example'] }),
    ),
    refused(
      'introduction-hint-twice',
      'the same hint twice is a second form of one list',
      'PARCEL_ORDER',
      introduced({ hints: [HINT, HINT] }),
    ),
    refused(
      'introduction-name',
      'a name with a line break could be taken for another line',
      'PARCEL_TEXT',
      introduced({ name: 'a\nb' }),
    ),
  ]
}

function defects(): Vector[] {
  const one = concatBytes(heads(), item(1, ENTRY))
  const tooMany = Array.from({ length: 129 }, () => item(1, u8()))
  const log = (bytes: Uint8Array): Uint8Array => concatBytes(heads(), item(3, bytes))
  return [
    refused('empty', 'nothing says whose log is where', 'PARCEL_TRUNCATED', u8()),
    refused('heads-cut', 'a second head is promised', 'PARCEL_TRUNCATED', heads().slice(0, 73)),
    refused('heads-version', 'heads of another version cannot be read', 'DEVICE_VERSION', heads(2)),
    refused(
      'heads-flags',
      'an unknown flag in the heads may mean that a head follows',
      'DEVICE_FIELD',
      heads(1, 3),
    ),
    refused('item-cut', 'an item ends before its length', 'PARCEL_TRUNCATED', one.slice(0, -1)),
    refused(
      'kind-alone',
      'a kind without a length is no item',
      'PARCEL_TRUNCATED',
      concatBytes(heads(), u8(1)),
    ),
    refused(
      'items-over',
      '129 items are more than one message holds',
      'PARCEL_LIMIT',
      concatBytes(heads(), ...tooMany),
    ),
    ...introductionDefects(),
    refused(
      'log-cut',
      'a list that ends early lacks what it promised',
      'PARCEL_TRUNCATED',
      log(concatBytes(u32(0), u16(1))),
    ),
    refused(
      'log-trailing',
      'a byte behind the list is no part of it',
      'PARCEL_TRAILING',
      log(concatBytes(u32(0), u16(0), u8(0))),
    ),
    refused(
      'copy-cut',
      'a copy does not say of whose conversation it is',
      'PARCEL_TRUNCATED',
      concatBytes(heads(), item(4, u8(1))),
    ),
  ]
}

export function build(): Vector[] {
  return [...read(), ...defects()]
}
