import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeBase64url, encodeBase64url } from '../../src/codec/base64url.ts'
import { concatBytes } from '../../src/codec/bytes.ts'
import { decodeLink, encodeLink } from '../../src/codec/link.ts'
import { LINK_CHARACTERS_MAX, LINK_KINDS } from '../../src/constants.ts'
import { HASH_LABELS, labelled } from '../../src/crypto/labels.ts'
import { nobleCrypto } from '../../src/crypto/noble.ts'
import { AssertionError, ProtocolError } from '../../src/errors.ts'
import { anyText } from '../identity/any-text.ts'

const crypto = nobleCrypto((length) => new Uint8Array(length).fill(7))
const body = Uint8Array.from({ length: 40 }, (_, i) => i * 5)
const link = encodeLink(crypto, LINK_KINDS.contact, body)
const onWeb = encodeLink(crypto, LINK_KINDS.network, body, 'https://chat.example/app')

const kinds = fc.constantFrom(...Object.values(LINK_KINDS))
const bodies = fc.uint8Array({ maxLength: 1500 })

/** A payload with a checksum that holds, whatever the kind. */
function payloadOf(kind: number): string {
  const kindAndBody = concatBytes(Uint8Array.of(kind), body)
  const sum = crypto.sha256(labelled(HASH_LABELS.linkChecksum, kindAndBody)).subarray(0, 4)
  return encodeBase64url(concatBytes(kindAndBody, sum))
}

test('a link gives back its kind and body, with its own scheme and on any web address', () => {
  fc.assert(
    fc.property(kinds, bodies, fc.boolean(), (kind, bytes, web) => {
      const base = web ? 'https://a.example:8443/x?y=1' : null
      if (base !== null && bytes.length > 1450) return
      const text = encodeLink(crypto, kind, bytes, base)
      assert.ok(text.startsWith(web ? 'https://a.example:8443/x?y=1#' : 'ezchat:'))
      assert.deepEqual(decodeLink(crypto, text), { kind, body: bytes })
    }),
  )
})

test('what chat and mail programs put around or into a link is taken off', () => {
  const expected = { kind: LINK_KINDS.contact, body }
  const wrapped = `${link.slice(0, 20)}\r\n  ${link.slice(20)}`
  for (const text of [
    `  ${link}\n`,
    `<${link}>`,
    `(${link}).`,
    `“${link}”,`,
    `**${link}**!`,
    `[\`${link}\`]?`,
    `\ufeff${link}\u200b`,
    wrapped,
    link.replace('ezchat:', 'EZCHAT:'),
  ]) {
    assert.deepEqual(decodeLink(crypto, text), expected, JSON.stringify(text))
  }
  assert.deepEqual(decodeLink(crypto, `<${onWeb.replace('https', 'HTTPS')}>;`)?.body, body)
})

test('every cut and every changed character of a link is told, nearly always as CHECKSUM', () => {
  for (let length = 'ezchat:'.length + 1; length < link.length; length++) {
    const code = length < 'ezchat:'.length + 7 ? 'LINK_TRUNCATED' : 'LINK_CHECKSUM'
    assert.throws(() => decodeLink(crypto, link.slice(0, length)), { code }, `cut at ${length}`)
  }
  for (let at = 'ezchat:'.length; at < link.length - 1; at++) {
    const changed = `${link.slice(0, at)}${link[at] === 'A' ? 'B' : 'A'}${link.slice(at + 1)}`
    assert.throws(() => decodeLink(crypto, changed), { code: 'LINK_CHECKSUM' }, `at ${at}`)
  }
  assert.throws(() => decodeLink(crypto, link.replace(/.$/, '=')), { code: 'LINK_TEXT' })
  assert.throws(() => decodeLink(crypto, `${link}~`), { code: 'LINK_TEXT' })
})

test('a payload that no encoder writes is refused although its bytes are right', () => {
  assert.equal((40 + 5) % 3, 0)
  assert.throws(() => decodeLink(crypto, `${link}A`), { code: 'LINK_TEXT' })
  const short = encodeLink(crypto, LINK_KINDS.contact, body.subarray(1)) // 44 bytes: 4 filler bits
  const filler = `${short.slice(0, -1)}${nextLetter(short.at(-1)!)}`
  assert.throws(() => decodeLink(crypto, filler), { code: 'LINK_TEXT' })
})

function nextLetter(letter: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return alphabet[alphabet.indexOf(letter) + 1]!
}

test('a kind that is not known is refused only when the checksum holds', () => {
  for (const kind of [0, 6, 7, 255]) {
    assert.throws(() => decodeLink(crypto, `ezchat:${payloadOf(kind)}`), { code: 'LINK_KIND' })
  }
  assert.equal(decodeLink(crypto, `ezchat:${payloadOf(3)}`)?.kind, 3)
})

test('text that is no link of ours is null', () => {
  const other = [
    '',
    'bob',
    'ez1qqq',
    'https://example.org',
    'https://example.org/#top',
    'http://x#y',
  ]
  for (const text of [
    ...other,
    'ezchat:',
    'https://a/#Some.Section',
    'mailto:bob@example.org',
    '<>',
  ]) {
    assert.equal(decodeLink(crypto, text), null, text)
  }
})

test('the longest link passes, one more character is LIMIT, a megabyte is LIMIT or null', () => {
  const room = LINK_CHARACTERS_MAX - 'https://a.example/'.length - 1
  const longest = 'x'.repeat(room - encodeLink(crypto, 1, body, 'https://a.example/').length + 19)
  const text = encodeLink(crypto, 1, body, `https://a.example/${longest}`)
  assert.equal(text.length, LINK_CHARACTERS_MAX)
  assert.deepEqual(decodeLink(crypto, text)?.body, body)
  assert.throws(() => decodeLink(crypto, `${text} `), { code: 'LINK_LIMIT' })
  assert.throws(() => decodeLink(crypto, `ezchat:${'A'.repeat(1 << 20)}`), { code: 'LINK_LIMIT' })
  assert.equal(decodeLink(crypto, 'a'.repeat(1 << 20)), null)
  assert.throws(() => encodeLink(crypto, 1, new Uint8Array(1536)), AssertionError)
})

test('a base that would lose or show the fragment is a mistake of ours', () => {
  for (const base of ['http://a', 'https://a#b', 'https://a b', 'https://', 'javascript:1']) {
    assert.throws(() => encodeLink(crypto, 1, body, base), AssertionError)
  }
})

test('any text gives a link, null or a ProtocolError', () => {
  const texts = fc.oneof(
    anyText,
    fc.string({ maxLength: 300 }).map((text) => `ezchat:${text}`),
    fc.uint8Array({ maxLength: 200 }).map((bytes) => `ezchat:${encodeBase64url(bytes)}`),
    fc.uint8Array({ maxLength: 200 }).map((bytes) => `https://a/#${encodeBase64url(bytes)}`),
  )
  fc.assert(
    fc.property(texts, (text) => {
      try {
        decodeLink(crypto, text)
      } catch (error) {
        assert.ok(error instanceof ProtocolError)
      }
    }),
    { numRuns: 500 },
  )
})

test('base64url gives back its bytes, and tells canonical text from other text', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      assert.deepEqual(decodeBase64url(encodeBase64url(bytes)), { bytes, canonical: true })
    }),
  )
  fc.assert(
    fc.property(fc.string({ maxLength: 12 }), (text) => {
      const decoded = decodeBase64url(text)
      if (decoded === null) assert.match(text, /[^A-Za-z0-9_-]/)
      else assert.equal(decoded.canonical, encodeBase64url(decoded.bytes) === text)
    }),
    { numRuns: 500 },
  )
})
