import { concatBytes, toHex, utf8 } from '@ezchat/protocol/codec/bytes.ts'
import type { ErrorCode } from '@ezchat/protocol/errors.ts'
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { ed25519, ed25519_hasher } from '@noble/curves/ed25519.js'
import { argon2id } from '@noble/hashes/argon2.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import type { Json, JsonObject, Vector } from '../vector.ts'
import { linkPayload, prefixed, publicOf, secretOf, u8, u32 } from './reference/pieces.ts'
import { verdicts } from './reference/verdict.ts'

const name = verdicts('room', 'name')
const stretch = verdicts('room', 'stretch')
const link = verdicts('room', 'link')
const open = verdicts('room', 'message')
const visit = verdicts('room', 'visit')

const NETWORK_ID = sha256(utf8('vector network'))
const SECRET = secretOf('room')
const FIRST_DAY = 20_454
const DAY = FIRST_DAY + 100
const NOW_SECONDS = DAY * 86_400 + 3600
const NONE = new Uint8Array(0)
const label = (use: string): Uint8Array => utf8(`ezchat/v1/${use}\0`)
const derive = (key: Uint8Array, use: string, ...context: readonly Uint8Array[]) =>
  hkdf(sha256, key, NONE, concatBytes(label(use), ...context), 32)
const roomIdOf = (secret: Uint8Array) =>
  sha256(concatBytes(label('hash/room-tag'), NETWORK_ID, secret))

function keyOf(day: number, secret = SECRET): Uint8Array {
  let key = derive(secret, 'room/day', NETWORK_ID)
  for (let at = FIRST_DAY; at < day; at++) key = derive(key, 'room/next-day')
  return key
}

interface Parts {
  readonly day?: number
  readonly boundDay?: number
  readonly secret?: Uint8Array
  readonly sender?: string
  readonly signer?: string
  readonly counter?: number
  readonly timeSeconds?: number
  readonly kind?: number
  readonly rest?: Uint8Array
}

const ALIAS = prefixed('alice')

function message(parts: Parts = {}): Uint8Array {
  const { day = DAY, secret = SECRET, sender = 'visitor', counter = 0, kind = 4 } = parts
  const bound = concatBytes(u8(1), u8(1), NETWORK_ID, roomIdOf(secret), u32(parts.boundDay ?? day))
  const said = concatBytes(
    publicOf(sender),
    u32(counter),
    u32(parts.timeSeconds ?? NOW_SECONDS),
    u8(kind),
    parts.rest ?? concatBytes(ALIAS, prefixed('hello')),
  )
  const statement = concatBytes(label('sign/room-message'), bound, said)
  const signature = ed25519.sign(statement, secretOf(parts.signer ?? sender))
  const nonce = sha256(said).slice(0, 24)
  const seal = derive(keyOf(day, secret), 'room/sender')
  const sealed = xchacha20poly1305(seal, nonce, bound).encrypt(concatBytes(signature, said))
  return concatBytes(u8(1), u8(1), nonce, sealed)
}

function mailboxOf(day: number): string {
  const point = derive(keyOf(day), 'group/mailbox', NETWORK_ID, u32(day))
  return toHex(ed25519_hasher.hashToCurve(point, { DST: label('group/mailbox') }).toBytes())
}

function output(day: number, saying: string): Json {
  const sender = publicOf('visitor')
  const tag = sha256(concatBytes(label('hash/room-tag'), roomIdOf(SECRET), sender)).slice(0, 8)
  return {
    day,
    mailbox: mailboxOf(day),
    sender: toHex(sender),
    tag: toHex(tag),
    counter: 0,
    timeSeconds: NOW_SECONDS,
    alias: 'alice',
    saying,
  }
}

const input = (message: Uint8Array): JsonObject => ({
  secret: toHex(SECRET),
  networkId: toHex(NETWORK_ID),
  nowSeconds: NOW_SECONDS,
  message: toHex(message),
})

function messages(): Vector[] {
  const good = (title: string, note: string, parts: Parts, day: number, saying: string) =>
    open.good(title, note, input(message(parts)), output(day, saying))
  const bad = (title: string, note: string, defect: string, bytes: Uint8Array) =>
    open.bad(title, note, `ROOM_${defect}` as ErrorCode, input(bytes))
  const one = message()
  const short = (rest: Uint8Array, kind = 4) => message({ kind, rest })
  return [
    good('text', 'Something said today.', {}, DAY, 'text hello'),
    good('enter', 'A visitor who comes in.', { kind: 1, rest: ALIAS }, DAY, 'enter'),
    good('yesterday', 'Clocks differ: yesterday is open.', { day: DAY - 1 }, DAY - 1, 'text hello'),
    good('tomorrow', 'Clocks differ: tomorrow is open.', { day: DAY + 1 }, DAY + 1, 'text hello'),
    open.notMine(
      'day-before-yesterday',
      'Of this day no key is left.',
      input(message({ day: DAY - 2 })),
    ),
    open.notMine('another-room', 'Of another room.', input(message({ secret: secretOf('other') }))),
    open.notMine('another-day', 'Moved to another day.', input(message({ boundDay: DAY - 1 }))),
    open.notMine('changed', 'A changed byte.', input(one.with(40, one[40]! ^ 1))),
    open.notMine('short', 'Too short to be one.', input(one.slice(0, 105))),
    bad('version', 'A version of later.', 'VERSION', one.with(0, 2)),
    bad('suite', 'A suite of later.', 'KIND', one.with(1, 2)),
    bad(
      'too-long',
      'Refused before it is opened.',
      'LIMIT',
      concatBytes(one, new Uint8Array(9000)),
    ),
    bad('posing', 'Signed by another visitor.', 'SIGNATURE', message({ signer: 'mallory' })),
    bad('unknown-kind', 'A saying of later.', 'KIND', short(ALIAS, 5)),
    bad('kind-zero', 'No saying has number 0.', 'KIND', short(ALIAS, 0)),
    bad('text-missing', 'A text without text.', 'TRUNCATED', short(ALIAS)),
    bad(
      'trailing-byte',
      'Something after the text.',
      'TRAILING',
      short(concatBytes(ALIAS, prefixed('x'), u8(0))),
    ),
    bad(
      'text-too-long',
      'At most 8,192 bytes.',
      'LIMIT',
      short(concatBytes(prefixed('a'), prefixed('x'.repeat(8193)))),
    ),
    bad('alias-too-long', 'At most 64 bytes.', 'LIMIT', short(prefixed('x'.repeat(65)), 1)),
    bad(
      'alias-unseen',
      'An alias that turns what follows.',
      'TEXT',
      short(prefixed('a\u202eb'), 1),
    ),
  ]
}

