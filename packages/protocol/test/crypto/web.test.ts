// What a platform lacks, or does in its own way, is left to the fallback.
import assert from 'node:assert/strict'
import { webcrypto } from 'node:crypto'
import { describe, test } from 'node:test'
import { nativeCrypto } from '@ezchat/node/crypto/native.ts'
import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import { toAsync } from '@ezchat/protocol/crypto/async.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import type { SubtleLike } from '@ezchat/protocol/crypto/subtle.ts'
import { webCrypto } from '@ezchat/protocol/crypto/web.ts'
import { probeWeb } from '@ezchat/protocol/crypto/web-probe.ts'
import {
  NOT_CANONICAL,
  SMALL_ORDER,
  withLargerS,
} from '../../../../test/compliance/crypto/ed25519.ts'
import { cryptoCompliance } from '../../../../test/compliance/crypto.ts'

const native = nativeCrypto()
const real: SubtleLike = webcrypto.subtle

const HAS_ALL = {
  digest: true,
  hmac: true,
  hkdf: true,
  x25519: true,
  ed25519Sign: true,
  ed25519Verify: true,
}

/** The platform's own, but for some operations. */
function subtleWith(operations: Partial<SubtleLike>): SubtleLike {
  return {
    digest: (...args) => real.digest(...args),
    importKey: (...args) => real.importKey(...args),
    sign: (...args) => real.sign(...args),
    verify: (...args) => real.verify(...args),
    deriveBits: (...args) => real.deriveBits(...args),
    ...operations,
  }
}

const refuse = () => Promise.reject(new Error('NotSupportedError'))

/** Answers the known questions of the probe, then nothing any more. */
function subtleThatFailsLater(): { readonly subtle: SubtleLike; fail(): void } {
  let failing = false
  const until = <A extends unknown[], R>(operation: (...args: A) => Promise<R>) => {
    return (...args: A) => (failing ? refuse() : operation(...args))
  }
  const { digest, importKey, sign, verify, deriveBits } = subtleWith({})
  const subtle = {
    digest: until(digest),
    importKey: until(importKey),
    sign: until(sign),
    verify: until(verify),
    deriveBits: until(deriveBits),
  }
  return {
    subtle,
    fail: () => {
      failing = true
    },
  }
}

test('Node has all that is asked of WebCrypto', async () => {
  assert.deepEqual(await probeWeb(real), HAS_ALL)
})

test('a platform that refuses an algorithm does not have it', async () => {
  const without = (name: string) =>
    subtleWith({
      importKey: (format, data, algorithm, extractable, uses) =>
        JSON.stringify(algorithm).includes(name)
          ? refuse()
          : real.importKey(format, data, algorithm, extractable, uses),
    })
  assert.deepEqual(await probeWeb(without('X25519')), { ...HAS_ALL, x25519: false })
  assert.deepEqual(await probeWeb(without('HKDF')), { ...HAS_ALL, hkdf: false })
  assert.deepEqual(await probeWeb(without('HMAC')), { ...HAS_ALL, hmac: false })
  assert.deepEqual(await probeWeb(without('Ed25519')), {
    ...HAS_ALL,
    ed25519Sign: false,
    ed25519Verify: false,
  })
})

test('signatures that are random are not ours', async () => {
  const subtle = subtleWith({
    sign: async (algorithm, key, data) => {
      const signature = await real.sign(algorithm, key, data)
      if (algorithm === 'Ed25519') new Uint8Array(signature)[0]! ^= 1
      return signature
    },
  })
  assert.deepEqual(await probeWeb(subtle), { ...HAS_ALL, ed25519Sign: false })
})

test('a verifier that multiplies by the cofactor is not ours', async () => {
  const accepting = subtleWith({ verify: () => Promise.resolve(true) })
  assert.deepEqual(await probeWeb(accepting), { ...HAS_ALL, ed25519Verify: false })
  const strict = subtleWith({ verify: () => Promise.resolve(false) })
  assert.deepEqual(await probeWeb(strict), { ...HAS_ALL, ed25519Verify: false })
})

