// What two people compare to know that nobody stands between them: identity.md §4.
import { concatBytes } from '../codec/bytes.ts'
import {
  SAFETY_NUMBER_GROUP_DIGITS,
  SAFETY_NUMBER_GROUPS,
  SAFETY_NUMBER_ROUNDS,
} from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { HASH_LABELS, labelled } from '../crypto/labels.ts'
import { checkIdentityKey } from '../mailbox/blind.ts'

const GROUP_BYTES = 5
const GROUPS_A_SIDE = SAFETY_NUMBER_GROUPS / 2
const MODULUS = 10 ** SAFETY_NUMBER_GROUP_DIGITS

/** Twelve groups of five digits, the same for both sides. Throws KEY_LENGTH or KEY_INVALID. */
export function safetyNumberGroups(
  crypto: Crypto,
  identityKey: Uint8Array,
  otherKey: Uint8Array,
): readonly string[] {
  const sides = [identityKey, otherKey].map((key) => groupsOf(crypto, key))
  return sides.sort((a, b) => (a.join() < b.join() ? -1 : 1)).flat()
}

/** Sixty digits. */
export function safetyNumber(
  crypto: Crypto,
  identityKey: Uint8Array,
  otherKey: Uint8Array,
): string {
  return safetyNumberGroups(crypto, identityKey, otherKey).join('')
}

/** Rounds make a search for a key with the same thirty digits dearer by as much. */
function groupsOf(crypto: Crypto, identityKey: Uint8Array): readonly string[] {
  // A number that two people agree on must not stand for a key that anybody can use.
  const key = checkIdentityKey(identityKey).bytes
  let hash = crypto.sha512(labelled(HASH_LABELS.safetyNumber, key))
  for (let round = 1; round < SAFETY_NUMBER_ROUNDS; round++) {
    hash = crypto.sha512(concatBytes(hash, key))
  }
  return Array.from({ length: GROUPS_A_SIDE }, (_, i) => groupAt(hash, i * GROUP_BYTES))
}

/** Forty bits, big-endian, which a double holds exactly. */
function groupAt(hash: Uint8Array, at: number): string {
  const value = hash.subarray(at, at + GROUP_BYTES).reduce((sum, byte) => sum * 256 + byte, 0)
  return String(value % MODULUS).padStart(SAFETY_NUMBER_GROUP_DIGITS, '0')
}