function visits(): Vector[] {
  const heard = (...all: readonly Uint8Array[]): JsonObject => ({
    secret: toHex(SECRET),
    networkId: toHex(NETWORK_ID),
    nowSeconds: NOW_SECONDS,
    messages: all.map(toHex),
  })
  const at = (counter: number) => message({ counter })
  const late = (after: number) => message({ timeSeconds: NOW_SECONDS + after })
  const bad = (title: string, note: string, defect: string, ...all: readonly Uint8Array[]) =>
    visit.bad(title, note, `ROOM_${defect}` as ErrorCode, heard(...all))
  return [
    visit.good('visit', 'In any order, each once; who speaks is here.', heard(at(2), at(0)), [
      'alice 2 true',
      'alice 0 false',
    ]),
    visit.good(
      'visit-late',
      'What was said a quarter of an hour ago brings nobody in.',
      heard(late(-900)),
      ['alice 0 false'],
    ),
    visit.good('visit-ahead', 'A clock that is a day ahead.', heard(late(86_400)), [
      'alice 0 true',
    ]),
    bad('visit-future', 'A clock that is more than a day ahead.', 'FUTURE', late(86_401)),
    bad('visit-replayed', 'A second time.', 'STALE', at(0), at(0)),
    bad('visit-behind-window', 'Too far behind the newest to tell.', 'STALE', at(5000), at(3000)),
  ]
}

function names(): Vector[] {
  const good = (title: string, note: string, given: string, is: string) =>
    name.good(title, note, { name: given }, is)
  const bad = (title: string, note: string, given: string) =>
    name.bad(title, note, 'ROOM_TEXT', { name: given })
  return [
    good('name', 'Letters are folded and blanks at the ends go.', ' Garden ', 'garden'),
    good('name-wide', 'Wide letters are the same letters.', '\uff27arden', 'garden'),
    good('name-composed', 'However an accent is typed.', 'Cafe\u0301', 'caf\u00e9'),
    bad('name-empty', 'Nothing but blanks.', '  '),
    bad('name-too-long', 'At most 128 bytes.', 'x'.repeat(129)),
    bad('name-control', 'A name that does not show.', 'a\u0007'),
  ]
}

function secrets(): Vector[] {
  const words = { networkId: toHex(NETWORK_ID), name: 'garden', passphrase: 'open sesame' }
  const salt = sha256(concatBytes(label('hash/room-salt'), NETWORK_ID, utf8('garden')))
  const made = argon2id(utf8('open sesame'), salt, { m: 65_536, t: 3, p: 1, dkLen: 32 })
  const body = concatBytes(u8(1), NETWORK_ID, SECRET, prefixed('Garden'))
  const textOf = (bytes: Uint8Array, kind = 4) => ({ text: `ezchat:${linkPayload(kind, bytes)}` })
  const bad = (title: string, note: string, defect: string, bytes: Uint8Array) =>
    link.bad(title, note, `ROOM_${defect}` as ErrorCode, textOf(bytes))
  return [
    stretch.good('stretch', 'A quarter of a second for each guess.', words, toHex(made)),
    stretch.bad('passphrase-empty', 'No passphrase.', 'ROOM_LENGTH', { ...words, passphrase: '' }),
    stretch.bad('passphrase-too-long', 'At most 1,024 bytes.', 'ROOM_LENGTH', {
      ...words,
      passphrase: 'x'.repeat(1025),
    }),
    link.good('link', 'A room that nobody can guess.', textOf(body), {
      networkId: toHex(NETWORK_ID),
      secret: toHex(SECRET),
      name: 'Garden',
    }),
    link.notMine('link-contact', 'A link to somebody.', textOf(body, 1)),
    bad('link-version', 'A version of later.', 'VERSION', body.with(0, 2)),
    bad('link-truncated', 'The name is cut short.', 'TRUNCATED', body.slice(0, -1)),
    bad('link-trailing-byte', 'Something after the name.', 'TRAILING', concatBytes(body, u8(0))),
  ]
}

export function build(): Vector[] {
  return [...names(), ...secrets(), ...messages(), ...visits()]
}
