// What holds for every operation, whatever it computes.
import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { CryptoAsync } from '@ezchat/protocol/crypto/crypto.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import { asserts, type Check, failureOf, holds, isBytes, pattern } from '../check.ts'

async function checkRandom(crypto: CryptoAsync): Promise<void> {
  for (const length of [0, 1, 12, 24, 32, 64, 1000]) {
    const bytes = await crypto.randomBytes(length)
    isBytes(bytes, bytes, `${length} random bytes`)
    holds(bytes.length === length, `${length} random bytes`)
  }
  const first = toHex(await crypto.randomBytes(32))
  holds(toHex(await crypto.randomBytes(32)) !== first, 'two draws differ')
  for (const length of [-1, 1.5, Number.NaN, 2 ** 53]) {
    await asserts(() => crypto.randomBytes(length), `${length} random bytes`)
  }
}

/** Each operation on inputs of its own, which are looked at afterwards. */
async function checkInputs(crypto: CryptoAsync): Promise<void> {
  const key = Secret.adopt(pattern(32))
  const seed = Secret.adopt(pattern(64))
  const data = pattern(100)
  const nonce = pattern(12, 2)
  const longNonce = pattern(24, 3)
  const peer = await crypto.x25519Public(Secret.adopt(pattern(32, 4)))
  const signer = await crypto.ed25519Public(key)
  const signature = await crypto.ed25519Sign(key, data)
  const kemKey = await crypto.mlkemPublic(seed)
  const { ciphertext } = await crypto.mlkemEncapsulate(kemKey)
  const sealed = await crypto.chachaSeal(key, nonce, data, data)
  const longSealed = await crypto.xchachaSeal(key, longNonce, data, data)

  const secrets = [key, seed]
  const inputs = [data, nonce, longNonce, peer, signer, signature, kemKey, ciphertext]
  const all = () =>
    [...inputs, sealed, longSealed, ...secrets.map((secret) => secret.reveal())].map(toHex).join()
  const before = all()
  await crypto.sha256(data)
  await crypto.sha512(data)
  await crypto.sha3of256(data)
  await crypto.hmacSha256(key, data)
  await crypto.hkdfSha256({ key, salt: nonce, info: data, length: 64 })
  await crypto.chachaSeal(key, nonce, data, data)
  await crypto.chachaOpen(key, nonce, data, sealed)
  await crypto.chachaOpen(key, nonce, nonce, sealed)
  await crypto.xchachaSeal(key, longNonce, data, data)
  await crypto.xchachaOpen(key, longNonce, data, longSealed)
  await crypto.xchachaOpen(key, longNonce, nonce, longSealed)
  await crypto.x25519Public(key)
  await crypto.x25519Shared(key, peer)
  await crypto.ed25519Public(key)
  await crypto.ed25519Sign(key, data)
  await crypto.ed25519Verify(signer, data, signature)
  await crypto.mlkemPublic(seed)
  await crypto.mlkemEncapsulate(kemKey)
  await crypto.mlkemDecapsulate(seed, ciphertext)
  holds(before === all(), 'an input was changed')
}

