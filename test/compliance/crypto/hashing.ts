// SHA-2, SHA-3, HMAC and HKDF.
import type { CryptoAsync } from '@ezchat/protocol/crypto/crypto.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import sha256 from '../../vectors/official/cavp-sha-256.json' with { type: 'json' }
import sha512 from '../../vectors/official/cavp-sha-512.json' with { type: 'json' }
import sha3of256 from '../../vectors/official/cavp-sha3-256.json' with { type: 'json' }
import rfc4231 from '../../vectors/official/rfc4231.json' with { type: 'json' }
import rfc5869 from '../../vectors/official/rfc5869.json' with { type: 'json' }
import wycheproofHkdf from '../../vectors/official/wycheproof-hkdf-sha256.json' with {
  type: 'json',
}
import wycheproofHmac from '../../vectors/official/wycheproof-hmac-sha256.json' with {
  type: 'json',
}
import { asserts, type Check, hex, holds, isBytes, pattern } from '../check.ts'

// RFC 5869 has no limit on info; Node's own HKDF has one of 1,024 bytes.
const INFO_LENGTHS = [0, 1, 1023, 1024, 1025, 4096]

async function checkHmac(crypto: CryptoAsync): Promise<void> {
  for (const [i, { key, msg, tag }] of rfc4231.tests.entries()) {
    const actual = await crypto.hmacSha256(Secret.adopt(hex(key)), hex(msg))
    isBytes(actual, tag, `RFC 4231 case ${i + 1}`)
  }
  for (const { tcId, key, msg, tag, result } of wycheproofHmac.tests) {
    const actual = await crypto.hmacSha256(Secret.adopt(hex(key)), hex(msg))
    const expected = hex(tag)
    const same = actual.subarray(0, expected.length).every((byte, at) => byte === expected[at])
    holds(same === (result === 'valid'), `Wycheproof HMAC ${tcId}`)
  }
}

async function checkHkdf(crypto: CryptoAsync): Promise<void> {
  const derive = async (test: { ikm: string; salt: string; info: string; size: number }) => {
    const derived = await crypto.hkdfSha256({
      key: Secret.adopt(hex(test.ikm)),
      salt: hex(test.salt),
      info: hex(test.info),
      length: test.size,
    })
    return derived.reveal()
  }
  for (const [i, test] of rfc5869.tests.entries()) {
    isBytes(await derive(test), test.okm, `RFC 5869 case ${i + 1}`)
  }
  for (const test of wycheproofHkdf.tests) {
    const what = `Wycheproof HKDF ${test.tcId}`
    if (test.result === 'valid') isBytes(await derive(test), test.okm, what)
    else await asserts(() => derive(test), what)
  }
}

/** RFC 5869 §2.3 in terms of HMAC, which has been checked by itself. */
async function checkLongInfo(crypto: CryptoAsync): Promise<void> {
  const ikm = Secret.adopt(pattern(32))
  const salt = pattern(32, 9)
  const prk = Secret.adopt(await crypto.hmacSha256(Secret.copy(salt), ikm.reveal()))
  for (const length of INFO_LENGTHS) {
    const info = pattern(length, 5)
    const expected = await crypto.hmacSha256(prk, Uint8Array.of(...info, 1))
    const derived = await crypto.hkdfSha256({ key: ikm, salt, info, length: 32 })
    isBytes(derived.reveal(), expected, `info of ${length} bytes`)
  }
}

async function checkHkdfLengths(crypto: CryptoAsync): Promise<void> {
  const none = new Uint8Array(0)
  const derive = (length: number) =>
    crypto.hkdfSha256({ key: Secret.adopt(pattern(32)), salt: none, info: none, length })
  const longest = (await derive(8160)).reveal()
  holds(longest.length === 8160, '255 blocks')
  for (const length of [1, 31, 32, 33, 96, 8159]) {
    isBytes((await derive(length)).reveal(), longest.subarray(0, length), `${length} bytes`)
  }
  for (const length of [0, -1, 8161, 2 ** 31, 2 ** 53, 1.5, Number.NaN]) {
    await asserts(() => derive(length), `HKDF of ${length} bytes`)
  }
}

// From the tests of the reference implementation (phc-winner-argon2, src/test.c): version 1.3,
// two passes, one lane, password "password".
const ARGON2ID = [
  [256, 'somesalt', '9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe'],
  [65_536, 'somesalt', '09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7'],
] as const

async function checkArgon2id(crypto: CryptoAsync): Promise<void> {
  const encoder = new TextEncoder()
  const stretch = (memoryKib: number, salt: Uint8Array, passes = 2) =>
    crypto.argon2id({
      password: Secret.adopt(encoder.encode('password')),
      salt,
      memoryKib,
      passes,
    })
  for (const [memoryKib, salt, expected] of ARGON2ID) {
    const stretched = await stretch(memoryKib, encoder.encode(salt))
    isBytes(stretched.reveal(), expected, `Argon2id with ${memoryKib} KiB`)
  }
  await asserts(() => stretch(256, pattern(7)), 'a salt of 7 bytes')
  await asserts(() => stretch(7, pattern(8)), '7 KiB')
  await asserts(() => stretch(2 ** 21, pattern(8)), '2 GiB')
  await asserts(() => stretch(256, pattern(8), 0), 'no pass')
  await asserts(() => stretch(256.5, pattern(8)), 'half a KiB')
}

export function hashingChecks(crypto: () => Promise<CryptoAsync>): Check[] {
  const hashes = [
    ['sha256', sha256],
    ['sha512', sha512],
    ['sha3of256', sha3of256],
  ] as const
  return [
    ...hashes.map(([name, { tests }]) => ({
      name: `${name} gives the digests of CAVP`,
      run: async () => {
        const operations = await crypto()
        for (const { msg, md } of tests) isBytes(await operations[name](hex(msg)), md, msg)
      },
    })),
    {
      name: 'argon2id gives what the reference implementation gives',
      run: async () => checkArgon2id(await crypto()),
    },
    {
      name: 'hmac follows RFC 4231 and Wycheproof',
      run: async () => checkHmac(await crypto()),
    },
    {
      name: 'hmac takes an empty key',
      run: async () => {
        const operations = await crypto()
        const tag = await operations.hmacSha256(Secret.adopt(new Uint8Array(0)), pattern(20_000))
        // RFC 2104 §2: a key is padded with zeroes to the block, so these are the same key.
        const padded = await operations.hmacSha256(
          Secret.adopt(new Uint8Array(64)),
          pattern(20_000),
        )
        isBytes(tag, padded, 'empty key')
      },
    },
    { name: 'hkdf follows RFC 5869 and Wycheproof', run: async () => checkHkdf(await crypto()) },
    { name: 'hkdf takes info of any length', run: async () => checkLongInfo(await crypto()) },
    { name: 'hkdf gives 1 to 8,160 bytes', run: async () => checkHkdfLengths(await crypto()) },
  ]
}
