import { concatBytes, toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { ErrorCode } from '@ezchat/protocol/errors.ts'
import type { Json, Vector } from '../vector.ts'
import { comparisons, forks } from './device-log/forks.ts'
import {
  addAfter,
  deviceId,
  deviceParts,
  hashOf,
  IDENTITY,
  listBytes,
  MANAGE,
  PUBLISH,
  revokeAfter,
  threeDevices,
} from './reference/device-logs.ts'
import { flipped, publicOf, u8, u16, WRONG_KEYS } from './reference/pieces.ts'
import { verdicts } from './reference/verdict.ts'

const verify = verdicts('device-log', 'verify')

const THREE = threeDevices()
const identityKey = toHex(IDENTITY)
const after = (...added: readonly Uint8Array[]): Uint8Array[] => [...THREE, ...added]

function output(
  entries: readonly Uint8Array[],
  devices: readonly string[],
  revoked: readonly string[],
): Json {
  return {
    seq: entries.length - 1,
    hash: toHex(hashOf(entries.at(-1)!)),
    devices: devices.map((name) => toHex(deviceId(name))),
    revoked: revoked.map((name) => toHex(deviceId(name))),
  }
}

function good(
  name: string,
  note: string,
  entries: readonly Uint8Array[],
  devices: readonly string[],
  revoked: readonly string[] = [],
): Vector {
  const input = { identityKey, log: toHex(listBytes(entries)) }
  return verify.good(name, note, input, output(entries, devices, revoked))
}

function bad(name: string, note: string, code: ErrorCode, entries: readonly Uint8Array[]): Vector {
  return verify.bad(name, note, code, { identityKey, log: toHex(listBytes(entries)) })
}

function accepted(): Vector[] {
  const gone = after(revokeAfter(THREE, 'laptop', 'phone'))
  const left = after(revokeAfter(THREE, 'tv', 'tv'))
  const back = [...gone, addAfter(gone, null, deviceParts('phone two'))]
  const one = THREE.slice(0, 1)
  return [
    good('one-device', 'An identity begins with its first device.', one, ['laptop']),
    good('three-devices', 'Added by the root and by a device that manages.', THREE, [
      'laptop',
      'phone',
      'tv',
    ]),
    good('revoked-device', 'A manager revokes another device.', gone, ['laptop', 'tv'], ['phone']),
    good('device-leaves', 'Every device may revoke itself.', left, ['laptop', 'phone'], ['tv']),
    good(
      'replaced-device',
      'A new id and new keys after a revocation.',
      back,
      ['laptop', 'tv', 'phone two'],
      ['phone'],
    ),
  ]
}

function malformed(): Vector[] {
  const phone = deviceParts('x')
  const whole = addAfter(THREE, null, phone)
  const raw = (name: string, note: string, code: ErrorCode, log: Uint8Array): Vector =>
    verify.bad(name, note, code, { identityKey, log: toHex(log) })
  const entry = (name: string, note: string, code: ErrorCode, bytes: Uint8Array): Vector =>
    bad(name, note, code, after(bytes))
  return [
    raw('empty-list', 'There are no entries.', 'DEVICE_LOG_LENGTH', listBytes([])),
    raw(
      'list-truncated',
      'It says four entries and has three.',
      'DEVICE_LOG_TRUNCATED',
      listBytes(THREE, 4),
    ),
    raw(
      'list-trailing-byte',
      'A byte after the last entry.',
      'DEVICE_LOG_TRAILING',
      concatBytes(listBytes(THREE), u8(0)),
    ),
    raw('list-too-long', 'It says 1,025 entries.', 'DEVICE_LOG_LIMIT', listBytes(THREE, 1025)),
    raw(
      'absurd-entry-length',
      'It says 65,535 bytes of entry.',
      'DEVICE_LOG_LIMIT',
      concatBytes(u16(1), u16(0xffff)),
    ),
    entry('truncated', 'The last byte is missing.', 'DEVICE_LOG_TRUNCATED', whole.subarray(0, -1)),
    entry(
      'trailing-byte',
      'A byte after the signature.',
      'DEVICE_LOG_TRAILING',
      concatBytes(whole, u8(0)),
    ),
  ]
}

function misfilled(): Vector[] {
  const phone = deviceParts('x')
  const entry = (name: string, note: string, code: ErrorCode, bytes: Uint8Array): Vector =>
    bad(name, note, code, after(bytes))
  return [
    entry(
      'unknown-version',
      'A later version.',
      'DEVICE_LOG_VERSION',
      addAfter(THREE, null, phone, { version: 2 }),
    ),
    entry(
      'unknown-operation',
      'A third operation.',
      'DEVICE_LOG_KIND',
      addAfter(THREE, null, phone, { op: 3 }),
    ),
    entry(
      'unknown-right',
      'A right of a later version.',
      'DEVICE_LOG_FIELD',
      addAfter(THREE, null, { ...phone, rights: 4 }),
    ),
    entry(
      'unknown-signer',
      'Neither root nor device.',
      'DEVICE_LOG_FIELD',
      addAfter(THREE, null, phone, { signerKind: 2 }),
    ),
    entry(
      'long-name',
      'A name of 33 bytes.',
      'DEVICE_LOG_LIMIT',
      addAfter(THREE, null, { ...phone, name: 'a'.repeat(33) }),
    ),
    entry(
      'name-with-line-end',
      'It would forge a line.',
      'DEVICE_LOG_TEXT',
      addAfter(THREE, null, { ...phone, name: 'a\nb' }),
    ),
  ]
}

function unlinked(): Vector[] {
  const x = deviceParts('x')
  const add = (lie: Parameters<typeof addAfter>[3]): Uint8Array[] =>
    after(addAfter(THREE, null, x, lie))
  return [
    bad(
      'other-identity',
      'An entry of somebody else.',
      'DEVICE_LOG_LINKAGE',
      add({ identity: publicOf('mallory') }),
    ),
    bad('number-skipped', 'Four comes after two.', 'DEVICE_LOG_LINKAGE', add({ seq: 4 })),
    bad('number-repeated', 'Two comes after two.', 'DEVICE_LOG_LINKAGE', add({ seq: 2 })),
    bad(
      'other-previous',
      'It continues another entry.',
      'DEVICE_LOG_LINKAGE',
      add({ previous: hashOf(THREE[1]!) }),
    ),
    bad('beginning-missing', 'The first entry is not there.', 'DEVICE_LOG_LINKAGE', THREE.slice(1)),
    bad('first-with-previous', 'Nothing comes before the first.', 'DEVICE_LOG_LINKAGE', [
      addAfter([], null, x, { previous: hashOf(THREE[0]!) }),
    ]),
  ]
}

function unsigned(): Vector[] {
  const x = deviceParts('x')
  const gone = after(revokeAfter(THREE, null, 'laptop'))
  const byGone = addAfter(gone, 'laptop', x)
  const signed = (name: string, note: string, lie: Parameters<typeof addAfter>[3]): Vector =>
    bad(name, note, 'DEVICE_LOG_SIGNATURE', after(addAfter(THREE, null, x, lie)))
  const forbidden = (name: string, note: string, entries: readonly Uint8Array[]): Vector =>
    bad(name, note, 'DEVICE_LOG_PERMISSION', entries)
  return [
    signed('signed-by-another', 'A key of nobody in the log.', { signWith: 'mallory' }),
    signed('device-as-root', 'A device signs as if it were the root.', { signWith: 'laptop sign' }),
    signed('label-of-record', 'Signed for another use.', { label: 'ezchat/v1/sign/record\0' }),
    bad(
      'forged',
      'A bit of the last signature.',
      'DEVICE_LOG_SIGNATURE',
      after(flipped(addAfter(THREE, null, x), -1, 0x08)),
    ),
    forbidden('first-by-device', 'Only the root begins a log.', [
      addAfter([], 'laptop', deviceParts('laptop')),
    ]),
    forbidden(
      'signed-by-stranger',
      'By a device of nobody.',
      after(addAfter(THREE, 'stranger', x)),
    ),
    forbidden('signed-by-revoked', 'By a device that was revoked before.', [...gone, byGone]),
    forbidden(
      'signed-without-right',
      'By a device that may not manage.',
      after(addAfter(THREE, 'phone', x)),
    ),
    forbidden(
      'revokes-without-right',
      'It may revoke itself only.',
      after(revokeAfter(THREE, 'phone', 'tv')),
    ),
    forbidden(
      'manager-made-by-device',
      'Only the root makes managers.',
      after(addAfter(THREE, 'laptop', deviceParts('x', MANAGE))),
    ),
  ]
}

function grantedBeyond(): Vector {
  const entries = [addAfter([], null, deviceParts('laptop', MANAGE))]
  const beyond = addAfter(entries, 'laptop', deviceParts('x', PUBLISH))
  return bad(
    'right-beyond-signer',
    'It gives a right that it does not have.',
    'DEVICE_LOG_PERMISSION',
    [...entries, beyond],
  )
}

function contradictory(): Vector[] {
  const x = deviceParts('x')
  const phone = deviceParts('phone')
  const gone = after(revokeAfter(THREE, null, 'phone'))
  const order = (name: string, note: string, entries: readonly Uint8Array[]): Vector =>
    bad(name, note, 'DEVICE_LOG_ORDER', entries)
  const invalid = (name: string, note: string, device: typeof x): Vector =>
    bad(name, note, 'DEVICE_LOG_INVALID', after(addAfter(THREE, null, device)))
  const withKey = (key: Partial<typeof x>): Uint8Array[] => [
    ...gone,
    addAfter(gone, null, { ...x, ...key }),
  ]
  return [
    order('added-twice', 'A device that is there already.', after(addAfter(THREE, null, phone))),
    order('revoked-returns', 'A revoked id never comes back.', [
      ...gone,
      addAfter(gone, null, phone),
    ]),
    order(
      'key-of-revoked',
      'Nor does its signing key under another id.',
      withKey({ signKey: phone.signKey }),
    ),
    order(
      'exchange-key-of-revoked',
      'Nor its X25519 key.',
      withKey({ exchangeKey: phone.exchangeKey }),
    ),
    order('key-of-identity', 'No device signs as the root does.', withKey({ signKey: IDENTITY })),
    bad(
      'revokes-unknown',
      'There is no such device.',
      'DEVICE_LOG_STATE',
      after(revokeAfter(THREE, null, 'x')),
    ),
    bad('revokes-twice', 'It is revoked already.', 'DEVICE_LOG_STATE', [
      ...gone,
      revokeAfter(gone, null, 'phone'),
    ]),
    invalid('small-order-key', 'Everybody can sign for it.', {
      ...x,
      signKey: WRONG_KEYS.smallOrder,
    }),
    invalid('key-not-canonical', 'A second spelling of a key.', {
      ...x,
      signKey: WRONG_KEYS.notCanonical,
    }),
    invalid('exchange-key-zero', 'The shared secret would be known to everybody.', {
      ...x,
      exchangeKey: new Uint8Array(32),
    }),
    invalid('exchange-key-top-bit', 'A second spelling of a key.', {
      ...x,
      exchangeKey: flipped(x.exchangeKey, 31, 0x80),
    }),
    invalid('id-zero', 'No id at all.', { ...x, id: new Uint8Array(16) }),
  ]
}

function crowded(): Vector[] {
  const many: Uint8Array[] = []
  for (let i = 0; i < 16; i++) many.push(addAfter(many, null, deviceParts(`d${i}`)))
  const names = Array.from({ length: 16 }, (_, i) => `d${i}`)
  const more = [...many, addAfter(many, null, deviceParts('d16'))]
  const busy = THREE.slice(0, 1)
  for (let i = 0; i < 32; i++) {
    busy.push(addAfter(busy, 'laptop', deviceParts(`b${i}`, 0)))
    busy.push(revokeAfter(busy, 'laptop', `b${i}`))
  }
  const gone = Array.from({ length: 32 }, (_, i) => `b${i}`)
  return [
    good('sixteen-devices', 'As many as may be active.', many, names),
    bad('seventeen-devices', 'One more than may be active.', 'DEVICE_LOG_LIMIT', more),
    good('sixty-four-by-one', 'As many entries as one device may sign.', busy, ['laptop'], gone),
    bad('sixty-five-by-one', 'A stolen device must not fill the log.', 'DEVICE_LOG_LIMIT', [
      ...busy,
      addAfter(busy, 'laptop', deviceParts('y')),
    ]),
  ]
}

export function build(): Vector[] {
  return [
    ...accepted(),
    ...malformed(),
    ...misfilled(),
    ...unlinked(),
    ...unsigned(),
    grantedBeyond(),
    ...contradictory(),
    ...crowded(),
    ...comparisons(),
    ...forks(),
  ]
}