test('what the rules refuse is not left to the platform', async () => {
  let credulous = false
  const subtle = subtleWith({
    verify: (...args) => (credulous ? Promise.resolve(true) : real.verify(...args)),
  })
  const crypto = await webCrypto(native, subtle)
  credulous = true
  const seed = Secret.adopt(native.randomBytes(32))
  const message = new Uint8Array(8)
  const publicKey = native.ed25519Public(seed)
  const signature = native.ed25519Sign(seed, message)
  assert.equal(await crypto.ed25519Verify(publicKey, message, new Uint8Array(64).fill(2)), true)
  for (const point of [...SMALL_ORDER, ...NOT_CANONICAL]) {
    assert.equal(await crypto.ed25519Verify(point, message, signature), false)
    const withR = Uint8Array.of(...point, ...signature.subarray(32))
    assert.equal(await crypto.ed25519Verify(publicKey, message, withR), false)
  }
  const larger = withLargerS(signature, 1n)
  assert.equal(await crypto.ed25519Verify(publicKey, message, larger), false)
})

test('a shared secret of zeroes is not left to the platform', async () => {
  const zeroes = () => Promise.resolve(new ArrayBuffer(32))
  let careless = false
  const subtle = subtleWith({
    deriveBits: (...args) => (careless ? zeroes() : real.deriveBits(...args)),
  })
  const crypto = await webCrypto(native, subtle)
  careless = true
  const secret = Secret.adopt(native.randomBytes(32))
  const pending = crypto.x25519Shared(secret, new Uint8Array(32))
  await assert.rejects(pending, { code: 'KEY_INVALID' })
})

const lacking: Record<string, SubtleLike> = {
  'a platform with nothing': {
    digest: refuse,
    importKey: refuse,
    sign: refuse,
    verify: refuse,
    deriveBits: refuse,
  },
  'a platform without curves': subtleWith({
    importKey: (format, data, algorithm, extractable, uses) =>
      typeof algorithm === 'string' && algorithm !== 'HKDF'
        ? refuse()
        : real.importKey(format, data, algorithm, extractable, uses),
  }),
}

for (const [name, subtle] of Object.entries(lacking)) {
  describe(name, () => {
    const make = () => webCrypto(native, subtle, { hashBytesMin: 0 })
    for (const { name, run } of cryptoCompliance(make)) test(name, run)
  })
}

describe('a platform that fails after the probe', () => {
  const make = async () => {
    const { subtle, fail } = subtleThatFailsLater()
    const crypto = await webCrypto(native, subtle, { hashBytesMin: 0 })
    fail()
    return crypto
  }
  for (const { name, run } of cryptoCompliance(make)) test(name, run)
})

test('a secret is imported once, and its copy is wiped', async () => {
  const imports: { format: string; data: Uint8Array }[] = []
  const subtle = subtleWith({
    importKey: (format, data, algorithm, extractable, uses) => {
      imports.push({ format, data })
      return real.importKey(format, data, algorithm, extractable, uses)
    },
  })
  const crypto = await webCrypto(native, subtle)
  imports.length = 0
  const seed = Secret.adopt(native.randomBytes(32))
  const message = new Uint8Array(8)
  await crypto.ed25519Sign(seed, message)
  await crypto.ed25519Sign(seed, message)
  assert.equal(imports.length, 1)
  assert.equal(imports[0]?.format, 'pkcs8')
  assert.match(toHex(imports[0]?.data ?? message), /^0+$/)
})

test('what throws becomes a rejection', async () => {
  const crypto = toAsync(native)
  const pending = crypto.x25519Shared(Secret.adopt(native.randomBytes(32)), new Uint8Array(32))
  await assert.rejects(pending, { code: 'KEY_INVALID' })
})

test('the name says what is underneath', async () => {
  assert.equal((await webCrypto(native, real)).name, 'web over native')
  const lesser = await webCrypto(native, lacking['a platform with nothing']!)
  assert.equal(lesser.name, 'web over native')
  assert.equal(toAsync(native).name, 'native')
})
