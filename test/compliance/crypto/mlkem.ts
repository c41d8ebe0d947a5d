import type { CryptoAsync } from '@ezchat/protocol/crypto/crypto.ts'
import { encapsulateWithCoins } from '@ezchat/protocol/crypto/noble.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import acvpEncap from '../../vectors/official/acvp-mlkem-768-encap.json' with { type: 'json' }
import acvpKeygen from '../../vectors/official/acvp-mlkem-768-keygen.json' with { type: 'json' }
import wycheproof from '../../vectors/official/wycheproof-mlkem-768.json' with { type: 'json' }
import wycheproofEncaps from '../../vectors/official/wycheproof-mlkem-768-encaps.json' with {
  type: 'json',
}
import { asserts, type Check, flipped, hex, holds, isBytes, pattern, refuses } from '../check.ts'

const CIPHERTEXT_BITS = 1088 * 8

async function checkKeygen(crypto: CryptoAsync): Promise<void> {
  for (const { tcId, seed, ek } of acvpKeygen.tests) {
    isBytes(await crypto.mlkemPublic(Secret.adopt(hex(seed))), ek, `ACVP keyGen ${tcId}`)
  }
}

async function checkWycheproof(crypto: CryptoAsync): Promise<void> {
  for (const test of wycheproof.tests) {
    const what = `Wycheproof ML-KEM ${test.tcId}`
    const seed = Secret.adopt(hex(test.seed))
    const attempt = () => crypto.mlkemDecapsulate(seed, hex(test.c))
    if (seed.length !== 64) await asserts(attempt, what)
    else if (test.result === 'valid') {
      isBytes(await crypto.mlkemPublic(seed), test.ek ?? '', `${what}, public key`)
      isBytes((await attempt()).reveal(), test.K ?? '', what)
    } else await refuses(attempt, 'KEY_LENGTH', what)
  }
}

async function checkPublicKeys(crypto: CryptoAsync): Promise<void> {
  for (const test of wycheproofEncaps.tests) {
    const what = `Wycheproof ML-KEM encaps ${test.tcId}`
    const ek = hex(test.ek)
    const attempt = () => crypto.mlkemEncapsulate(ek)
    if (ek.length !== 1184) await refuses(attempt, 'KEY_LENGTH', what)
    else if (test.result !== 'valid') await refuses(attempt, 'KEY_INVALID', what)
    else {
      const { ciphertext, shared } = await attempt()
      holds(ciphertext.length === 1088 && shared.length === 32, what)
    }
  }
  for (const length of [0, 1, 1183, 1185, 1088]) {
    await refuses(
      () => crypto.mlkemEncapsulate(new Uint8Array(length)),
      'KEY_LENGTH',
      `a key of ${length} bytes`,
    )
  }
}

async function checkAgreement(crypto: CryptoAsync): Promise<void> {
  for (let start = 0; start < 5; start++) {
    const seed = Secret.adopt(pattern(64, start))
    const publicKey = await crypto.mlkemPublic(seed)
    const { ciphertext, shared } = await crypto.mlkemEncapsulate(publicKey)
    isBytes((await crypto.mlkemDecapsulate(seed, ciphertext)).reveal(), shared.reveal(), 'shared')
    const another = await crypto.mlkemEncapsulate(publicKey)
    holds(another.ciphertext.join() !== ciphertext.join(), 'coins are drawn anew')
  }
}

/** FIPS 203 §6.3: a forged ciphertext gives a secret that nobody else knows, always the same. */
async function checkImplicitRejection(crypto: CryptoAsync): Promise<void> {
  const seed = Secret.adopt(pattern(64))
  const { ciphertext, shared } = await crypto.mlkemEncapsulate(await crypto.mlkemPublic(seed))
  const seen = new Set([shared.reveal().join()])
  for (let bit = 0; bit < CIPHERTEXT_BITS; bit += 811) {
    const forged = flipped(ciphertext, bit)
    const secret = (await crypto.mlkemDecapsulate(seed, forged)).reveal()
    const again = (await crypto.mlkemDecapsulate(seed, forged)).reveal()
    isBytes(secret, again, `bit ${bit}, again`)
    holds(!seen.has(secret.join()), `bit ${bit} gives a secret of its own`)
    seen.add(secret.join())
  }
  for (const length of [0, 1, 1087, 1089, 1184]) {
    await refuses(
      () => crypto.mlkemDecapsulate(seed, new Uint8Array(length)),
      'KEY_LENGTH',
      `a ciphertext of ${length} bytes`,
    )
  }
}

async function checkBugs(crypto: CryptoAsync): Promise<void> {
  for (const length of [0, 32, 63, 65, 2400]) {
    const seed = Secret.adopt(pattern(length))
    await asserts(() => crypto.mlkemPublic(seed), `public of ${length} bytes`)
    await asserts(() => crypto.mlkemDecapsulate(seed, new Uint8Array(1088)), `${length} bytes`)
  }
  const seed = Secret.adopt(pattern(64))
  await crypto.mlkemPublic(seed)
  seed.wipe()
  await asserts(() => crypto.mlkemPublic(seed), 'public of a wiped seed')
  await asserts(() => crypto.mlkemDecapsulate(seed, new Uint8Array(1088)), 'a wiped seed')
}

/** Two keys may share their last 32 bytes, by which an implementation may keep them. */
async function checkKept(crypto: CryptoAsync): Promise<void> {
  const seed = Secret.adopt(pattern(64))
  const first = await crypto.mlkemPublic(seed)
  const expected = first.slice()
  first.fill(0)
  isBytes(await crypto.mlkemPublic(seed), expected, 'public key after its copy was changed')

  const buffer = expected.slice()
  await crypto.mlkemEncapsulate(buffer)
  buffer.fill(0xff, 0, 3)
  await refuses(() => crypto.mlkemEncapsulate(buffer), 'KEY_INVALID', 'the same buffer, now bad')
  buffer.set(expected)
  const { ciphertext, shared } = await crypto.mlkemEncapsulate(buffer)
  const opened = await crypto.mlkemDecapsulate(seed, ciphertext)
  isBytes(opened.reveal(), shared.reveal(), 'the same buffer, good again')
}

export function mlkemChecks(crypto: () => Promise<CryptoAsync>): Check[] {
  const check = (name: string, run: (crypto: CryptoAsync) => Promise<void>): Check => ({
    name: `mlkem ${name}`,
    run: async () => run(await crypto()),
  })
  return [
    check('makes the public keys of ACVP', checkKeygen),
    check('decapsulates as Wycheproof does', checkWycheproof),
    check('refuses public keys outside the modulus, and wrong lengths', checkPublicKeys),
    check('agrees with itself', checkAgreement),
    check('gives a useless secret for a forged ciphertext', checkImplicitRejection),
    check('refuses seeds that are not ours', checkBugs),
    check('keeps nothing that can be changed from outside', checkKept),
  ]
}

/** Only noble takes coins; what it makes of them is checked once, wherever it runs. */
export function coinsChecks(): Check[] {
  const run = async () => {
    const tests = [
      ...acvpEncap.tests,
      ...wycheproofEncaps.tests.filter((t) => t.result === 'valid'),
    ]
    for (const { tcId, m, ek, c, K } of tests) {
      const { ciphertext, shared } = encapsulateWithCoins(hex(ek), Secret.adopt(hex(m)))
      isBytes(ciphertext, c ?? '', `encapsulation ${tcId}, ciphertext`)
      isBytes(shared.reveal(), K ?? '', `encapsulation ${tcId}, secret`)
    }
  }
  return [{ name: 'mlkem encapsulates as ACVP and Wycheproof do, given their coins', run }]
}
