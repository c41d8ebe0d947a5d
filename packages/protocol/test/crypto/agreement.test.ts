// noble and native are one function: on random input, and on input made to divide them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nativeCrypto } from '@ezchat/node/crypto/native.ts'
import { concatBytes, fromHex, toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { nobleCrypto } from '@ezchat/protocol/crypto/noble.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import { ProtocolError } from '@ezchat/protocol/errors.ts'
import { ed25519 } from '@noble/curves/ed25519.js'
import fc from 'fast-check'
import {
  NOT_CANONICAL,
  SMALL_ORDER,
  withLargerS,
} from '../../../../test/compliance/crypto/ed25519.ts'
import { LOW_ORDER } from '../../../../test/compliance/crypto/x25519.ts'

const native = nativeCrypto()
const noble = nobleCrypto(native.randomBytes)

type Answer = Uint8Array | Secret | boolean | null

/** The answer as text, or the code of the refusal. Anything else that is thrown is a defect. */
function outcomeOf(run: () => Answer): string {
  try {
    const answer = run()
    if (answer instanceof Secret) return toHex(answer.reveal())
    return answer instanceof Uint8Array ? toHex(answer) : String(answer)
  } catch (error: unknown) {
    if (error instanceof ProtocolError) return error.code
    throw error
  }
}

function agree(operation: (crypto: Crypto) => Answer): string {
  const outcome = outcomeOf(() => operation(native))
  assert.equal(
    outcomeOf(() => operation(noble)),
    outcome,
  )
  return outcome
}

const bytes = (minLength: number, maxLength = minLength) => fc.uint8Array({ minLength, maxLength })
const secret = (length: number) => bytes(length).map((key) => Secret.adopt(key))
const message = bytes(0, 300)

/** Some bits turned, cut short, or made longer: at times not changed at all. */
const mangle = (input: fc.Arbitrary<Uint8Array>) =>
  fc
    .tuple(input, fc.nat(), fc.constantFrom('flip', 'cut', 'extend', 'keep'))
    .map(([original, at, how]) => {
      if (how === 'cut') return original.slice(0, at % (original.length + 1))
      if (how === 'extend') return concatBytes(original, Uint8Array.of(at & 0xff))
      const copy = original.slice()
      if (how === 'flip' && copy.length > 0) copy[at % copy.length]! ^= 1 << (at & 7)
      return copy
    })

test('hashes agree', () => {
  fc.assert(
    fc.property(message, secret(32), bytes(0, 80), fc.nat(600), (data, key, salt, extra) => {
      agree((crypto) => crypto.sha256(data))
      agree((crypto) => crypto.sha512(data))
      agree((crypto) => crypto.sha3of256(data))
      agree((crypto) => crypto.hmacSha256(key, data))
      agree((crypto) => crypto.hmacSha256(Secret.adopt(salt), data))
      agree((crypto) => crypto.hkdfSha256({ key, salt, info: data, length: 1 + extra }))
    }),
  )
})

test('sealing and opening agree', () => {
  fc.assert(
    fc.property(secret(32), bytes(24), bytes(0, 60), message, (key, nonce, associated, plain) => {
      const short = nonce.subarray(0, 12)
      const sealed = agree((crypto) => crypto.chachaSeal(key, short, associated, plain))
      agree((crypto) => crypto.chachaOpen(key, short, associated, fromHex(sealed)))
      const extended = agree((crypto) => crypto.xchachaSeal(key, nonce, associated, plain))
      agree((crypto) => crypto.xchachaOpen(key, nonce, associated, fromHex(extended)))
    }),
  )
})

test('opening what was changed agrees', () => {
  const scene = fc
    .tuple(secret(32), bytes(24), bytes(0, 60), message)
    .chain(([key, nonce, associated, plain]) => {
      const sealed = native.chachaSeal(key, nonce.subarray(0, 12), associated, plain)
      const extended = native.xchachaSeal(key, nonce, associated, plain)
      return fc.record({
        key: fc.constant(key),
        nonce: fc.constant(nonce),
        associated: mangle(fc.constant(associated)),
        sealed: mangle(fc.constant(sealed)),
        extended: mangle(fc.constant(extended)),
      })
    })
  fc.assert(
    fc.property(scene, ({ key, nonce, associated, sealed, extended }) => {
      agree((crypto) => crypto.chachaOpen(key, nonce.subarray(0, 12), associated, sealed))
      agree((crypto) => crypto.xchachaOpen(key, nonce, associated, extended))
    }),
    { numRuns: 300 },
  )
})

test('x25519 agrees', () => {
  const point = fc.oneof(
    bytes(32),
    fc.constantFrom(...LOW_ORDER),
    mangle(fc.constantFrom(...LOW_ORDER)),
    // Not canonical: 2²⁵⁵ − 19 and above, with and without the bit that is ignored.
    fc.constantFrom(...NOT_CANONICAL),
    bytes(0, 40),
  )
  fc.assert(
    fc.property(secret(32), point, (key, u) => {
      agree((crypto) => crypto.x25519Public(key))
      agree((crypto) => crypto.x25519Shared(key, u))
    }),
    { numRuns: 150 },
  )
})

test('ed25519 makes the same keys and signatures', () => {
  fc.assert(
    fc.property(secret(32), message, (seed, data) => {
      const publicKey = fromHex(agree((crypto) => crypto.ed25519Public(seed)))
      const signature = fromHex(agree((crypto) => crypto.ed25519Sign(seed, data)))
      assert.equal(
        agree((crypto) => crypto.ed25519Verify(publicKey, data, signature)),
        'true',
      )
    }),
    { numRuns: 60 },
  )
})

test('ed25519 verifies what was changed with one verdict', () => {
  const point = fc.constantFrom(...SMALL_ORDER, ...NOT_CANONICAL)
  const scene = fc.tuple(secret(32), message).chain(([seed, data]) => {
    const publicKey = native.ed25519Public(seed)
    const signature = native.ed25519Sign(seed, data)
    const s = signature.subarray(32)
    return fc.record({
      data: mangle(fc.constant(data)),
      publicKey: fc.oneof(mangle(fc.constant(publicKey)), point, bytes(32)),
      signature: fc.oneof(
        mangle(fc.constant(signature)),
        point.map((r) => concatBytes(r, s)),
        point.map((r) => concatBytes(r, new Uint8Array(32))),
        fc.bigInt({ min: 0n, max: 15n }).map((times) => withLargerS(signature, times)),
        bytes(64),
      ),
    })
  })
  fc.assert(
    fc.property(scene, ({ data, publicKey, signature }) => {
      agree((crypto) => crypto.ed25519Verify(publicKey, data, signature))
    }),
    { numRuns: 300 },
  )
})

const { Point } = ed25519
const { Fn } = Point
const TORSION = Point.fromBytes(
  fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'),
)

function scalarOf(...parts: readonly Uint8Array[]): bigint {
  return Fn.create(BigInt(`0x${toHex(native.sha512(concatBytes(...parts)).reverse())}`))
}

/** A signature by a key with a torsion part, and what the rule of crypto.md §3 says about it. */
function signMixed(seed: bigint, nonce: bigint, parts: readonly [key: number, r: number]) {
  const data = Uint8Array.of(1, 2, 3)
  const torsion = (times: number) => Point.ZERO.add(TORSION.multiplyUnsafe(BigInt(times)))
  const publicKey = Point.BASE.multiply(seed).add(torsion(parts[0])).toBytes()
  const r = Point.BASE.multiply(nonce).add(torsion(parts[1])).toBytes()
  const h = scalarOf(r, publicKey, data)
  const s = Fn.create(nonce + h * seed)
  const encoded = Uint8Array.from({ length: 32 }, (_, i) => Number((s >> BigInt(8 * i)) & 0xffn))
  const signature = concatBytes(r, encoded)
  // S·B = R + h·A holds exactly when the torsion parts cancel, and always up to the cofactor.
  const verdict = (BigInt(parts[1]) + h * BigInt(parts[0])) % 8n === 0n
  return { data, publicKey, signature, verdict }
}

test('ed25519 takes a key of mixed order by the equation without the cofactor', () => {
  const verdicts = new Map<boolean, number>()
  const scalar = fc.bigInt({ min: 2n, max: Fn.ORDER - 1n })
  const parts = fc.tuple(fc.integer({ min: 0, max: 7 }), fc.integer({ min: 0, max: 7 }))
  fc.assert(
    fc.property(scalar, scalar, parts, (seed, nonce, torsion) => {
      const { data, publicKey, signature, verdict } = signMixed(seed, nonce, torsion)
      const actual = agree((crypto) => crypto.ed25519Verify(publicKey, data, signature))
      assert.equal(actual, String(verdict))
      verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1)
    }),
    { numRuns: 200 },
  )
  // One in eight is accepted: both verdicts were seen.
  assert.ok((verdicts.get(true) ?? 0) > 0 && (verdicts.get(false) ?? 0) > 0)
})

