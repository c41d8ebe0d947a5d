// Envelopes, a key-value and a store's arguments for the tests of this folder.
import { nativeCrypto } from '@ezchat/node/crypto/native.ts'
import type { EzchatError } from '@ezchat/node/errors.ts'
import type { StoreInit } from '@ezchat/node/store/envelope-store.ts'
import type { Envelope } from '@ezchat/protocol/envelope/decode.ts'
import { envelopeOf, FREE, NOW_SECONDS } from '../../../../test/compliance/envelope-store.ts'

export { FREE, NOW_SECONDS }
export const crypto = nativeCrypto()

export const INIT: StoreInit = {
  ...{ crypto, network: FREE, quotaBytes: 2 ** 40, isOwn: () => false },
}

export function several(count: number, from = 0): Envelope[] {
  return Array.from({ length: count }, (_, at) => envelopeOf({ number: from + at }))
}

/** For assert.rejects. */
export function coded(code: string, says = /./): (error: EzchatError) => boolean {
  return (error) => {
    if (error.code === code && says.test(error.message)) return true
    throw new Error(`expected ${code} ${says}, got ${error.stack}`)
  }
}
