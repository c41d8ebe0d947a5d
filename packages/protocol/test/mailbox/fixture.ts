import { nobleCrypto } from '../../src/crypto/noble.ts'
import { Secret } from '../../src/crypto/secret.ts'

let drawn = 0

/** Never the same twice, always the same in each run. */
function countedBytes(length: number): Uint8Array {
  drawn += 1
  return Uint8Array.from({ length }, (_, at) => (drawn * 37 + at * 11) & 0xff)
}

export const crypto = nobleCrypto(countedBytes)

export function filled(byte: number): Uint8Array {
  return new Uint8Array(32).fill(byte)
}

export function secretOf(byte: number): Secret {
  return Secret.adopt(filled(byte))
}

export const NETWORK_ID = filled(0x11)
export const NOW_SECONDS = 1_800_000_000
export const DAY_SECONDS = 86_400
export const TTL_DAYS = 30
