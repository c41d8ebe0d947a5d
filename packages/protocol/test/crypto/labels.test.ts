// docs/spec/crypto.md lists the labels for those who have no labels.ts.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { concatBytes, fromUtf8, utf8 } from '@ezchat/protocol/codec/bytes.ts'
import { derive } from '@ezchat/protocol/crypto/derive.ts'
import { HASH_LABELS, KEY_LABELS, labelled, SIGN_LABELS } from '@ezchat/protocol/crypto/labels.ts'
import { nobleCrypto } from '@ezchat/protocol/crypto/noble.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'

const TABLES = { derive: KEY_LABELS, sign: SIGN_LABELS, hash: HASH_LABELS }

const page = readFileSync(new URL('../../../../docs/spec/crypto.md', import.meta.url), 'utf8')
const rows = [...page.matchAll(/^\| `(ezchat\/v1\/[^`]+)` \| (derive|sign|hash) \| (.+) \|$/gm)]

test('the specification lists the labels of the code, and no others', () => {
  const listed = rows.map(([, label, kind]) => `${kind} ${label}`)
  const used = Object.entries(TABLES).flatMap(([kind, table]) =>
    Object.values<Uint8Array>(table).map((label) => `${kind} ${fromUtf8(label)?.slice(0, -1)}`),
  )
  assert.deepEqual(listed.toSorted(), used.toSorted())
})

test('a label ends in its only zero byte, so none begins another', () => {
  const all = Object.values(TABLES).flatMap((table) => Object.values<Uint8Array>(table))
  for (const label of all) assert.equal(label.indexOf(0), label.length - 1)
  const texts = all.map((label) => fromUtf8(label) ?? '')
  for (const [i, text] of texts.entries()) {
    assert.ok(!texts.some((other, j) => i !== j && other.startsWith(text)), text)
  }
})

test('a key is derived by HKDF-SHA-256 without salt, with label and context as info', () => {
  const crypto = nobleCrypto((length) => new Uint8Array(length))
  const key = Secret.adopt(new Uint8Array(32).fill(7))
  const context = [Uint8Array.of(1, 2), Uint8Array.of(3)]
  const derived = derive(crypto, KEY_LABELS.laneSign, key, context, 40)
  // RFC 5869 §2.2 and §2.3, by HMAC.
  const prk = Secret.adopt(crypto.hmacSha256(Secret.adopt(new Uint8Array(32)), key.reveal()))
  const info = concatBytes(utf8('ezchat/v1/lane/sign\0'), Uint8Array.of(1, 2, 3))
  const first = crypto.hmacSha256(prk, concatBytes(info, Uint8Array.of(1)))
  const second = crypto.hmacSha256(prk, concatBytes(first, info, Uint8Array.of(2)))
  assert.deepEqual(derived.reveal(), concatBytes(first, second).slice(0, 40))
})

test('what is signed begins with its label', () => {
  const signed = labelled(SIGN_LABELS.drop, Uint8Array.of(1), Uint8Array.of(2, 3))
  assert.deepEqual(signed, concatBytes(utf8('ezchat/v1/sign/drop\0'), Uint8Array.of(1, 2, 3)))
})
