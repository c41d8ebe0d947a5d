// Alice, who may say anything at all.
import { concatBytes, toHex, utf8 } from '@ezchat/protocol/codec/bytes.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { nobleCrypto } from '@ezchat/protocol/crypto/noble.ts'
import { openMessage } from '@ezchat/protocol/session/receive.ts'
import { sealMessageWith } from '@ezchat/protocol/session/send.ts'
import type { Session } from '@ezchat/protocol/session/session.ts'
import { startSessionWith } from '@ezchat/protocol/session/start.ts'
import type { JsonObject } from '../../vector.ts'

import {
  alice,
  associated,
  bob,
  type Case,
  crypto,
  DAY_SECONDS,
  drawer,
  FIRST_ROOM_BYTES,
  NOW_SECONDS,
  named,
  networkId,
  PREKEY_ID,
  ROOM_BYTES,
  withoutOneTime,
} from './people.ts'

/** The initiator, with a Crypto that seals something else where it is told to. */
export class Initiator {
  #session: Session
  #incarnation = 1
  readonly #random = drawer('alice')
  #lie: ((plain: Uint8Array) => Uint8Array) | null = null
  readonly #crypto: Crypto = {
    ...crypto,
    chachaSeal: (key, nonce, bound, plain) =>
      crypto.chachaSeal(key, nonce, bound, this.#lie?.(Uint8Array.from(plain)) ?? plain),
  }

  constructor(lie: ((plain: Uint8Array) => Uint8Array) | null = null) {
    this.#lie = lie
    const kemCoins = nobleCrypto(drawer('alice kem'))
    const deterministic = { ...this.#crypto, mlkemEncapsulate: kemCoins.mlkemEncapsulate }
    const options = { networkId, rank: 0, nowSeconds: NOW_SECONDS }
    this.#session = startSessionWith(deterministic, alice, withoutOneTime, options, this.#random)
    this.#lie = null
  }

  say(content: string, lie: ((plain: Uint8Array) => Uint8Array) | null = null): Uint8Array {
    this.#lie = lie
    const roomBytes = this.#session.handshake === null ? ROOM_BYTES : FIRST_ROOM_BYTES
    const options = {
      nowSeconds: NOW_SECONDS,
      associated,
      roomBytes,
      incarnation: this.#incarnation,
    }
    const sent = sealMessageWith(this.#crypto, this.#session, utf8(content), options, this.#random)
    this.#session = sent.session
    this.#lie = null
    return sent.message
  }

  /** What follows the handshake, which is 1,324 bytes with this proof. */
  sayAgain(content: string, lie: ((plain: Uint8Array) => Uint8Array) | null = null): Uint8Array {
    return this.say(content, lie).slice(1324)
  }

  /** What it has now; by calling what comes back, its program starts anew with that. */
  copy(): () => void {
    const session = this.#session
    return () => {
      this.#session = session
      this.#incarnation += 1
    }
  }

  hear(message: Uint8Array): void {
    const options = { nowSeconds: NOW_SECONDS, associated, ttlSeconds: 30 * DAY_SECONDS }
    const received = openMessage(crypto, this.#session, message, options)
    if (received?.kind !== 'opened') throw new Error('the builder cannot read its own vector')
    this.#session = received.session
  }
}

export const receive = (message: Uint8Array) => concatBytes(Uint8Array.of(0), message)
export const send = (name: string, content: string) =>
  concatBytes(Uint8Array.of(1), named(`${name} coins`, 44), utf8(content))

export function responderInput(
  first: Uint8Array,
  steps: Uint8Array[],
  changes: JsonObject = {},
): JsonObject {
  return {
    identityKey: toHex(bob.party.identityKey),
    deviceId: toHex(bob.party.deviceId),
    signKey: toHex(bob.party.signKey),
    deviceKey: toHex(bob.party.deviceKey),
    deviceSecret: toHex(named('bob device')),
    prekeyId: PREKEY_ID,
    signedSecret: toHex(named('bob signed prekey')),
    kemSeed: toHex(named('bob kem prekey', 64)),
    networkId: toHex(networkId),
    associated: toHex(associated),
    nowSeconds: NOW_SECONDS,
    roomBytes: ROOM_BYTES,
    steps: [first, ...steps].map(toHex),
    ...changes,
  }
}

export const flip = (bytes: Uint8Array, at: number): Uint8Array => bytes.with(at, bytes.at(at)! ^ 1)

/** A list of cases for the responder, and what adds to it. */
export function collect() {
  const cases: Case[] = []
  const add = (name: string, note: string, input: JsonObject, how: Partial<Case> = {}) =>
    cases.push({ name, note, entry: 'responder', input, ...how })
  return { cases, add }
}
