// A secret that is printed by mistake must not show. The canary is text, so that it would.
import assert from 'node:assert/strict'
import { webcrypto } from 'node:crypto'
import { test } from 'node:test'
import { format, inspect } from 'node:util'
import { deserialize, serialize } from 'node:v8'
import { nativeCrypto } from '@ezchat/node/crypto/native.ts'
import { toHex, utf8 } from '@ezchat/protocol/codec/bytes.ts'
import { toAsync } from '@ezchat/protocol/crypto/async.ts'
import type { CryptoAsync } from '@ezchat/protocol/crypto/crypto.ts'
import { nobleCrypto } from '@ezchat/protocol/crypto/noble.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import { webCrypto } from '@ezchat/protocol/crypto/web.ts'
import { AssertionError, ProtocolError } from '@ezchat/protocol/errors.ts'

const CANARY = 'canary-in-the-coal-mine-that-nobody-may-see-or-hear-sing-at-all!!'
const canary = (length: number): Secret => Secret.adopt(utf8(CANARY).slice(0, length))

const SHAPES = [
  CANARY.slice(0, 8),
  toHex(utf8(CANARY.slice(0, 8))),
  [...utf8(CANARY.slice(0, 4))].join(','),
  Buffer.from(CANARY.slice(0, 6)).toString('base64'),
]

// Without spaces and capitals: inspect breaks and pads its lines as it likes.
const plainText = (text: string) => text.toLowerCase().replaceAll(/\s/g, '')

function hides(text: string, what: string): void {
  const seen = plainText(text)
  for (const shape of SHAPES) {
    assert.ok(!seen.includes(plainText(shape)), `${what} shows ${shape} in ${text}`)
  }
}

/** Every way in which a value becomes text, or bytes that leave. */
function viewsOf(value: unknown): Record<string, string> {
  const views: Record<string, () => string> = {
    inspect: () => inspect(value),
    'inspect with all': () =>
      inspect(value, { showHidden: true, depth: Infinity, getters: true, maxArrayLength: null }),
    'inspect without custom': () =>
      inspect(value, { showHidden: true, depth: Infinity, customInspect: false }),
    format: () => format('%s %o %O %j', value, value, value, value),
    JSON: () => JSON.stringify(value) ?? '',
    'JSON of an array': () => JSON.stringify([value, { value }]),
    String: () => String(value),
    template: () => `${value}`,
    concatenation: () => ''.concat(value as string),
    entries: () => JSON.stringify(Object.entries(value as object)),
    spread: () => JSON.stringify({ ...(value as object) }),
    'own keys': () =>
      Reflect.ownKeys(value as object)
        .map(String)
        .join(),
    clone: () => inspect(structuredClone({ value }), { showHidden: true, depth: Infinity }),
    v8: () => `${serialize(value).toString('latin1')}${inspect(deserialize(serialize(value)))}`,
  }
  return Object.fromEntries(Object.entries(views).map(([name, view]) => [name, view()]))
}

function hidesInAllViews(value: unknown, what: string): void {
  for (const [name, text] of Object.entries(viewsOf(value))) hides(text, `${what}, ${name}`)
}

test('the canary is found where it is', () => {
  for (const bytes of [utf8(CANARY), Buffer.from(CANARY)]) {
    assert.throws(() => hides(inspect(bytes, { maxArrayLength: null }), 'bytes'))
    assert.throws(() => hides(toHex(bytes), 'hex'))
  }
  assert.throws(() => hides(CANARY, 'text'))
})

test('a secret shows itself in no view', () => {
  hidesInAllViews(canary(32), 'a secret')
  hidesInAllViews(Secret.copy(utf8(CANARY)), 'a copied secret')
  hidesInAllViews([canary(32)], 'an array')
  hidesInAllViews({ identity: { key: canary(32) } }, 'an object')
  hidesInAllViews(new Map([['key', canary(32)]]), 'a map')
  hidesInAllViews(new Error('failed', { cause: { key: canary(32) } }), 'the cause of an error')
  hidesInAllViews(new AggregateError([{ key: canary(32) }]), 'an error of errors')
})

test('a secret shows as such', () => {
  assert.equal(inspect(canary(32)), '[secret]')
  assert.equal(JSON.stringify({ key: canary(32) }), '{"key":"[secret]"}')
  assert.equal(`${canary(32)}`, '[secret]')
})

test('a secret that was wiped has no bytes left, and stops the program when it is used', () => {
  const bytes = utf8(CANARY)
  const secret = Secret.adopt(bytes)
  secret.wipe()
  secret.wipe()
  assert.ok(bytes.every((byte) => byte === 0))
  assert.throws(() => secret.reveal(), AssertionError)
  assert.throws(() => secret.length, AssertionError)
  assert.equal(inspect(secret), '[secret]')
})

