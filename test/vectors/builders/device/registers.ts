// Registers: one word of one device, what several come to, and what they may say.
import { concatBytes, toHex, utf8 } from '@ezchat/protocol/codec/bytes.ts'
import type { ErrorCode } from '@ezchat/protocol/errors.ts'
import type { Vector } from '../../vector.ts'
import { prefixed, secretOf, u8, u16, u32, u64 } from '../reference/pieces.ts'
import { verdicts } from '../reference/verdict.ts'

const register = verdicts('device', 'register')
const merge = verdicts('device', 'merge')
const contact = verdicts('device', 'contact')
const setting = verdicts('device', 'setting')
const mark = verdicts('device', 'readMark')

const NOW_MS = 1_800_000_000_000
const THEME = concatBytes(u8(3), utf8('theme'))

interface RegisterParts {
  readonly version: number
  readonly key: Uint8Array
  readonly device: number
  readonly sequence: bigint
  readonly ms: number
  readonly counter: number
  readonly presence: number
  readonly value: Uint8Array | null
  readonly extra: Uint8Array
}

const stampBytes = (ms: number, counter: number): Uint8Array =>
  concatBytes(u16(Math.floor(ms / 2 ** 32)), u32(ms % 2 ** 32), u16(counter))

function registerBytes(lie: Partial<RegisterParts> = {}): Uint8Array {
  const value = lie.value === undefined ? utf8('dark') : lie.value
  const parts: RegisterParts = {
    version: 1,
    key: THEME,
    device: 1,
    sequence: 1n,
    ms: NOW_MS,
    counter: 0,
    presence: value === null ? 0 : 1,
    value,
    extra: new Uint8Array(0),
    ...lie,
  }
  return concatBytes(
    u8(parts.version),
    prefixed(parts.key),
    new Uint8Array(16).fill(parts.device),
    u64(parts.sequence),
    stampBytes(parts.ms, parts.counter),
    u8(parts.presence),
    parts.value === null ? new Uint8Array(0) : prefixed(parts.value),
    parts.extra,
  )
}

function words(): Vector[] {
  const input = (lie: Partial<RegisterParts> = {}) => ({ register: toHex(registerBytes(lie)) })
  const bad = (name: string, note: string, wrong: ErrorCode, lie: Partial<RegisterParts>) =>
    register.bad(`register-${name}`, note, wrong, input(lie))
  const shown = { sequence: 1, ms: NOW_MS, counter: 0 }
  const named = (name: string): Uint8Array => concatBytes(u8(3), utf8(name))
  return [
    register.good('register', 'A setting, written once.', input(), {
      area: 'setting',
      ...shown,
      value: toHex(utf8('dark')),
    }),
    register.good('register-removed', 'It was removed.', input({ value: null }), {
      area: 'setting',
      ...shown,
      value: null,
    }),
    register.good(
      'register-unknown-area',
      'Of a later version: kept and handed on.',
      input({ key: Uint8Array.of(9, 9) }),
      { area: null, ...shown, value: toHex(utf8('dark')) },
    ),
    bad('unknown-version', 'A later version.', 'REGISTER_VERSION', { version: 2 }),
    bad('trailing-byte', 'A byte too many.', 'REGISTER_TRAILING', { extra: u8(0) }),
    bad('removed-with-value', 'Removed, and a value all the same.', 'REGISTER_TRAILING', {
      presence: 0,
    }),
    bad('sequence-zero', 'Words are counted from one.', 'REGISTER_FIELD', { sequence: 0n }),
    bad('sequence-beyond', 'More than every language counts to.', 'REGISTER_FIELD', {
      sequence: 2n ** 53n,
    }),
    bad('unknown-presence', 'Neither there nor removed.', 'REGISTER_FIELD', { presence: 2 }),
    bad('empty-key', 'About nothing.', 'REGISTER_TRUNCATED', { key: new Uint8Array(0) }),
    bad('long-key', 'A key of 65 bytes.', 'REGISTER_LIMIT', { key: new Uint8Array(65).fill(9) }),
    bad('long-value', 'A value of 4,097 bytes.', 'REGISTER_LIMIT', { value: new Uint8Array(4097) }),
    bad('contact-key-short', 'No identity key.', 'REGISTER_TRUNCATED', {
      key: new Uint8Array(32).fill(1),
    }),
    bad('contact-key-long', 'More than an identity key.', 'REGISTER_TRAILING', {
      key: new Uint8Array(34).fill(1),
    }),
    bad('setting-upper-case', 'A second spelling of a name.', 'REGISTER_TEXT', {
      key: named('Theme'),
    }),
    bad('setting-long-name', 'A name of 33 characters.', 'REGISTER_TEXT', {
      key: named('a'.repeat(33)),
    }),
    bad('setting-no-name', 'No name at all.', 'REGISTER_TEXT', { key: named('') }),
  ]
}

