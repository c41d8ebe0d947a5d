import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { nobleCrypto } from '../../src/crypto/noble.ts'
import { safetyNumber, safetyNumberGroups } from '../../src/identity/safety-number.ts'
import { crypto, seedOf } from './device-logs.ts'

const keyOf = (name: string) => crypto.ed25519Public(seedOf(name))
const [alice, bob] = [keyOf('alice'), keyOf('bob')]

/** The same again, from the specification's words alone. */
function halfOf(key: Uint8Array): string {
  let hash = createHash('sha512').update('ezchat/v1/hash/safety-number\0').update(key).digest()
  for (let i = 0; i < 5199; i++) hash = createHash('sha512').update(hash).update(key).digest()
  let digits = ''
  for (let i = 0; i < 30; i += 5) digits += `${hash.readUIntBE(i, 5) % 100_000}`.padStart(5, '0')
  return digits
}

test('a safety number is sixty digits, the smaller half first, the same from both sides', () => {
  const number = safetyNumber(crypto, alice, bob)
  assert.match(number, /^[0-9]{60}$/)
  assert.equal(number, safetyNumber(crypto, bob, alice))
  assert.equal(number, [halfOf(alice), halfOf(bob)].sort().join(''))
  assert.equal(safetyNumberGroups(crypto, alice, bob).join(''), number)
  assert.equal(safetyNumberGroups(crypto, alice, bob).length, 12)
})

test('another key gives another number, and the crypto behind it does not matter', () => {
  const numbers = ['carol', 'dave', 'eve'].map((name) => safetyNumber(crypto, alice, keyOf(name)))
  assert.equal(new Set([...numbers, safetyNumber(crypto, alice, bob)]).size, 4)
  const noble = nobleCrypto((length) => new Uint8Array(length))
  assert.equal(safetyNumber(noble, alice, bob), safetyNumber(crypto, alice, bob))
})

test('one may have oneself as a contact, and a key that no identity has is refused', () => {
  const number = safetyNumber(crypto, alice, alice)
  assert.equal(number.slice(0, 30), number.slice(30))
  assert.throws(() => safetyNumber(crypto, alice, bob.subarray(1)), { code: 'KEY_LENGTH' })
  assert.throws(() => safetyNumber(crypto, new Uint8Array(32), bob), { code: 'KEY_INVALID' })
})
