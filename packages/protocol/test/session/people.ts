// Alice and Bob, one device each, and a Crypto that refuses to seal twice under one key and nonce.
import assert from 'node:assert/strict'
import { nativeCrypto } from '@ezchat/node/crypto/native.ts'
import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import type { OwnParty } from '@ezchat/protocol/session/party.ts'
import {
  EMPTY_RING,
  type PrekeyRing,
  publishedPrekeys,
  rotatePrekeys,
} from '@ezchat/protocol/session/prekey-ring.ts'
import type { Prekeys } from '@ezchat/protocol/session/prekeys.ts'
import { openMessage, type Received } from '@ezchat/protocol/session/receive.ts'
import { MESSAGE_OVERHEAD_BYTES } from '@ezchat/protocol/session/sealed-message.ts'
import { overheadBytes, type SendOptions, sealMessage } from '@ezchat/protocol/session/send.ts'
import type { Session } from '@ezchat/protocol/session/session.ts'
import {
  answerFirstContact,
  readFirstContact,
  startSession,
} from '@ezchat/protocol/session/start.ts'
import { bytesOfUnits, seededUnit } from '../stem/seeded.ts'

const native = nativeCrypto()

/** Watching: a pair of key and nonce that comes twice fails the test. */
export function watchedCrypto(base: Crypto = native): Crypto {
  const seen = new Set<string>()
  return {
    ...base,
    chachaSeal(key, nonce, associated, plain) {
      const use = `${toHex(key.reveal())} ${toHex(nonce)}`
      assert.ok(!seen.has(use), 'a key and nonce sealed twice')
      seen.add(use)
      return base.chachaSeal(key, nonce, associated, plain)
    },
  }
}

/** The same keys, ids and salts in each run: which of two sessions has the lower id, too. */
export function seededCrypto(seed: number): Crypto {
  const seeded = nativeCrypto({ random: bytesOfUnits(seededUnit(seed)) })
  return {
    ...seeded,
    // Noble's, which draws from the seed, takes 20 times as long.
    x25519Generate() {
      const secret = Secret.adopt(seeded.randomBytes(32))
      return { secret, publicKey: seeded.x25519Public(secret) }
    },
  }
}

export const crypto = native
export const networkId = new Uint8Array(32).fill(0x4e)
export const NOW = 1_800_000_000
export const TTL_SECONDS = 30 * 86_400
export const ROOM_1K = 1024 - 47
export const ROOM_4K = 4096 - 47
export const associated = new Uint8Array(39).fill(0x41)

export interface Person {
  readonly own: OwnParty
  readonly signSeed: Secret
  readonly ring: PrekeyRing
  readonly prekeys: Prekeys
}

export function person(
  deviceNumber: number,
  proof = new Uint8Array(180).fill(deviceNumber),
  using: Crypto = crypto,
): Person {
  const deviceSecret = Secret.adopt(using.randomBytes(32))
  const signSeed = Secret.adopt(using.randomBytes(32))
  const party = {
    identityKey: using.ed25519Public(Secret.adopt(using.randomBytes(32))),
    deviceId: new Uint8Array(16).fill(deviceNumber),
    signKey: using.ed25519Public(signSeed),
    deviceKey: using.x25519Public(deviceSecret),
  }
  const ring = rotatePrekeys(using, EMPTY_RING, NOW)
  const prekeys = publishedPrekeys(using, ring, party)
  assert.ok(prekeys)
  return { own: { party, deviceSecret, proof }, signSeed, ring, prekeys }
}

export const receiving = { nowSeconds: NOW, ttlSeconds: TTL_SECONDS, associated }

export function sending(options: Partial<SendOptions> = {}): SendOptions {
  return { roomBytes: ROOM_1K, nowSeconds: NOW, associated, incarnation: 1, ...options }
}

export function text(words: string): Uint8Array {
  return new TextEncoder().encode(words)
}

export function words(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}

export function mustOpen(received: Received | null): Received & { readonly kind: 'opened' } {
  assert.ok(received?.kind === 'opened', `expected a message that opens, got ${received?.kind}`)
  return received
}

export interface Met {
  alice: Session
  bob: Session
}

/** Alice has written, Bob has answered, Alice has read the answer. */
export function meet(alice: Person, bob: Person, using: Crypto = crypto): Met {
  const started = startSession(using, alice.own, bob.prekeys, {
    networkId,
    rank: 0,
    nowSeconds: NOW,
  })
  const first = sealMessage(using, started, text('hello'), sending({ roomBytes: ROOM_4K }))
  const responder = { own: bob.own, ring: bob.ring, networkId }
  const contact = readFirstContact(using, responder, first.message)
  assert.ok(contact)
  const fresh = answerFirstContact(using, responder, contact, NOW)
  const heard = mustOpen(openMessage(using, fresh, contact.message, receiving))
  const answer = sealMessage(using, heard.session, text('hello yourself'), sending())
  const back = mustOpen(openMessage(using, first.session, answer.message, receiving))
  return { alice: back.session, bob: answer.session }
}

export type Name = keyof Met
export const other = (name: Name): Name => (name === 'alice' ? 'bob' : 'alice')

/** Sends without delivering. */
export function say(
  met: Met,
  from: Name,
  what: string,
  options: Partial<SendOptions> = {},
  using: Crypto = crypto,
): Uint8Array {
  const sent = sealMessage(using, met[from], text(what), sending(options))
  met[from] = sent.session
  return sent.message
}

/** Delivers, and answers with what was read. */
export function hear(met: Met, to: Name, message: Uint8Array, nowSeconds = NOW): string {
  const opened = mustOpen(openMessage(crypto, met[to], message, { ...receiving, nowSeconds }))
  met[to] = opened.session
  return words(opened.content)
}

export { MESSAGE_OVERHEAD_BYTES, overheadBytes }
