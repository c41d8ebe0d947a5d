import { webcrypto } from 'node:crypto'
import { describe, test } from 'node:test'
import { nativeCrypto } from '@ezchat/node/crypto/native.ts'
import { toAsync } from '@ezchat/protocol/crypto/async.ts'
import type { CryptoAsync } from '@ezchat/protocol/crypto/crypto.ts'
import { nobleCrypto } from '@ezchat/protocol/crypto/noble.ts'
import { webCrypto } from '@ezchat/protocol/crypto/web.ts'
import { coinsChecks, cryptoCompliance } from '../../../../test/compliance/crypto.ts'

const native = nativeCrypto()
const noble = nobleCrypto(native.randomBytes)

const implementations: Record<string, () => CryptoAsync | Promise<CryptoAsync>> = {
  noble: () => toAsync(noble),
  native: () => toAsync(native),
  'native with a random source of its own': () =>
    toAsync(nativeCrypto({ random: native.randomBytes })),
  web: () => webCrypto(noble, webcrypto.subtle),
  'web for every hash': () => webCrypto(native, webcrypto.subtle, { hashBytesMin: 0 }),
}

for (const [name, make] of Object.entries(implementations)) {
  describe(name, () => {
    for (const { name, run } of cryptoCompliance(make)) test(name, run)
  })
}

for (const { name, run } of coinsChecks()) test(name, run)