test('mlkem decapsulates with one result, whatever the ciphertext', () => {
  const scene = fc.tuple(secret(64), fc.boolean()).chain(([seed, byNoble]) => {
    const sender = byNoble ? noble : native
    const { ciphertext, shared } = sender.mlkemEncapsulate(native.mlkemPublic(seed))
    return fc.record({
      seed: fc.constant(seed),
      shared: fc.constant(shared),
      original: fc.constant(ciphertext),
      ciphertext: fc.oneof(mangle(fc.constant(ciphertext)), bytes(1088)),
    })
  })
  fc.assert(
    fc.property(scene, ({ seed, shared, original, ciphertext }) => {
      agree((crypto) => crypto.mlkemPublic(seed))
      const outcome = agree((crypto) => crypto.mlkemDecapsulate(seed, ciphertext))
      const genuine = toHex(original) === toHex(ciphertext)
      assert.equal(outcome === toHex(shared.reveal()), genuine)
    }),
    { numRuns: 80 },
  )
})

test('mlkem accepts the same public keys', () => {
  const scene = secret(64).chain((seed) => {
    const publicKey = native.mlkemPublic(seed)
    const overflowing = fc
      .tuple(fc.nat(767), fc.integer({ min: 3329, max: 4095 }))
      .map(([at, value]) => withCoefficient(publicKey, at, value))
    const edge = fc
      .tuple(fc.nat(767), fc.constantFrom(0, 3328, 3329))
      .map(([at, value]) => withCoefficient(publicKey, at, value))
    return fc.oneof(mangle(fc.constant(publicKey)), overflowing, edge, bytes(1184))
  })
  fc.assert(
    fc.property(scene, (publicKey) => {
      // The coins are random, hence only whether there is an answer.
      agree((crypto) => crypto.mlkemEncapsulate(publicKey).ciphertext.length === 1088)
    }),
    { numRuns: 150 },
  )
})

/** ByteEncode12 packs two coefficients into three bytes, FIPS 203 §4.2.1. */
function withCoefficient(publicKey: Uint8Array, at: number, value: number): Uint8Array {
  const copy = publicKey.slice()
  const first = Math.floor(at / 2) * 3
  if (at % 2 === 0) {
    copy[first] = value & 0xff
    copy[first + 1] = (copy[first + 1]! & 0xf0) | (value >> 8)
  } else {
    copy[first + 1] = (copy[first + 1]! & 0x0f) | ((value & 0x0f) << 4)
    copy[first + 2] = value >> 4
  }
  return copy
}
