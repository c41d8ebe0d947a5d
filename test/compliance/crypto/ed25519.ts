import type { CryptoAsync } from '@ezchat/protocol/crypto/crypto.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import speccheck from '../../vectors/official/ed25519-speccheck.json' with { type: 'json' }
import rfc8032 from '../../vectors/official/rfc8032.json' with { type: 'json' }
import wycheproof from '../../vectors/official/wycheproof-ed25519.json' with { type: 'json' }
import { asserts, type Check, flipped, hex, holds, isBytes, pattern } from '../check.ts'

const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n
const PRIME = 2n ** 255n - 19n

export function littleEndian32(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn))
}

function fromLittleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n)
}

/** crypto.md §3: the eight points of small order, and their encodings that are not canonical. */
export const SMALL_ORDER: readonly Uint8Array[] = [
  0n,
  1n,
  PRIME - 1n,
  fromLittleEndian(hex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05')),
  fromLittleEndian(hex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a')),
  PRIME,
  PRIME + 1n,
].flatMap((y) => [littleEndian32(y), littleEndian32(y | (1n << 255n))])

/** A y from p to 2²⁵⁵ − 1, with either sign. */
export const NOT_CANONICAL: readonly Uint8Array[] = Array.from({ length: 19 }, (_, i) => [
  littleEndian32(PRIME + BigInt(i)),
  littleEndian32((PRIME + BigInt(i)) | (1n << 255n)),
]).flat()

/** The same signature with S + n·L, which every rule but the one on S accepts. */
export function withLargerS(signature: Uint8Array, times: bigint): Uint8Array {
  const larger = signature.slice()
  larger.set(littleEndian32(fromLittleEndian(signature.subarray(32)) + times * ORDER), 32)
  return larger
}

async function checkRfc(crypto: CryptoAsync): Promise<void> {
  for (const { seed, pk, msg, sig } of rfc8032.tests) {
    const secret = Secret.adopt(hex(seed))
    isBytes(await crypto.ed25519Public(secret), pk, 'public key')
    isBytes(await crypto.ed25519Sign(secret, hex(msg)), sig, 'signature')
    holds(await crypto.ed25519Verify(hex(pk), hex(msg), hex(sig)), 'verifies')
  }
}

async function checkWycheproof(crypto: CryptoAsync): Promise<void> {
  for (const { tcId, pk, msg, sig, result } of wycheproof.tests) {
    const verdict = await crypto.ed25519Verify(hex(pk), hex(msg), hex(sig))
    holds(verdict === (result === 'valid'), `Wycheproof Ed25519 ${tcId} is ${result}`)
  }
}

async function checkEdgeCases(crypto: CryptoAsync): Promise<void> {
  for (const { comment, pk, msg, sig, verdict } of speccheck.tests) {
    const actual = await crypto.ed25519Verify(hex(pk), hex(msg), hex(sig))
    holds(actual === verdict, `speccheck: ${comment}: expected ${verdict}`)
  }
}

async function signed(crypto: CryptoAsync) {
  const seed = Secret.adopt(pattern(32, 77))
  const message = pattern(40)
  const publicKey = await crypto.ed25519Public(seed)
  const signature = await crypto.ed25519Sign(seed, message)
  return { publicKey, message, signature }
}

async function checkHostile(crypto: CryptoAsync): Promise<void> {
  const { publicKey, message, signature } = await signed(crypto)
  holds(await crypto.ed25519Verify(publicKey, message, signature), 'the genuine one verifies')
  for (const [i, point] of [...SMALL_ORDER, ...NOT_CANONICAL].entries()) {
    holds(!(await crypto.ed25519Verify(point, message, signature)), `key ${i}`)
    const withR = Uint8Array.of(...point, ...signature.subarray(32))
    holds(!(await crypto.ed25519Verify(publicKey, message, withR)), `R ${i}`)
    // With S = 0 this pair would pass for some messages by chance, hence several.
    for (let first = 0; first < 4; first++) {
      const forged = Uint8Array.of(...point, ...new Uint8Array(32))
      holds(!(await crypto.ed25519Verify(point, pattern(8, first), forged)), `forgery ${i}`)
    }
  }
  for (let times = 1n; times <= 15n; times++) {
    const larger = withLargerS(signature, times)
    holds(!(await crypto.ed25519Verify(publicKey, message, larger)), `S + ${times} L`)
  }
  for (const s of [ORDER, ORDER + 1n, 2n ** 253n, 2n ** 255n, 2n ** 256n - 1n]) {
    const other = Uint8Array.of(...signature.subarray(0, 32), ...littleEndian32(s))
    holds(!(await crypto.ed25519Verify(publicKey, message, other)), `S = ${s}`)
  }
}

/** RFC 8032 §5.1.5: the scalar behind a seed, modulo the order. */
async function scalarOf(crypto: CryptoAsync, seed: Secret): Promise<bigint> {
  const clamped = (await crypto.sha512(seed.reveal())).slice(0, 32)
  clamped[0]! &= 0xf8
  clamped[31] = (clamped[31]! & 0x7f) | 0x40
  return fromLittleEndian(clamped) % ORDER
}

/** Signatures that satisfy the equation, so that nothing but the rules refuses them. */
async function checkForgeries(crypto: CryptoAsync): Promise<void> {
  const seed = Secret.adopt(pattern(32, 77))
  const publicKey = await crypto.ed25519Public(seed)
  const scalar = await scalarOf(crypto, seed)
  // Under a key of order n, S·B = R holds for every n-th message.
  const universal = Uint8Array.of(...publicKey, ...littleEndian32(scalar))
  for (const [i, point] of SMALL_ORDER.entries()) {
    for (let first = 0; first < 32; first++) {
      const message = pattern(8, first)
      holds(!(await crypto.ed25519Verify(point, message, universal)), `a signature for key ${i}`)
    }
  }
  // R = 0 and S = h·a, which only the signer can make.
  const r = littleEndian32(1n)
  const message = pattern(8)
  const h = fromLittleEndian(await crypto.sha512(Uint8Array.of(...r, ...publicKey, ...message)))
  const withoutNonce = Uint8Array.of(...r, ...littleEndian32((h * scalar) % ORDER))
  holds(!(await crypto.ed25519Verify(publicKey, message, withoutNonce)), 'R of order one')
}

async function checkFlips(crypto: CryptoAsync): Promise<void> {
  const { publicKey, message, signature } = await signed(crypto)
  // Every third bit: a verification by noble takes a millisecond.
  for (let bit = 0; bit < 512; bit += 3) {
    const other = flipped(signature, bit)
    holds(!(await crypto.ed25519Verify(publicKey, message, other)), `bit ${bit} of the signature`)
  }
  for (let bit = 0; bit < 256; bit += 3) {
    const other = flipped(publicKey, bit)
    holds(!(await crypto.ed25519Verify(other, message, signature)), `bit ${bit} of the key`)
  }
  for (let bit = 0; bit < 320; bit += 9) {
    const other = flipped(message, bit)
    holds(!(await crypto.ed25519Verify(publicKey, other, signature)), `bit ${bit} of the message`)
  }
}

async function checkLengths(crypto: CryptoAsync): Promise<void> {
  const { publicKey, message, signature } = await signed(crypto)
  for (const length of [0, 1, 31, 33, 64]) {
    const key = Uint8Array.from({ length }, (_, i) => publicKey[i] ?? 0)
    holds(!(await crypto.ed25519Verify(key, message, signature)), `a key of ${length} bytes`)
  }
  for (const length of [0, 1, 32, 63, 65, 128]) {
    const other = Uint8Array.from({ length }, (_, i) => signature[i] ?? 0)
    holds(!(await crypto.ed25519Verify(publicKey, message, other)), `${length} bytes of signature`)
  }
  // A y for which there is no x: about every second one.
  for (let first = 0; first < 16; first++) {
    holds(!(await crypto.ed25519Verify(pattern(32, first), message, signature)), `key ${first}`)
  }
}

async function checkBugs(crypto: CryptoAsync): Promise<void> {
  for (const length of [0, 31, 33, 64]) {
    const seed = Secret.adopt(pattern(length))
    await asserts(() => crypto.ed25519Public(seed), `public of ${length} bytes`)
    await asserts(() => crypto.ed25519Sign(seed, pattern(8)), `signing with ${length} bytes`)
  }
  const seed = Secret.adopt(pattern(32))
  await crypto.ed25519Sign(seed, pattern(8))
  seed.wipe()
  await asserts(() => crypto.ed25519Sign(seed, pattern(8)), 'signing with a wiped seed')
  await asserts(() => crypto.ed25519Public(seed), 'public of a wiped seed')
}

/** What an implementation keeps must not be reachable, nor stale. */
async function checkKept(crypto: CryptoAsync): Promise<void> {
  const seed = Secret.adopt(pattern(32))
  const first = await crypto.ed25519Public(seed)
  const expected = first.slice()
  first.fill(0)
  isBytes(await crypto.ed25519Public(seed), expected, 'public key after its copy was changed')

  const message = pattern(8)
  const signature = await crypto.ed25519Sign(seed, message)
  const buffer = expected.slice()
  holds(await crypto.ed25519Verify(buffer, message, signature), 'the right key')
  buffer.set(await crypto.ed25519Public(Secret.adopt(pattern(32, 9))))
  holds(!(await crypto.ed25519Verify(buffer, message, signature)), 'another key, same buffer')
  buffer.set(expected)
  holds(await crypto.ed25519Verify(buffer, message, signature), 'the right key again')
}

export function ed25519Checks(crypto: () => Promise<CryptoAsync>): Check[] {
  const check = (name: string, run: (crypto: CryptoAsync) => Promise<void>): Check => ({
    name: `ed25519 ${name}`,
    run: async () => run(await crypto()),
  })
  return [
    check('follows RFC 8032', checkRfc),
    check('follows Wycheproof', checkWycheproof),
    check('has the verdicts of libsodium on ed25519-speccheck', checkEdgeCases),
    check('refuses small order, other encodings and a larger S', checkHostile),
    check('refuses what only its rules refuse', checkForgeries),
    check('refuses every bit turned', checkFlips),
    check('refuses wrong lengths and points off the curve', checkLengths),
    check('refuses seeds that are not ours', checkBugs),
    check('keeps nothing that can be changed from outside', checkKept),
  ]
}
