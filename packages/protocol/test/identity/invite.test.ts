import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { toHex, utf8 } from '../../src/codec/bytes.ts'
import { encodeLink } from '../../src/codec/link.ts'
import { isPlainName, isPlainText } from '../../src/codec/plain-text.ts'
import { INVITE_BYTES_MAX, LINK_CHARACTERS_MAX } from '../../src/constants.ts'
import { nobleCrypto } from '../../src/crypto/noble.ts'
import { Secret } from '../../src/crypto/secret.ts'
import { AssertionError, ProtocolError } from '../../src/errors.ts'
import {
  checkInviteNetwork,
  decodeInvite,
  decodeInviteLink,
  drawDoorSecret,
  drawInviteToken,
  encodeInvite,
  encodeInviteLink,
  type Invite,
} from '../../src/identity/invite.ts'
import { anyText } from './any-text.ts'

const crypto = nobleCrypto((length) => new Uint8Array(length).fill(3))
const identityKey = crypto.ed25519Public(Secret.adopt(new Uint8Array(32).fill(9)))
const NOW = 1_800_000_000
const HINTS_AT = 104

const full: Invite = {
  networkId: new Uint8Array(32).fill(1),
  identityKey,
  doorSecret: drawDoorSecret(crypto),
  homeShard: 513,
  expiresSeconds: NOW,
  hints: Array.from({ length: 4 }, (_, i) => `/dns4/${i}${'x'.repeat(121)}`),
  suggestedName: `${'€'.repeat(21)}a`,
  token: drawInviteToken(crypto),
}
const least: Invite = { ...full, expiresSeconds: null, hints: [], suggestedName: '', token: null }

const invites: fc.Arbitrary<Invite> = fc.record({
  networkId: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  identityKey: fc.constant(identityKey),
  doorSecret: fc.uint8Array({ minLength: 32, maxLength: 32 }).map(Secret.copy),
  homeShard: fc.integer({ min: 0, max: 0xffff }),
  expiresSeconds: fc.option(fc.integer({ min: NOW, max: 0xffffffff })),
  hints: fc.uniqueArray(
    fc.string({ maxLength: 60 }).map((rest) => `/a${rest.replaceAll(' ', '.')}`),
    { maxLength: 4 },
  ),
  suggestedName: anyText.filter((text) => isPlainName(text, 64)),
  token: fc.option(fc.uint8Array({ minLength: 16, maxLength: 16 }).map(Secret.copy)),
})

function plain(invite: Invite) {
  const { doorSecret, token } = invite
  return {
    ...invite,
    doorSecret: toHex(doorSecret.reveal()),
    token: token && toHex(token.reveal()),
  }
}

function changed(at: number, ...values: number[]): Uint8Array {
  const bytes = encodeInvite(full)
  bytes.set(values, at)
  return bytes
}

test('an invite gives back its fields, as bytes, as ezchat: link and behind a web address', () => {
  fc.assert(
    fc.property(invites, (invite) => {
      assert.deepEqual(plain(decodeInvite(encodeInvite(invite), NOW)), plain(invite))
    }),
  )
  for (const invite of [full, least]) {
    for (const base of [undefined, 'https://chat.example/']) {
      const decoded = decodeInviteLink(crypto, encodeInviteLink(crypto, invite, base), NOW)
      assert.deepEqual(plain(decoded!), plain(invite))
    }
  }
})

test('the largest invite is at the limit, fits a link, and one byte more is LIMIT', () => {
  const bytes = encodeInvite(full)
  assert.equal(bytes.length, INVITE_BYTES_MAX)
  assert.ok(encodeInviteLink(crypto, full).length < LINK_CHARACTERS_MAX / 2)
  const more = new Uint8Array(INVITE_BYTES_MAX + 1)
  more.set(bytes)
  assert.throws(() => decodeInvite(more, NOW), { code: 'INVITE_LIMIT' })
  assert.throws(() => decodeInvite(new Uint8Array(1 << 24), NOW), { code: 'INVITE_LIMIT' })
})

test('an invite holds until its last second, and one without a time always does', () => {
  const bytes = encodeInvite(full)
  assert.equal(decodeInvite(bytes, NOW).expiresSeconds, NOW)
  assert.throws(() => decodeInvite(bytes, NOW + 1), { code: 'INVITE_EXPIRED' })
  assert.equal(decodeInvite(encodeInvite(least), 0xffffffff).expiresSeconds, null)
})

