// The operations that everything else is made of: the limits that no protocol of ours can beat.
import assert from 'node:assert/strict'
import { equalBytes } from '@ezchat/protocol/codec/bytes.ts'
import type { Crypto, Encapsulation } from '@ezchat/protocol/crypto/crypto.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import type { Contender, TimedCase } from '../frame/case.ts'
import { besideNoble, native } from './implementations.ts'

const MESSAGE_BYTES = 128
const seed = Secret.adopt(native.randomBytes(32))
const kemSeed = Secret.adopt(native.randomBytes(64))
const message = native.randomBytes(MESSAGE_BYTES)
const kib = native.randomBytes(1024)
const nonce = native.randomBytes(24)

interface Operation {
  readonly run: () => unknown
  readonly check: Contender['check']
}

function perSecond(name: string, operation: (crypto: Crypto) => Operation): TimedCase {
  const contenders = () => besideNoble(operation)
  return { kind: 'timed', name, unit: 'per second', contenders }
}

/** Both implementations give the same bytes, so one is checked with the other's answer. */
function sameBytes(expected: Uint8Array): Contender['check'] {
  return (result) => {
    const bytes = result instanceof Secret ? result.reveal() : result
    assert.ok(bytes instanceof Uint8Array && equalBytes(bytes, expected), 'other bytes')
  }
}

function isTrue(result: unknown): void {
  assert.equal(result, true)
}

const OPERATIONS: { readonly [name: string]: (crypto: Crypto) => Operation } = {
  'SHA-256 of 1 KiB': (crypto) => ({
    run: () => crypto.sha256(kib),
    check: sameBytes(native.sha256(kib)),
  }),
  'XChaCha20-Poly1305 seal 1 KiB': (crypto) => ({
    run: () => crypto.xchachaSeal(seed, nonce, message, kib),
    check: sameBytes(native.xchachaSeal(seed, nonce, message, kib)),
  }),
  'X25519 agreement': (crypto) => {
    const theirs = native.x25519Public(Secret.adopt(native.randomBytes(32)))
    const expected = native.x25519Shared(seed, theirs).reveal()
    return { run: () => crypto.x25519Shared(seed, theirs), check: sameBytes(expected) }
  },
  'Ed25519 sign': (crypto) => ({
    run: () => crypto.ed25519Sign(seed, message),
    check: sameBytes(native.ed25519Sign(seed, message)),
  }),
  'Ed25519 verify': (crypto) => {
    const publicKey = native.ed25519Public(seed)
    const signature = native.ed25519Sign(seed, message)
    return { run: () => crypto.ed25519Verify(publicKey, message, signature), check: isTrue }
  },
  'ML-KEM-768 encapsulate': (crypto) => {
    const publicKey = native.mlkemPublic(kemSeed)
    const check = (result: unknown) => {
      const { ciphertext, shared } = result as Encapsulation
      sameBytes(native.mlkemDecapsulate(kemSeed, ciphertext).reveal())(shared)
    }
    return { run: () => crypto.mlkemEncapsulate(publicKey), check }
  },
  'ML-KEM-768 decapsulate': (crypto) => {
    const { ciphertext, shared } = native.mlkemEncapsulate(native.mlkemPublic(kemSeed))
    const check = sameBytes(shared.reveal())
    return { run: () => crypto.mlkemDecapsulate(kemSeed, ciphertext), check }
  },
}

export function cryptoCases(): TimedCase[] {
  return Object.entries(OPERATIONS).map(([name, operation]) => perSecond(name, operation))
}
