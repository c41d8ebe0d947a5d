// ChaCha20-Poly1305 and XChaCha20-Poly1305.
import { concatBytes } from '@ezchat/protocol/codec/bytes.ts'
import type { CryptoAsync } from '@ezchat/protocol/crypto/crypto.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import rfc8439 from '../../vectors/official/rfc8439.json' with { type: 'json' }
import wycheproofChacha from '../../vectors/official/wycheproof-chacha20-poly1305.json' with {
  type: 'json',
}
import wycheproofXchacha from '../../vectors/official/wycheproof-xchacha20-poly1305.json' with {
  type: 'json',
}
import { asserts, type Check, flipped, hex, holds, isBytes, pattern } from '../check.ts'

type Seal = CryptoAsync['chachaSeal']
type Open = CryptoAsync['chachaOpen']

interface Aead {
  readonly nonceBytes: number
  readonly seal: Seal
  readonly open: Open
}

interface AeadTest {
  readonly key: string
  readonly iv: string
  readonly aad: string
  readonly msg: string
  readonly ct: string
  readonly tag: string
}

async function checkValid({ seal, open }: Aead, test: AeadTest, what: string): Promise<void> {
  const key = Secret.adopt(hex(test.key))
  const sealed = await seal(key, hex(test.iv), hex(test.aad), hex(test.msg))
  isBytes(sealed, test.ct + test.tag, `${what}, sealed`)
  const plain = await open(key, hex(test.iv), hex(test.aad), hex(test.ct + test.tag))
  holds(plain !== null, `${what} opens`)
  isBytes(plain, test.msg, `${what}, opened`)
}

async function checkInvalid({ seal, open, nonceBytes }: Aead, test: AeadTest, what: string) {
  const key = Secret.adopt(hex(test.key))
  const nonce = hex(test.iv)
  const attempt = () => open(key, nonce, hex(test.aad), hex(test.ct + test.tag))
  if (nonce.length === nonceBytes) {
    holds((await attempt()) === null, `${what} does not open`)
  } else {
    await asserts(attempt, `${what} to open`)
    await asserts(() => seal(key, nonce, hex(test.aad), hex(test.msg)), `${what} to seal`)
  }
}

/** Any bit of key, nonce, associated data, ciphertext and tag. */
async function checkFlips({ seal, open, nonceBytes }: Aead): Promise<void> {
  const key = pattern(32)
  const nonce = pattern(nonceBytes, 3)
  const associated = pattern(21, 5)
  const sealed = await seal(Secret.copy(key), nonce, associated, pattern(70, 7))
  for (let bit = 0; bit < sealed.length * 8; bit++) {
    const opened = await open(Secret.copy(key), nonce, associated, flipped(sealed, bit))
    holds(opened === null, `bit ${bit} of the sealed bytes`)
  }
  const others = [key, nonce, associated].map((bytes) => bytes.length * 8)
  for (const [field, bits] of others.entries()) {
    for (let bit = 0; bit < bits; bit++) {
      const [k, n, a] = [key, nonce, associated].map((bytes, i) =>
        i === field ? flipped(bytes, bit) : bytes,
      )
      const opened = await open(Secret.copy(k!), n!, a!, sealed)
      holds(opened === null, `bit ${bit} of field ${field}`)
    }
  }
}

async function checkLengths({ seal, open, nonceBytes }: Aead): Promise<void> {
  const key = Secret.adopt(pattern(32))
  const nonce = pattern(nonceBytes)
  // Around the blocks of ChaCha20 (64) and Poly1305 (16), and one of each bucket.
  for (const length of [0, 1, 15, 16, 17, 63, 64, 65, 255, 256, 1024, 4096, 16_384, 65_537]) {
    const plain = pattern(length)
    const associated = pattern(length % 67)
    const sealed = await seal(key, nonce, associated, plain)
    holds(sealed.length === length + 16, `${length} bytes sealed`)
    const opened = await open(key, nonce, associated, sealed)
    holds(opened !== null, `${length} bytes open`)
    isBytes(opened, plain, `${length} bytes`)
    const cut = await open(key, nonce, associated, sealed.subarray(0, -1))
    holds(cut === null, `${length} bytes without the last`)
  }
  for (let length = 0; length < 16; length++) {
    const opened = await open(key, nonce, new Uint8Array(0), new Uint8Array(length))
    holds(opened === null, `${length} bytes are less than a tag`)
  }
}

async function checkBugs({ seal, open, nonceBytes }: Aead): Promise<void> {
  const none = new Uint8Array(0)
  for (const length of [0, 16, 31, 33]) {
    const key = Secret.adopt(pattern(length))
    await asserts(() => seal(key, pattern(nonceBytes), none, none), `sealing with ${length} bytes`)
    await asserts(
      () => open(key, pattern(nonceBytes), none, pattern(16)),
      `opening with ${length} bytes`,
    )
  }
  const wiped = Secret.adopt(pattern(32))
  wiped.wipe()
  await asserts(() => seal(wiped, pattern(nonceBytes), none, none), 'sealing with a wiped key')
}

function checksOf(name: string, aead: () => Promise<Aead>, tests: readonly Wycheproof[]): Check[] {
  return [
    {
      name: `${name} follows Wycheproof`,
      run: async () => {
        const operations = await aead()
        for (const test of tests) {
          const check = test.result === 'valid' ? checkValid : checkInvalid
          await check(operations, test, `Wycheproof ${name} ${test.tcId}`)
        }
      },
    },
    { name: `${name} opens nothing with a bit turned`, run: async () => checkFlips(await aead()) },
    { name: `${name} seals and opens every length`, run: async () => checkLengths(await aead()) },
    { name: `${name} refuses keys that are not ours`, run: async () => checkBugs(await aead()) },
  ]
}

interface Wycheproof extends AeadTest {
  readonly tcId: number
  readonly result: string
}

export function aeadChecks(crypto: () => Promise<CryptoAsync>): Check[] {
  const chacha = async (): Promise<Aead> => {
    const { chachaSeal, chachaOpen } = await crypto()
    return { nonceBytes: 12, seal: chachaSeal, open: chachaOpen }
  }
  const xchacha = async (): Promise<Aead> => {
    const { xchachaSeal, xchachaOpen } = await crypto()
    return { nonceBytes: 24, seal: xchachaSeal, open: xchachaOpen }
  }
  return [
    {
      name: 'chacha follows RFC 8439',
      run: async () => {
        for (const test of rfc8439.tests) await checkValid(await chacha(), test, 'RFC 8439')
      },
    },
    ...checksOf('chacha', chacha, wycheproofChacha.tests),
    ...checksOf('xchacha', xchacha, wycheproofXchacha.tests),
    {
      name: 'xchacha is not chacha under the same key',
      run: async () => {
        const { chachaSeal, xchachaSeal } = await crypto()
        const key = Secret.adopt(pattern(32))
        const nonce = new Uint8Array(24)
        const none = new Uint8Array(0)
        const sealed = await chachaSeal(key, nonce.subarray(0, 12), none, pattern(32))
        const extended = await xchachaSeal(key, nonce, none, pattern(32))
        holds(concatBytes(sealed).join() !== concatBytes(extended).join(), 'different bytes')
      },
    },
  ]
}
