// Who is in the groups of the vectors, and what they begin with.
import { compareBytes, concatBytes, toHex, utf8 } from '@ezchat/protocol/codec/bytes.ts'
import type { Json } from '../../vector.ts'
import {
  change,
  hashOf,
  type OpParts,
  op,
  refOf,
  type Who,
  who,
  ZERO,
} from '../reference/groups.ts'
import { secretOf } from '../reference/pieces.ts'

export const ALICE = who('alice')
export const BOB = who('bob')
export const CAROL = who('carol')
export const DAVE = who('dave')
export const PEOPLE = [ALICE, BOB, CAROL, DAVE]
export const LINK = secretOf('group link')

export const packed = (people: readonly Who[]): Json =>
  people.map((one) => toHex(concatBytes(refOf(one), one.signKey, one.exchangeKey)))

export const sorted = (people: readonly Who[]): Who[] =>
  [...people].sort((a, b) => compareBytes(a.identity, b.identity))

export const CREATE = op({
  groupId: ZERO,
  parents: [],
  depth: 0,
  author: ALICE,
  change: change.create(),
})
export const GROUP_ID = hashOf(CREATE)

export function after(
  parents: readonly Uint8Array[],
  depth: number,
  author: Who,
  what: Uint8Array,
  lie: Partial<OpParts> = {},
) {
  const hashes = parents.map(hashOf).sort(compareBytes)
  return op({ groupId: GROUP_ID, parents: hashes, depth, author, change: what, ...lie })
}

const both = (role: number) =>
  change.add(sorted([BOB, CAROL]).map((one) => [one, one === BOB ? role : 0]))
/** Bob is an admin, Carol a member. */
export const ADD = after([CREATE], 1, ALICE, both(1))
export const BASE = [CREATE, ADD]

export const CONTENT = utf8('hello, all of you')