test('whoever keeps something made of a secret is told once when it is wiped', () => {
  const secret = canary(32)
  const told: string[] = []
  secret.onWipe(() => told.push('first'))
  secret.onWipe(() => told.push('second'))
  hidesInAllViews(secret, 'a secret with listeners')
  assert.equal(told.length, 0)
  secret.wipe()
  secret.wipe()
  assert.deepEqual(told, ['first', 'second'])
  assert.throws(() => secret.onWipe(() => told.push('third')), AssertionError)
})

test('a copy has bytes of its own, an adopted secret has not', () => {
  const bytes = Uint8Array.of(1, 2, 3)
  const copy = Secret.copy(bytes)
  const adopted = Secret.adopt(bytes)
  assert.equal(adopted.reveal(), bytes)
  adopted.wipe()
  assert.deepEqual(copy.reveal(), Uint8Array.of(1, 2, 3))
})

const native = nativeCrypto()
const noble = nobleCrypto(native.randomBytes)
const none = new Uint8Array(0)

/** Each operation that takes a secret, each given something that it refuses. */
const FAILURES: Record<string, (crypto: CryptoAsync) => Promise<unknown>> = {
  hkdfSha256: (crypto) => crypto.hkdfSha256({ key: canary(32), salt: none, info: none, length: 0 }),
  'chachaSeal, key': (crypto) => crypto.chachaSeal(canary(31), new Uint8Array(12), none, none),
  'chachaSeal, nonce': (crypto) => crypto.chachaSeal(canary(32), none, none, none),
  'chachaOpen, key': (crypto) => crypto.chachaOpen(canary(33), new Uint8Array(12), none, none),
  'chachaOpen, nonce': (crypto) => crypto.chachaOpen(canary(32), none, none, none),
  'xchachaSeal, key': (crypto) => crypto.xchachaSeal(canary(31), new Uint8Array(24), none, none),
  'xchachaSeal, nonce': (crypto) => crypto.xchachaSeal(canary(32), none, none, none),
  'xchachaOpen, key': (crypto) => crypto.xchachaOpen(canary(31), new Uint8Array(24), none, none),
  x25519Public: (crypto) => crypto.x25519Public(canary(31)),
  'x25519Shared, secret': (crypto) => crypto.x25519Shared(canary(33), new Uint8Array(32)),
  'x25519Shared, small order': (crypto) => crypto.x25519Shared(canary(32), new Uint8Array(32)),
  'x25519Shared, length': (crypto) => crypto.x25519Shared(canary(32), none),
  ed25519Public: (crypto) => crypto.ed25519Public(canary(31)),
  ed25519Sign: (crypto) => crypto.ed25519Sign(canary(33), none),
  mlkemPublic: (crypto) => crypto.mlkemPublic(canary(63)),
  'mlkemDecapsulate, seed': (crypto) => crypto.mlkemDecapsulate(canary(32), new Uint8Array(1088)),
  'mlkemDecapsulate, length': (crypto) => crypto.mlkemDecapsulate(canary(64), none),
  'mlkemEncapsulate, modulus': (crypto) => crypto.mlkemEncapsulate(new Uint8Array(1184).fill(255)),
}

const implementations: Record<string, () => CryptoAsync | Promise<CryptoAsync>> = {
  noble: () => toAsync(noble),
  native: () => toAsync(native),
  web: () => webCrypto(noble, webcrypto.subtle),
}

for (const [name, make] of Object.entries(implementations)) {
  test(`no failure of ${name} shows a secret`, async () => {
    const crypto = await make()
    for (const [operation, fail] of Object.entries(FAILURES)) {
      const error: unknown = await fail(crypto).then(
        () => assert.fail(`${operation} did not fail`),
        (reason: unknown) => reason,
      )
      assert.ok(error instanceof ProtocolError || error instanceof AssertionError, operation)
      hidesInAllViews(error, operation)
      hides(error.stack ?? '', `${operation}, stack`)
      if (error.cause !== undefined) hidesInAllViews(error.cause, `${operation}, cause`)
    }
  })

  test(`${name} shows nothing of the secrets that it has imported`, async () => {
    const crypto = await make()
    const [seed, kemSeed] = [canary(32), canary(64)]
    await crypto.ed25519Sign(seed, none)
    await crypto.x25519Public(seed)
    await crypto.mlkemPublic(kemSeed)
    hides(inspect(crypto, { showHidden: true, depth: Infinity }), 'the implementation')
    hides(inspect([seed, kemSeed], { showHidden: true, depth: Infinity }), 'the secrets')
    const derived = await crypto.hkdfSha256({ key: seed, salt: none, info: none, length: 32 })
    assert.equal(inspect(derived), '[secret]')
  })
}
