import type { CryptoAsync } from '@ezchat/protocol/crypto/crypto.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import rfc7748 from '../../vectors/official/rfc7748.json' with { type: 'json' }
import wycheproof from '../../vectors/official/wycheproof-x25519.json' with { type: 'json' }
import { asserts, type Check, hex, holds, isBytes, pattern, refuses } from '../check.ts'

// crypto.md §2: every u whose product with any scalar is zero. Canonical and not, and each again
// with the top bit set, which is ignored.
export const LOW_ORDER: readonly Uint8Array[] = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
].flatMap((text) => {
  const point = hex(text)
  const marked = point.slice()
  marked[31]! |= 0x80
  return [point, marked]
})

async function checkRfc(crypto: CryptoAsync): Promise<void> {
  for (const { scalar, u, output } of rfc7748.tests) {
    const shared = await crypto.x25519Shared(Secret.adopt(hex(scalar)), hex(u))
    isBytes(shared.reveal(), output, '§5.2')
  }
  const { alice, bob } = rfc7748
  for (const [one, other] of [
    [alice, bob],
    [bob, alice],
  ] as const) {
    const secret = Secret.adopt(hex(one.secret))
    isBytes(await crypto.x25519Public(secret), one.public, '§6.1 public')
    const shared = await crypto.x25519Shared(secret, hex(other.public))
    isBytes(shared.reveal(), rfc7748.shared, '§6.1 shared')
  }
}

async function checkIterations(crypto: CryptoAsync): Promise<void> {
  let k = Uint8Array.of(9, ...new Uint8Array(31))
  let u = k
  for (let done = 1; done <= 1000; done++) {
    const next = (await crypto.x25519Shared(Secret.copy(k), u)).reveal().slice()
    u = k
    k = next
    const known = rfc7748.iterations.find(({ count }) => count === done)
    if (known !== undefined) isBytes(k, known.output, `iteration ${done}`)
  }
}

async function checkWycheproof(crypto: CryptoAsync): Promise<void> {
  for (const test of wycheproof.tests) {
    const what = `Wycheproof X25519 ${test.tcId}`
    const attempt = () => crypto.x25519Shared(Secret.adopt(hex(test.private)), hex(test.public))
    if (test.flags.includes('ZeroSharedSecret')) await refuses(attempt, 'KEY_INVALID', what)
    else isBytes((await attempt()).reveal(), test.shared, what)
  }
}

async function checkHostile(crypto: CryptoAsync): Promise<void> {
  const secret = Secret.adopt(pattern(32))
  for (const [i, point] of LOW_ORDER.entries()) {
    await refuses(() => crypto.x25519Shared(secret, point), 'KEY_INVALID', `small order ${i}`)
  }
  for (const length of [0, 1, 31, 33, 64]) {
    const point = pattern(length)
    await refuses(() => crypto.x25519Shared(secret, point), 'KEY_LENGTH', `${length} bytes`)
  }
}

async function checkBugs(crypto: CryptoAsync): Promise<void> {
  const peer = await crypto.x25519Public(Secret.adopt(pattern(32, 40)))
  for (const length of [0, 31, 33]) {
    const secret = Secret.adopt(pattern(length))
    await asserts(() => crypto.x25519Public(secret), `public of ${length} bytes`)
    await asserts(() => crypto.x25519Shared(secret, peer), `shared of ${length} bytes`)
  }
  const secret = Secret.adopt(pattern(32))
  await crypto.x25519Shared(secret, peer)
  secret.wipe()
  await asserts(() => crypto.x25519Shared(secret, peer), 'shared of a wiped secret')
  await asserts(() => crypto.x25519Public(secret), 'public of a wiped secret')
}

/** What an implementation keeps must not be reachable, nor stale. */
async function checkKept(crypto: CryptoAsync): Promise<void> {
  const secret = Secret.adopt(pattern(32))
  const first = await crypto.x25519Public(secret)
  const expected = first.slice()
  first.fill(0)
  isBytes(await crypto.x25519Public(secret), expected, 'public key after its copy was changed')

  const buffer = await crypto.x25519Public(Secret.adopt(pattern(32, 50)))
  const one = (await crypto.x25519Shared(secret, buffer)).reveal().slice()
  buffer.set(await crypto.x25519Public(Secret.adopt(pattern(32, 60))))
  const other = (await crypto.x25519Shared(secret, buffer)).reveal()
  holds(one.join() !== other.join(), 'a buffer that holds another key now')
}

async function checkGenerated(crypto: CryptoAsync): Promise<void> {
  const [one, other] = [await crypto.x25519Generate(), await crypto.x25519Generate()]
  for (const { secret, publicKey } of [one, other]) {
    // A copy, so that nothing kept beside the secret can answer in its place.
    isBytes(await crypto.x25519Public(Secret.copy(secret.reveal())), publicKey, 'public key')
    isBytes(await crypto.x25519Public(secret), publicKey, 'public key, kept')
  }
  const shared = await crypto.x25519Shared(one.secret, other.publicKey)
  const back = await crypto.x25519Shared(other.secret, one.publicKey)
  isBytes(back.reveal(), shared.reveal(), 'shared secret')
  holds(
    one.publicKey.some((byte, at) => byte !== other.publicKey[at]),
    'two pairs differ',
  )
}

export function x25519Checks(crypto: () => Promise<CryptoAsync>): Check[] {
  const check = (name: string, run: (crypto: CryptoAsync) => Promise<void>): Check => ({
    name: `x25519 ${name}`,
    run: async () => run(await crypto()),
  })
  return [
    check('follows RFC 7748', checkRfc),
    check('follows RFC 7748 through 1,000 iterations', checkIterations),
    check('follows Wycheproof', checkWycheproof),
    check('refuses points of small order and wrong lengths', checkHostile),
    check('refuses secrets that are not ours', checkBugs),
    check('generates pairs that belong together, each another', checkGenerated),
    check('keeps nothing that can be changed from outside', checkKept),
  ]
}
