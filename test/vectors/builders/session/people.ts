// Everybody's keys and coins are SHA-256 of their names, so that the files stay the same.
import { concatBytes, utf8 } from '@ezchat/protocol/codec/bytes.ts'
import { nobleCrypto } from '@ezchat/protocol/crypto/noble.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import type { ErrorCode } from '@ezchat/protocol/errors.ts'
import { ERROR_TABLE } from '@ezchat/protocol/errors.ts'
import type { OwnParty } from '@ezchat/protocol/session/party.ts'
import { encodePrekeys, type Prekeys } from '@ezchat/protocol/session/prekeys.ts'
import { sha256 } from '@noble/hashes/sha2.js'
import { entries } from '../../entries/session.ts'
import type { Json, JsonObject, Vector } from '../../vector.ts'

export const NOW_SECONDS = 1_800_000_000
export const ROOM_BYTES = 400
export const FIRST_ROOM_BYTES = 2400
export const DAY_SECONDS = 86_400

export const named = (name: string, length = 32): Uint8Array => {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, i) =>
    sha256(utf8(`${name} ${i}`)),
  )
  return concatBytes(...blocks).slice(0, length)
}
export const secretOf = (name: string, length = 32) => Secret.adopt(named(name, length))

/** Draws are numbered, so that a second run draws the same. */
export function drawer(name: string) {
  let drawn = 0
  return (length: number) => named(`${name} draw ${drawn++}`, length)
}

export const crypto = nobleCrypto(drawer('builder'))
export const networkId = named('network')
export const associated = concatBytes(networkId, named('envelope header', 39))

export function ownOf(name: string): OwnParty & { readonly signSeed: Secret } {
  const deviceSecret = secretOf(`${name} device`)
  const signSeed = secretOf(`${name} sign`)
  const party = {
    identityKey: crypto.ed25519Public(secretOf(`${name} identity`)),
    deviceId: named(`${name} device id`, 16),
    signKey: crypto.ed25519Public(signSeed),
    deviceKey: crypto.x25519Public(deviceSecret),
  }
  return { party, deviceSecret, signSeed, proof: named(`${name} proof`, 40) }
}

export const alice = ownOf('alice')
export const bob = ownOf('bob')
export const PREKEY_ID = 0x5eed5eed
export const prekeys: Prekeys = {
  party: bob.party,
  id: PREKEY_ID,
  expiresSeconds: NOW_SECONDS + 90 * DAY_SECONDS,
  signedKey: crypto.x25519Public(secretOf('bob signed prekey')),
  kemKey: crypto.mlkemPublic(secretOf('bob kem prekey', 64)),
  oneTime: [1, 2].map((id) => ({ id, key: crypto.x25519Public(secretOf(`bob one-time ${id}`)) })),
}
export const withoutOneTime = { ...prekeys, oneTime: [] }

export interface Case {
  readonly name: string
  readonly note: string
  readonly entry: string
  readonly input: JsonObject
  readonly code?: ErrorCode
  readonly notMine?: true
}

export function vectorOf({ code, notMine, ...rest }: Case): Vector {
  const base = { format: 'session', ...rest }
  if (code !== undefined) {
    return { ...base, expect: ERROR_TABLE.get(code)!.failure, code }
  }
  if (notMine) return { ...base, expect: 'not-mine' }
  const output: Json = entries[rest.entry]!(rest.input, crypto)
  return { ...base, expect: 'ok', output }
}

export const bundle = encodePrekeys(crypto, prekeys, { networkId, signSeed: bob.signSeed })