function merges(): Vector[] {
  const good = (
    name: string,
    note: string,
    list: readonly Partial<RegisterParts>[],
    value: string | null,
    nowMs = NOW_MS,
  ) =>
    merge.good(
      `merge-${name}`,
      note,
      { registers: list.map((lie) => toHex(registerBytes(lie))), key: toHex(THEME), nowMs },
      value,
    )
  const dark = { device: 1, value: utf8('dark') }
  const light = { device: 2, value: utf8('light') }
  const early = { ...light, ms: NOW_MS + 86_400_000 }
  return [
    good('later-stamp', 'The later stamp counts.', [{ ...light, counter: 1 }, dark], 'light'),
    good('same-stamp', 'The greater device id breaks the tie.', [light, dark], 'light'),
    good(
      'later-word',
      'A device’s later word counts, whatever its clock said.',
      [
        { ...dark, sequence: 2n, ms: NOW_MS - 9 },
        { ...dark, value: utf8('old') },
      ],
      'dark',
    ),
    good(
      'same-word',
      'With one number, the greater value counts.',
      [
        { ...dark, value: utf8('a') },
        { ...dark, value: utf8('b') },
      ],
      'b',
    ),
    good(
      'same-word-removed',
      'With one number, removed is the greatest.',
      [{ ...dark, value: null }, dark],
      'nothing',
    ),
    good('ahead', 'A word from the future waits.', [dark, early], 'dark'),
    good(
      'ahead-in-time',
      'And counts when its time has come.',
      [dark, early],
      'light',
      NOW_MS + 86_100_000,
    ),
    good(
      'five-minutes',
      'So much is believed.',
      [dark, { ...light, ms: NOW_MS + 300_000 }],
      'light',
    ),
    good('six-minutes', 'So much is not.', [dark, { ...light, ms: NOW_MS + 300_001 }], 'dark'),
  ]
}

const field = (tag: number, bytes: Uint8Array): Uint8Array => concatBytes(u8(tag), prefixed(bytes))
const record = (...fields: readonly Uint8Array[]): Uint8Array =>
  concatBytes(u8(1), u8(fields.length), ...fields)