/** Bytes from outside arrive as views into larger buffers, at any offset. */
async function checkViews(crypto: CryptoAsync): Promise<void> {
  const inView = (bytes: Uint8Array, offset: number) => {
    const larger = new Uint8Array(bytes.length + offset + 5).fill(0xa5)
    larger.set(bytes, offset)
    return larger.subarray(offset, offset + bytes.length)
  }
  for (const offset of [1, 3, 4, 7]) {
    const key = Secret.adopt(inView(pattern(32), offset))
    const plainKey = Secret.adopt(pattern(32))
    const view = (length: number, start: number) => inView(pattern(length, start), offset)
    const what = `at offset ${offset}`
    isBytes(await crypto.sha256(view(99, 1)), await crypto.sha256(pattern(99, 1)), what)
    const sealed = await crypto.chachaSeal(key, view(12, 2), view(9, 3), view(99, 4))
    const long = await crypto.xchachaSeal(key, view(24, 2), view(9, 3), view(99, 4))
    const same = await crypto.chachaSeal(plainKey, pattern(12, 2), pattern(9, 3), pattern(99, 4))
    isBytes(sealed, same, what)
    const opened = await crypto.chachaOpen(key, view(12, 2), view(9, 3), inView(sealed, offset))
    holds(opened !== null, `${what}: chacha opens`)
    const longOpened = await crypto.xchachaOpen(key, view(24, 2), view(9, 3), inView(long, offset))
    holds(longOpened !== null, `${what}: xchacha opens`)
    isBytes(longOpened, pattern(99, 4), what)
    const peer = inView(await crypto.x25519Public(plainKey), offset)
    const shared = await crypto.x25519Shared(key, peer)
    isBytes(shared.reveal(), (await crypto.x25519Shared(plainKey, peer.slice())).reveal(), what)
    const signature = inView(await crypto.ed25519Sign(key, view(50, 6)), offset)
    const signer = inView(await crypto.ed25519Public(plainKey), offset)
    holds(await crypto.ed25519Verify(signer, view(50, 6), signature), `${what}: verifies`)
    const seed = Secret.adopt(view(64, 7))
    const kemKey = inView(await crypto.mlkemPublic(seed), offset)
    const kem = await crypto.mlkemEncapsulate(kemKey)
    const kemShared = await crypto.mlkemDecapsulate(seed, inView(kem.ciphertext, offset))
    isBytes(kemShared.reveal(), kem.shared.reveal(), what)
  }
}

/** What goes wrong must not show a secret, in the message or anywhere that JSON or a clone looks. */
async function checkErrors(crypto: CryptoAsync): Promise<void> {
  // Text, so that it would show as such, and in hex and decimal.
  const canary = (length: number) =>
    Secret.adopt(new TextEncoder().encode('canary-in-the-mine'.repeat(4)).subarray(0, length))
  const none = new Uint8Array(0)
  const failures = await Promise.all(
    [
      () => crypto.x25519Shared(canary(32), new Uint8Array(32)),
      () => crypto.x25519Shared(canary(32), none),
      () => crypto.x25519Public(canary(31)),
      () => crypto.ed25519Public(canary(31)),
      () => crypto.ed25519Sign(canary(33), none),
      () => crypto.mlkemPublic(canary(63)),
      () => crypto.mlkemDecapsulate(canary(64), none),
      () => crypto.mlkemDecapsulate(canary(32), none),
      () => crypto.chachaSeal(canary(31), new Uint8Array(12), none, none),
      () => crypto.chachaOpen(canary(32), none, none, none),
      () => crypto.xchachaSeal(canary(32), new Uint8Array(12), none, none),
      () => crypto.xchachaOpen(canary(33), new Uint8Array(24), none, none),
      () => crypto.hkdfSha256({ key: canary(32), salt: none, info: none, length: 8161 }),
    ].map(failureOf),
  )
  for (const [i, failure] of failures.entries()) {
    holds(failure instanceof Error, `failure ${i} is an error`)
    for (const text of shown(failure)) {
      holds(!/canary|63616e617279|99,97,110/i.test(text), `failure ${i} shows its secret: ${text}`)
    }
  }
}

function shown(error: unknown): string[] {
  const texts: string[] = []
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    const clone = structuredClone(at)
    texts.push(`${at}`, at.message, at.stack ?? '', JSON.stringify(at), JSON.stringify(clone))
    texts.push(...Object.getOwnPropertyNames(at).map((key) => `${Reflect.get(at as Error, key)}`))
    texts.push(`${clone}`)
  }
  return texts
}

export function conductChecks(crypto: () => Promise<CryptoAsync>): Check[] {
  return [
    { name: 'random bytes are as many as asked for', run: async () => checkRandom(await crypto()) },
    { name: 'no operation changes its input', run: async () => checkInputs(await crypto()) },
    { name: 'views into larger buffers are taken', run: async () => checkViews(await crypto()) },
    { name: 'no failure shows a secret', run: async () => checkErrors(await crypto()) },
  ]
}
