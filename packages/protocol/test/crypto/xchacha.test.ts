import assert from 'node:assert/strict'
import { test } from 'node:test'
import { concatBytes, fromHex, toHex } from '@ezchat/protocol/codec/bytes.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import { chachaOfXchacha } from '@ezchat/protocol/crypto/xchacha.ts'
import { AssertionError } from '@ezchat/protocol/errors.ts'
import draft from '../../../../test/vectors/official/xchacha-draft.json' with { type: 'json' }

test('HChaCha20 follows the draft, §2.2.1', () => {
  const nonce = concatBytes(fromHex(draft.nonce), Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8))
  const key = Secret.adopt(fromHex(draft.key))
  const once = chachaOfXchacha(key, nonce)
  assert.equal(toHex(once.key.reveal()), draft.derived)
  assert.equal(toHex(once.nonce), '000000000102030405060708')
  assert.equal(toHex(key.reveal()), draft.key)
})

test('a key or nonce of another length is a mistake of ours', () => {
  const key = Secret.adopt(new Uint8Array(32))
  assert.throws(() => chachaOfXchacha(key, new Uint8Array(12)), AssertionError)
  const short = Secret.adopt(new Uint8Array(31))
  assert.throws(() => chachaOfXchacha(short, new Uint8Array(24)), AssertionError)
})
