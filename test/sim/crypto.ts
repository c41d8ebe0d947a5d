// The real cryptography with a seeded source. All nodes of a run live in one process, so what one
// has verified need not be verified again for the next: the answer for the same key, message and
// signature is kept. Signing and hashing are done each time.
import { nativeCrypto } from '@ezchat/node/crypto/native.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import type { Random } from './random.ts'

// 200,000 × 0.2 KiB = 40 MiB for the whole run; then all are forgotten.
const VERDICT_COUNT_MAX = 200_000

const nameOf = (bytes: Uint8Array) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')

export class SharedCrypto {
  readonly #base: Crypto
  readonly #verdicts = new Map<string, boolean>()
  verificationCount = 0

  constructor(random: Random) {
    this.#base = nativeCrypto({ random: (length) => random.bytes(length) })
  }

  /** As one node has it: what is drawn comes from the node's own stream. */
  for(random: Random): Crypto {
    return {
      ...this.#base,
      name: 'simulated',
      randomBytes: (length) => random.bytes(length),
      ed25519Verify: (key, message, signature) => this.#verify(key, message, signature),
    }
  }

  #verify(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
    const name = nameOf(key) + nameOf(signature) + nameOf(this.#base.sha256(message))
    const known = this.#verdicts.get(name)
    if (known !== undefined) return known
    this.verificationCount++
    const verdict = this.#base.ed25519Verify(key, message, signature)
    if (this.#verdicts.size >= VERDICT_COUNT_MAX) this.#verdicts.clear()
    this.#verdicts.set(name, verdict)
    return verdict
  }
}
