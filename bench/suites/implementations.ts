import { nativeCrypto } from '@ezchat/node/crypto/native.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { nobleCrypto } from '@ezchat/protocol/crypto/noble.ts'
import type { Contender } from '../frame/case.ts'

export const native = nativeCrypto()
export const noble = nobleCrypto((length) => native.randomBytes(length))

/** The same work on Node's own cryptography, which is what a daemon uses, and on noble. */
export function besideNoble(
  work: (crypto: Crypto) => { readonly run: () => unknown; readonly check: Contender['check'] },
): Contender[] {
  return [
    { name: 'native', ...work(native) },
    { name: 'noble', ...work(noble) },
  ]
}
