import { bech32m } from '@scure/base'
import { ADDRESS_CHARACTERS, ADDRESS_PREFIX } from '../constants.ts'
import { assertLength, PUBLIC_KEY_BYTES } from '../crypto/lengths.ts'
import { ProtocolError } from '../errors.ts'
import { isIdentityKey } from './identity-key.ts'

const ALPHABET = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l'
const START = `${ADDRESS_PREFIX}1`
// BIP 350: the checksum's generator over GF(32), and what distinguishes bech32m.
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3]
const RESIDUE = 0x2bc830a3
const CHECKSUM_CHARACTERS = 6

/** identity.md §3. */
export function encodeAddress(identityKey: Uint8Array): string {
  assertLength('identity key', identityKey.length, PUBLIC_KEY_BYTES)
  return bech32m.encode(ADDRESS_PREFIX, bech32m.toWords(identityKey))
}

/** identity.md §3. Null when the text does not begin as an address does, as no petname need. */
export function decodeAddress(text: string): Uint8Array | null {
  // A slice first: what is pasted may be a book.
  if (!text.slice(0, 4096).trimStart().toLowerCase().startsWith(START)) return null
  const address = text.trim()
  if (address.length !== ADDRESS_CHARACTERS) {
    const count = `${address.length} characters, expected ${ADDRESS_CHARACTERS}`
    throw new ProtocolError('ADDRESS_LENGTH', count)
  }
  const values = valuesOf(oneCase(address))
  const residue = residueOf(values)
  if (residue !== 0) throw new ProtocolError('ADDRESS_CHECKSUM', locate(residue, values.length))
  return keyOf(values.slice(0, -CHECKSUM_CHARACTERS))
}

/** QR codes hold upper case in fewer dots; a mixture is a sign of damage. */
function oneCase(address: string): string {
  const lower = address.toLowerCase()
  if (address !== lower && address !== address.toUpperCase()) {
    throw new ProtocolError('ADDRESS_TEXT', 'upper and lower case mixed')
  }
  return lower
}

function valuesOf(address: string): readonly number[] {
  return Array.from(address.slice(START.length), (character, i) => {
    const value = ALPHABET.indexOf(character)
    if (value !== -1) return value
    const position = START.length + i + 1
    throw new ProtocolError('ADDRESS_TEXT', `character ${position} is never in an address`)
  })
}

function step(checksum: number): number {
  const top = checksum >>> 25
  const shifted = (checksum & 0x1ffffff) << 5
  return GENERATOR.reduce((sum, term, i) => ((top >> i) & 1 ? sum ^ term : sum), shifted)
}

/** Zero for a right address. */
function residueOf(values: readonly number[]): number {
  const codes = Array.from(ADDRESS_PREFIX, (letter) => letter.charCodeAt(0))
  const prefix = [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31)]
  return [...prefix, ...values].reduce((sum, value) => step(sum) ^ value, 1) ^ RESIDUE
}

/**
 * The code is linear, so one wrong character leaves a residue of its own place and difference.
 * Only the place is told: who corrects an address instead of asking may pay a stranger.
 */
function locate(residue: number, length: number): string | undefined {
  for (let difference = 1; difference < ALPHABET.length; difference++) {
    let trace = difference
    for (let at = length - 1; at >= 0; at--) {
      if (trace === residue) return `character ${START.length + at + 1} seems to be wrong`
      trace = step(trace)
    }
  }
  return undefined
}

function keyOf(values: readonly number[]): Uint8Array {
  const key = bech32m.fromWordsUnsafe([...values])
  if (!key) throw new ProtocolError('ADDRESS_FIELD', 'bits after the key are not zero')
  if (!isIdentityKey(key)) throw new ProtocolError('ADDRESS_INVALID', 'no identity has such a key')
  return key
}
