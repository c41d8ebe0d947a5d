// The network of the two processes that push and carry.
import { nativeCrypto } from '@ezchat/node/crypto/native.ts'
import { createNetwork } from '@ezchat/protocol/network/descriptor.ts'

export const crypto = nativeCrypto()

// Postage is another case's: here nobody works for it.
export const PUSH_NETWORK = createNetwork(crypto, {
  ...{ name: 'bench', shardBits: 4, ttlDays: 30, price: 0, bucketsMask: 15, keyCheck: null },
})
export const PUSH_COUNT = 64
export const ENVELOPE_BYTES = 1024