function contacts(): Vector[] {
  const input = (bytes: Uint8Array) => ({ contact: toHex(bytes) })
  const bad = (name: string, note: string, wrong: ErrorCode, bytes: Uint8Array) =>
    contact.bad(`contact-${name}`, note, wrong, input(bytes))
  const petname = field(1, prefixed('Bob'))
  const door = field(3, secretOf('door of bob'))
  const whole = record(petname, field(2, u8(5)), door, field(4, u16(0)), field(5, u32(9)))
  const none = {
    petname: '',
    flags: [false, false, false],
    doorSecret: null,
    homeShard: null,
    addedSeconds: 0,
    unknown: [],
  }
  return [
    contact.good('contact', 'Everything that is known of Bob.', input(whole), {
      petname: 'Bob',
      flags: [true, false, true],
      doorSecret: toHex(secretOf('door of bob')),
      homeShard: 0,
      addedSeconds: 9,
      unknown: [],
    }),
    contact.good('contact-empty', 'Nothing is known.', input(record()), none),
    contact.good(
      'contact-later-field',
      'A field of a later version is kept.',
      input(record(field(99, utf8('x')))),
      { ...none, unknown: [99] },
    ),
    bad('fields-unordered', 'The higher tag first.', 'REGISTER_ORDER', record(door, petname)),
    bad('field-twice', 'One tag comes twice.', 'REGISTER_ORDER', record(petname, petname)),
    bad('tag-zero', 'It has no tag at all.', 'REGISTER_ORDER', record(field(0, u8(0)))),
    bad(
      'empty-petname',
      'Absence says the same.',
      'REGISTER_FIELD',
      record(field(1, prefixed(''))),
    ),
    bad('no-flags', 'Absence says the same.', 'REGISTER_FIELD', record(field(2, u8(0)))),
    bad('unknown-flag', 'A flag of a later version.', 'REGISTER_FIELD', record(field(2, u8(8)))),
    bad(
      'door-short',
      'Not a door secret.',
      'REGISTER_TRUNCATED',
      record(field(3, new Uint8Array(31))),
    ),
    bad(
      'field-trailing',
      'More than the field has.',
      'REGISTER_TRAILING',
      record(field(4, new Uint8Array(3))),
    ),
    bad(
      'petname-line-end',
      'It would forge a line.',
      'REGISTER_TEXT',
      record(field(1, prefixed('a\nb'))),
    ),
    bad('many-fields', 'It says 33 fields.', 'REGISTER_LIMIT', Uint8Array.of(1, 33)),
  ]
}

function settings(): Vector[] {
  const input = (bytes: Uint8Array) => ({ setting: toHex(bytes) })
  const bad = (name: string, note: string, wrong: ErrorCode, bytes: Uint8Array) =>
    setting.bad(`setting-${name}`, note, wrong, input(bytes))
  const number = concatBytes(Uint8Array.of(1, 2), u64(2n ** 53n - 1n))
  return [
    setting.good('setting-flag', 'A setting that is on.', input(Uint8Array.of(1, 1, 1)), {
      kind: 'flag',
      value: true,
    }),
    setting.good('setting-number', 'The largest number that there may be.', input(number), {
      kind: 'number',
      value: 2 ** 53 - 1,
    }),
    setting.good(
      'setting-text',
      'A setting that is a word.',
      input(concatBytes(Uint8Array.of(1, 3), prefixed('dark'))),
      { kind: 'text', value: 'dark' },
    ),
    setting.good(
      'setting-unknown-kind',
      'Of a later version: handed on.',
      input(Uint8Array.of(1, 9, 7)),
      { kind: 'unknown', value: '07' },
    ),
    bad('kind-zero', 'No kind at all.', 'REGISTER_FIELD', Uint8Array.of(1, 0, 0)),
    bad('flag-two', 'Neither on nor off.', 'REGISTER_FIELD', Uint8Array.of(1, 1, 2)),
    bad(
      'number-beyond',
      'More than every language counts to.',
      'REGISTER_FIELD',
      concatBytes(Uint8Array.of(1, 2), u64(2n ** 53n)),
    ),
    bad(
      'text-invisible',
      'Characters that do not show.',
      'REGISTER_TEXT',
      concatBytes(Uint8Array.of(1, 3), prefixed('a\u200bb')),
    ),
    bad('unknown-version', 'A later version.', 'REGISTER_VERSION', Uint8Array.of(2, 1, 1)),
  ]
}

function marks(): Vector[] {
  const hash = new Uint8Array(32).fill(7)
  const bytes = concatBytes(u8(1), hash, stampBytes(NOW_MS, 3))
  return [
    mark.good(
      'read-mark',
      'Read up to an entry.',
      { mark: toHex(bytes) },
      { entryHash: toHex(hash), ms: NOW_MS, counter: 3 },
    ),
    mark.bad('read-mark-truncated', 'A byte is missing.', 'REGISTER_TRUNCATED', {
      mark: toHex(bytes.subarray(0, -1)),
    }),
    mark.bad('read-mark-version', 'A later version.', 'REGISTER_VERSION', {
      mark: toHex(bytes.with(0, 2)),
    }),
  ]
}

export function registerVectors(): Vector[] {
  return [...words(), ...merges(), ...contacts(), ...settings(), ...marks()]
}
