import { base64urlnopad } from '@scure/base'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const VALUES: ReadonlyMap<string, number> = new Map([...ALPHABET].map((c, value) => [c, value]))

export function encodeBase64url(bytes: Uint8Array): string {
  return base64urlnopad.encode(bytes)
}

export interface Base64urlText {
  readonly bytes: Uint8Array
  /** False when no encoder writes this text: a lone last character, or filler bits that are set. */
  readonly canonical: boolean
}

/**
 * Null for a character outside RFC 4648 §5. Whoever reads a text that may be cut short looks at
 * `canonical` after its checksum, so that a cut is told as what it is.
 */
export function decodeBase64url(text: string): Base64urlText | null {
  const bytes = new Uint8Array(Math.floor((text.length * 6) / 8))
  let bits = 0
  let bitCount = 0
  let at = 0
  for (const character of text) {
    const value = VALUES.get(character)
    if (value === undefined) return null
    bits = (bits << 6) | value
    bitCount += 6
    if (bitCount >= 8) {
      bitCount -= 8
      bytes[at++] = bits >> bitCount
      bits &= (1 << bitCount) - 1
    }
  }
  return { bytes, canonical: text.length % 4 !== 1 && bits === 0 }
}
