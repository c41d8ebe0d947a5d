import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { ErrorCode } from '@ezchat/protocol/errors.ts'
import type { Vector } from '../vector.ts'
import { publicOf, WRONG_KEYS } from './reference/pieces.ts'
import { verdicts } from './reference/verdict.ts'

const decode = verdicts('address', 'decode')
const encode = verdicts('address', 'encode')

const ALPHABET = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l'
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3]
const BECH32M = 0x2bc830a3
const BECH32 = 1
const KEY = publicOf('address')

/** BIP 350's reference code, with the constant and the bits after the key open to lies. */
function spell(
  key: Uint8Array,
  lie: { prefix?: string; constant?: number; filler?: number } = {},
): string {
  const { prefix = 'ez', constant = BECH32M, filler = 0 } = lie
  const bits = [...key].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  const padded = bits + filler.toString(2).padStart(4, '0')
  const values = (padded.match(/.{5}/g) ?? []).map((group) => Number.parseInt(group, 2))
  const codes = [...prefix].map((letter) => letter.charCodeAt(0))
  const expanded = [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31)]
  let sum = 1
  for (const value of [...expanded, ...values, 0, 0, 0, 0, 0, 0]) {
    const top = sum >>> 25
    sum = ((sum & 0x1ffffff) << 5) ^ value
    for (let i = 0; i < 5; i++) if ((top >> i) & 1) sum ^= GENERATOR[i]!
  }
  sum ^= constant
  const check = [5, 4, 3, 2, 1, 0].map((i) => (sum >> (5 * i)) & 31)
  return `${prefix}1${[...values, ...check].map((value) => ALPHABET[value]).join('')}`
}

const address = spell(KEY)

function replaced(...places: readonly (readonly [at: number, letter: string])[]): string {
  const letters = [...address]
  for (const [at, letter] of places) letters[at] = letter
  return letters.join('')
}

/** Another letter of the alphabet. */
const other = (at: number): string => ALPHABET[(ALPHABET.indexOf(address[at]!) + 1) % 32]!

function bad(name: string, note: string, code: ErrorCode, text: string): Vector {
  return decode.bad(name, note, code, { address: text })
}

function mistyped(): Vector[] {
  const [a, b] = [address[30]!, address[31]!]
  return [
    bad(
      'wrong-character',
      'One character of the key is another.',
      'ADDRESS_CHECKSUM',
      replaced([17, other(17)]),
    ),
    bad(
      'wrong-checksum-character',
      'One of the last six is another.',
      'ADDRESS_CHECKSUM',
      replaced([60, other(60)]),
    ),
    bad(
      'two-wrong-characters',
      'Two are others.',
      'ADDRESS_CHECKSUM',
      replaced([5, other(5)], [40, other(40)]),
    ),
    bad(
      'swapped-characters',
      'Two neighbours have changed places.',
      'ADDRESS_CHECKSUM',
      replaced([30, b], [31, a]),
    ),
    bad('mixed-case', 'A capital among small letters.', 'ADDRESS_TEXT', `EZ${address.slice(2)}`),
    bad('foreign-character', 'The letter b is in no address.', 'ADDRESS_TEXT', replaced([20, 'b'])),
    bad('inner-space', 'A space in place of a character.', 'ADDRESS_TEXT', replaced([20, ' '])),
    bad('truncated', 'The last character is missing.', 'ADDRESS_LENGTH', address.slice(0, -1)),
    bad('trailing-character', 'A character too many.', 'ADDRESS_LENGTH', `${address}q`),
  ]
}

function misspelt(): Vector[] {
  const wrongKey = (name: keyof typeof WRONG_KEYS) => spell(WRONG_KEYS[name])
  return [
    bad(
      'bech32',
      'The older checksum, which lets a q be lost before a p.',
      'ADDRESS_CHECKSUM',
      spell(KEY, { constant: BECH32 }),
    ),
    bad(
      'filler-bits',
      'A second spelling of the same key.',
      'ADDRESS_FIELD',
      spell(KEY, { filler: 1 }),
    ),
    bad('small-order-key', 'Everybody can sign for it.', 'ADDRESS_INVALID', wrongKey('smallOrder')),
    bad(
      'torsion-key',
      'It would have several mailboxes for one day.',
      'ADDRESS_INVALID',
      wrongKey('torsion'),
    ),
    bad(
      'key-not-canonical',
      'A second spelling of a point.',
      'ADDRESS_INVALID',
      wrongKey('notCanonical'),
    ),
    bad('key-off-curve', 'No point at all.', 'ADDRESS_INVALID', wrongKey('offCurve')),
  ]
}

export function build(): Vector[] {
  const key = toHex(KEY)
  const notMine = (name: string, note: string, text: string) =>
    decode.notMine(name, note, { address: text })
  return [
    decode.good('lower-case', 'As it is written.', { address }, key),
    decode.good('upper-case', 'As a QR code holds it.', { address: address.toUpperCase() }, key),
    decode.good('white-space', 'As it is pasted.', { address: `\n ${address}\t` }, key),
    encode.good('encode', 'A key to its address.', { key }, address),
    notMine('petname', 'A name in the book of contacts.', 'ezra'),
    notMine('other-prefix', 'An address of something else.', spell(KEY, { prefix: 'bc' })),
    ...mistyped(),
    ...misspelt(),
  ]
}
