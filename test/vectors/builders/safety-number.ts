import { concatBytes, toHex, utf8 } from '@ezchat/protocol/codec/bytes.ts'
import type { ErrorCode } from '@ezchat/protocol/errors.ts'
import { sha512 } from '@noble/hashes/sha2.js'
import type { Vector } from '../vector.ts'
import { publicOf, WRONG_KEYS } from './reference/pieces.ts'
import { verdicts } from './reference/verdict.ts'

const number = verdicts('safety-number', 'number')
const groups = verdicts('safety-number', 'groups')

/** Thirty digits: whole numbers here, where the implementation has doubles. */
function halfOf(key: Uint8Array): string {
  let hash = sha512(concatBytes(utf8('ezchat/v1/hash/safety-number\0'), key))
  for (let round = 2; round <= 5200; round++) hash = sha512(concatBytes(hash, key))
  const digits = [0, 5, 10, 15, 20, 25].map((at) => {
    const value = BigInt(`0x${toHex(hash.subarray(at, at + 5))}`)
    return (value % 100_000n).toString().padStart(5, '0')
  })
  return digits.join('')
}

const sides = ['alice', 'bob', 'carol', 'dave'].map((name) => {
  const key = publicOf(`safety ${name}`)
  return { key: toHex(key), half: halfOf(key) }
})

type Side = (typeof sides)[number]
const input = (a: Side, b: Side) => ({ identityKey: a.key, otherKey: b.key })
const digits = (a: Side, b: Side): string => [a.half, b.half].sort().join('')

export function build(): Vector[] {
  const [alice, bob, carol, dave] = sides as [Side, Side, Side, Side]
  const good = (name: string, note: string, a: Side, b: Side): Vector =>
    number.good(name, note, input(a, b), digits(a, b))
  const bad = (name: string, note: string, code: ErrorCode, otherKey: Uint8Array): Vector =>
    number.bad(name, note, code, { identityKey: alice.key, otherKey: toHex(otherKey) })
  return [
    bad('torsion-key', 'A key that no identity may have.', 'KEY_INVALID', WRONG_KEYS.torsion),
    bad(
      'small-order-key',
      'A key that everybody can sign for.',
      'KEY_INVALID',
      WRONG_KEYS.smallOrder,
    ),
    bad('short-key', 'A key that lost a byte.', 'KEY_LENGTH', publicOf('x').subarray(1)),
    good('alice-and-bob', 'As Alice sees it.', alice, bob),
    good('bob-and-alice', 'As Bob sees it: the same.', bob, alice),
    good('alice-and-carol', 'Another partner, another number.', alice, carol),
    good('carol-and-dave', 'Two others, with a number of theirs.', carol, dave),
    good('alone', 'One’s own key on both sides.', alice, alice),
    groups.good(
      'groups',
      'Twelve groups of five digits, zeros in front included.',
      input(alice, bob),
      digits(alice, bob).match(/.{5}/g)!,
    ),
  ]
}
