// The vectors that were copied by hand satisfy what they were made for, which no slip would.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { concatBytes, fromHex, toHex } from '@ezchat/protocol/codec/bytes.ts'
import { isAcceptableEd25519Key } from '@ezchat/protocol/crypto/ed25519-rules.ts'
import { nobleCrypto } from '@ezchat/protocol/crypto/noble.ts'
import { ed25519 } from '@noble/curves/ed25519.js'
import speccheck from '../../../../test/vectors/official/ed25519-speccheck.json' with {
  type: 'json',
}

const crypto = nobleCrypto((length) => new Uint8Array(length))
const { Point } = ed25519
const { Fn } = Point

const littleEndian = (bytes: Uint8Array) => BigInt(`0x${toHex(bytes.toReversed())}`)

/** What is left of S·B − R − h·A, with A and R hashed in one of their encodings. */
function remainders({ pk, msg, sig }: { pk: string; msg: string; sig: string }) {
  const [a, r, s] = [fromHex(pk), fromHex(sig.slice(0, 64)), fromHex(sig.slice(64))]
  const [pointA, pointR] = [Point.fromBytes(a, true), Point.fromBytes(r, true)]
  const encodings = [
    [a, r],
    [pointA.toBytes(), r],
    [a, pointR.toBytes()],
  ] as const
  return encodings.map(([hashedA, hashedR]) => {
    const h = Fn.create(littleEndian(crypto.sha512(concatBytes(hashedR, hashedA, fromHex(msg)))))
    const right = pointR.add(pointA.multiplyUnsafe(h))
    return Point.BASE.multiplyUnsafe(Fn.create(littleEndian(s))).subtract(right)
  })
}

const exact = (test: (typeof speccheck.tests)[number]) =>
  remainders(test).some((remainder) => remainder.is0())

test('every case of ed25519-speccheck holds at least up to the cofactor', () => {
  for (const test of speccheck.tests) {
    const upToCofactor = remainders(test).some((remainder) => remainder.clearCofactor().is0())
    assert.ok(upToCofactor, test.comment)
  }
})

test('the cases that hold exactly are those of the paper, and only one is accepted', () => {
  const holding = speccheck.tests.filter(exact).map((test) => test.case)
  assert.deepEqual(holding, [0, 1, 2, 3, 6, 7, 8, 9, 10, 11])
  const accepted = speccheck.tests.filter(({ verdict }) => verdict).map((test) => test.case)
  assert.deepEqual(accepted, [3])
})

test('the keys of the cases are small, mixed or plain as their comments say', () => {
  for (const { pk, comment } of speccheck.tests) {
    const point = Point.fromBytes(fromHex(pk), true)
    const small = point.isSmallOrder()
    const order = small ? 'small A' : point.isTorsionFree() ? 'S ' : 'mixed A'
    assert.ok(comment.includes(order) || comment.startsWith('small R'), comment)
    assert.equal(isAcceptableEd25519Key(fromHex(pk)), !small, comment)
  }
})
