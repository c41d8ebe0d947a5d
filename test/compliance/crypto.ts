// What every implementation of `Crypto` does, in Node and in a browser: docs/spec/crypto.md.
import type { CryptoAsync } from '@ezchat/protocol/crypto/crypto.ts'
import type { Check } from './check.ts'
import { aeadChecks } from './crypto/aead.ts'
import { conductChecks } from './crypto/conduct.ts'
import { ed25519Checks } from './crypto/ed25519.ts'
import { hashingChecks } from './crypto/hashing.ts'
import { mlkemChecks } from './crypto/mlkem.ts'
import { x25519Checks } from './crypto/x25519.ts'

export type { Check } from './check.ts'
export { coinsChecks } from './crypto/mlkem.ts'

/** A synchronous implementation goes through `toAsync`. */
export function cryptoCompliance(make: () => Promise<CryptoAsync> | CryptoAsync): Check[] {
  let made: Promise<CryptoAsync> | undefined
  const crypto = () => {
    made ??= Promise.resolve(make())
    return made
  }
  return [
    ...hashingChecks(crypto),
    ...aeadChecks(crypto),
    ...x25519Checks(crypto),
    ...ed25519Checks(crypto),
    ...mlkemChecks(crypto),
    ...conductChecks(crypto),
  ]
}