test('each broken field has its code', () => {
  const defects: [number, number[], string][] = [
    [0, [2], 'INVITE_VERSION'],
    [1, [2], 'INVITE_FIELD'],
    [1, [0], 'INVITE_TRAILING'],
    [34, new Array(32).fill(0), 'INVITE_INVALID'],
    [HINTS_AT, [5], 'INVITE_LIMIT'],
    [HINTS_AT + 1, [0, 129], 'INVITE_LIMIT'],
    [HINTS_AT + 1, [255, 255], 'INVITE_LIMIT'],
    [HINTS_AT + 3, [0x41], 'INVITE_TEXT'],
    [HINTS_AT + 9, [0x20], 'INVITE_TEXT'],
    [HINTS_AT + 9, [0xc3, 0xa9], 'INVITE_TEXT'],
    [HINTS_AT + 130 + 9, [0x30], 'INVITE_ORDER'],
    [HINTS_AT + 1 + 4 * 130, [0, 65], 'INVITE_LIMIT'],
    [HINTS_AT + 3 + 4 * 130, [0x0a, 0x61, 0x61], 'INVITE_TEXT'],
    [HINTS_AT + 3 + 4 * 130, [0xff], 'INVITE_TEXT'],
  ]
  assert.equal(full.hints[0]![6], '0')
  for (const [at, values, code] of defects) {
    assert.throws(() => decodeInvite(changed(at, ...values), NOW), { code }, `${code} at ${at}`)
  }
  const bytes = encodeInvite(full)
  for (const length of [0, 1, 33, 65, 103, 104, 700]) {
    assert.throws(() => decodeInvite(bytes.subarray(0, length), NOW), { code: 'INVITE_TRUNCATED' })
  }
})

test('a link to something else is null, and the text of a broken one is told', () => {
  assert.equal(decodeInviteLink(crypto, encodeLink(crypto, 2, encodeInvite(full)), NOW), null)
  assert.equal(decodeInviteLink(crypto, 'bob', NOW), null)
  const cut = encodeInviteLink(crypto, full).slice(0, -2)
  assert.throws(() => decodeInviteLink(crypto, cut, NOW), { code: 'LINK_CHECKSUM' })
})

test('an invite to another network, or to a shard that the network lacks, is told', () => {
  const invite = { ...full, homeShard: 255 }
  const check = (id: Uint8Array, shardBits: number) => checkInviteNetwork(invite, { id, shardBits })
  check(full.networkId, 8)
  assert.throws(() => check(full.networkId, 7), { code: 'INVITE_FIELD' })
  assert.throws(() => check(identityKey, 8), { code: 'INVITE_NETWORK' })
})

test('names that would change or hide text around them are not plain', () => {
  const code = (point: number) => String.fromCodePoint(point)
  for (const point of [0, 9, 10, 0x7f, 0x85, 0xad, 0x200b, 0x200e, 0x202e, 0x2066, 0x2028]) {
    assert.equal(isPlainText(`a${code(point)}b`), false, point.toString(16))
  }
  for (const point of [0x61c, 0x3164, 0xfeff, 0xe0041, 0xd800, 0xdc00]) {
    assert.equal(isPlainText(`a${code(point)}b`), false, point.toString(16))
  }
  for (const name of ['', 'Bob', 'Žofie ☕', '李雷', 'عمر', '👩‍👩‍👧', 'a b'])
    assert.ok(isPlainText(name))
  for (const name of [' a', 'a ', ' ']) assert.equal(isPlainText(name), false)
  assert.equal(isPlainName('€'.repeat(21), 63), true)
  assert.equal(isPlainName('€'.repeat(21), 62), false)
})

test('a value that no reader would take is a mistake of ours', () => {
  const wrong: Partial<Invite>[] = [
    { expiresSeconds: 0 },
    { homeShard: 65536 },
    { hints: ['x'] },
    { hints: ['/a', '/a'] },
    { hints: ['/a', '/b', '/c', '/d', '/e'] },
    { suggestedName: 'a\u202eb' },
    { suggestedName: 'a'.repeat(65) },
    { token: Secret.adopt(new Uint8Array(15)) },
  ]
  for (const part of wrong) {
    assert.throws(() => encodeInvite({ ...full, ...part }), AssertionError, inspect(part))
  }
})

test('printing an invite shows neither its door nor its token', () => {
  const shown = inspect(decodeInvite(encodeInvite(full), NOW)) + JSON.stringify(full)
  assert.ok(!shown.includes('3, 3, 3') && !shown.includes('03, 03') && !shown.includes('0303'))
})

test('any and any changed bytes give an invite that encodes to them, or a ProtocolError', () => {
  const mutated = fc
    .tuple(fc.constantFrom(encodeInvite(full), encodeInvite(least)), fc.nat(), fc.nat(255))
    .map(([bytes, at, value]) =>
      Uint8Array.from(bytes).fill(value, at % bytes.length, (at % bytes.length) + 1),
    )
  const noise = fc.uint8Array({ maxLength: 800 }).map((bytes) => Uint8Array.of(1, ...bytes))
  fc.assert(
    fc.property(fc.oneof(mutated, noise), (bytes) => {
      try {
        assert.equal(toHex(encodeInvite(decodeInvite(bytes, 0))), toHex(bytes))
      } catch (error) {
        assert.ok(error instanceof ProtocolError)
      }
    }),
    { numRuns: 400 },
  )
  assert.throws(() => decodeInvite(utf8('hello'), NOW), { code: 'INVITE_VERSION' })
})
