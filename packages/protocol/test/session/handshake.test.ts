import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Secret } from '@ezchat/protocol/crypto/secret.ts'
import { ProtocolError } from '@ezchat/protocol/errors.ts'
import { decodeFrame, encodeFrame, type Frame } from '@ezchat/protocol/session/frame.ts'
import { handshakeBytesOf } from '@ezchat/protocol/session/handshake.ts'
import {
  addOneTimePrekeys,
  answerHandshake,
  publishedPrekeys,
} from '@ezchat/protocol/session/prekey-ring.ts'
import { openMessage } from '@ezchat/protocol/session/receive.ts'
import { sealMessage } from '@ezchat/protocol/session/send.ts'
import {
  answerFirstContact,
  readFirstContact,
  startSession,
} from '@ezchat/protocol/session/start.ts'
import fc from 'fast-check'
import {
  crypto,
  mustOpen,
  NOW,
  networkId,
  type Person,
  person,
  ROOM_4K,
  receiving,
  sending,
  text,
  words,
} from './people.ts'

const alice = person(1)
const bob = person(2)
const options = { networkId, rank: 0, nowSeconds: NOW }
const responderOf = (someone: Person, ring = someone.ring) => ({
  own: someone.own,
  ring,
  networkId,
})
const isCode = (code: string) => (error: unknown) =>
  error instanceof ProtocolError && error.code === code

function firstMessage(prekeys = bob.prekeys, own = alice.own): Uint8Array {
  const session = startSession(crypto, own, prekeys, options)
  return sealMessage(crypto, session, text('hello'), sending({ roomBytes: ROOM_4K })).message
}

function answer(message: Uint8Array, responder = responderOf(bob)): string | null {
  const contact = readFirstContact(crypto, responder, message)
  if (contact === null) return null
  const session = answerFirstContact(crypto, responder, contact, NOW)
  const received = openMessage(crypto, session, contact.message, receiving)
  return received && words(mustOpen(received).content)
}

describe('a first message', () => {
  test('fits the 4 KiB bucket, with the largest proof', () => {
    const loaded = { ...alice.own, proof: new Uint8Array(1024) }
    const message = firstMessage(bob.prekeys, loaded)
    assert.equal(message.length, ROOM_4K)
    assert.equal(answer(message), 'hello')
    assert.ok(handshakeBytesOf(1024) < 2400)
  })

  test('says who writes to nobody but the device it is for', () => {
    const message = firstMessage()
    const { party, proof } = alice.own
    const hay = Buffer.from(message)
    for (const needle of [...Object.values(party), proof.subarray(0, 16)]) {
      assert.equal(hay.indexOf(needle), -1)
    }
    const carol = person(3)
    assert.equal(readFirstContact(crypto, responderOf(carol), message), null)
    const contact = readFirstContact(crypto, responderOf(bob), message)
    assert.deepEqual(contact?.introduction.party, party)
    assert.deepEqual(contact?.introduction.proof, proof)
  })

  test('opens with the one-time key that it used, once', () => {
    const ring = addOneTimePrekeys(crypto, bob.ring, 3, NOW)
    const prekeys = publishedPrekeys(crypto, ring, bob.own.party, { withOneTime: true })!
    const message = firstMessage(prekeys)
    assert.equal(answer(message, responderOf(bob, ring)), 'hello')
    const contact = readFirstContact(crypto, responderOf(bob, ring), message)!
    const used = answerHandshake(ring, {
      id: contact.prekeyId,
      oneTimeId: contact.introduction.oneTimeId,
      handshake: contact.handshakeId,
    })
    assert.equal(used.oneTime.length, 2)
    assert.throws(() => answer(message, responderOf(bob, used)), isCode('SESSION_STALE'))
  })

  test('has the unused bit of its key at random', () => {
    const bits = Array.from({ length: 40 }, () => firstMessage()[31]! >> 7)
    assert.deepEqual([...new Set(bits)].sort(), [0, 1])
  })

  test('that was changed in any byte of the handshake opens nothing', () => {
    const message = firstMessage()
    const handshakeBytes = handshakeBytesOf(alice.own.proof.length)
    const step = 3
    for (let at = 0; at < handshakeBytes; at += step) {
      const forged = Uint8Array.from(message)
      forged[at]! ^= 1 << (at % 8)
      try {
        assert.equal(answer(forged), null, `byte ${at}`)
      } catch (error: unknown) {
        assert.ok(isCode('SESSION_SEAL')(error), `byte ${at}: ${error}`)
      }
    }
  })

  test('with the unused bit turned over is another one, and opens nothing', () => {
    const message = firstMessage()
    message[31]! ^= 0x80
    assert.equal(answer(message), null)
  })

  test('to another network, device, device key or identity opens nothing', () => {
    const message = firstMessage()
    const { own, ring } = bob
    const elsewhere = [
      { own, ring, networkId: new Uint8Array(32) },
      ...(['identityKey', 'deviceId', 'signKey', 'deviceKey'] as const).map((field) => {
        const changed = Uint8Array.from(own.party[field])
        changed[0]! ^= 1
        return { own: { ...own, party: { ...own.party, [field]: changed } }, ring, networkId }
      }),
    ]
    for (const responder of elsewhere) assert.equal(answer(message, responder), null)
  })

  test('is authenticated by the device key that it names: a pretender opens nothing', () => {
    const mallory = person(9)
    const pretender = { ...alice.own, deviceSecret: mallory.own.deviceSecret }
    assert.equal(answer(firstMessage(bob.prekeys, pretender)), null)
  })

  test('to the device itself is not made', () => {
    const party = { ...alice.own.party, deviceId: bob.own.party.deviceId }
    const twin = { ...alice.own, party }
    assert.throws(() => firstMessage(bob.prekeys, twin), isCode('PREKEYS_FIELD'))
  })

  test('cut off anywhere is nobody’s or broken, and random bytes are nobody’s', () => {
    const message = firstMessage()
    for (let length = 0; length < 1700; length += 37) {
      try {
        assert.equal(answer(message.subarray(0, length)), null)
      } catch (error: unknown) {
        assert.ok(error instanceof ProtocolError)
      }
    }
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1250, maxLength: 4100, size: 'max' }), (bytes) => {
        assert.equal(answer(bytes), null)
        // With our prekey's id, so that everything but the keys is right.
        const aimed = Uint8Array.from(bytes)
        aimed.set(message.subarray(32, 36), 32)
        assert.equal(answer(aimed), null)
      }),
      { numRuns: 60 },
    )
  })

  test('with an ephemeral key of small order is nobody’s', () => {
    const message = firstMessage()
    message.fill(0, 0, 32)
    assert.equal(answer(message), null)
  })

  test('whose introduction lies is refused with the right code', () => {
    const lie = (change: (plain: Uint8Array) => void) => {
      const lying = {
        ...crypto,
        chachaSeal: (key: Secret, nonce: Uint8Array, bound: Uint8Array, plain: Uint8Array) => {
          const said = Uint8Array.from(plain)
          if (plain.length === 128) change(said)
          return crypto.chachaSeal(key, nonce, bound, said)
        },
      }
      const session = startSession(lying, alice.own, bob.prekeys, options)
      return sealMessage(crypto, session, text('x'), sending({ roomBytes: ROOM_4K })).message
    }
    const cases: [string, (plain: Uint8Array) => void][] = [
      ['SESSION_VERSION', (plain) => plain.fill(2, 0, 1)],
      ['SESSION_KIND', (plain) => plain.fill(2, 1, 2)],
      ['SESSION_LIMIT', (plain) => plain.fill(0xff, 126)],
      ['SESSION_SEAL', (plain) => plain.fill(1, 127)],
      ['SESSION_FIELD', (plain) => plain.set(bob.own.party.deviceId, 34)],
    ]
    for (const [code, change] of cases) {
      assert.throws(() => answer(lie(change)), isCode(code), code)
    }
    const short = lie((plain) => plain.set([4, 0], 126)).subarray(0, 1700)
    assert.throws(() => answer(short), isCode('SESSION_TRUNCATED'))
  })
})

describe('a frame', () => {
  test('is the same after a round trip', () => {
    const reference = fc.uint8Array({ minLength: 16, maxLength: 16 })
    const plain = { noNullPrototype: true }
    const frame: fc.Arbitrary<Frame> = fc.oneof(
      fc.record({ kind: fc.constant('content' as const), content: fc.uint8Array() }, plain),
      fc.record(
        {
          kind: fc.constant('resend' as const),
          references: fc.array(reference, { minLength: 1, maxLength: 64 }),
        },
        plain,
      ),
      fc.record({ kind: fc.constant('nothing' as const) }, plain),
    )
    fc.assert(fc.property(frame, (one) => assert.deepEqual(decodeFrame(encodeFrame(one)), one)))
  })

  test('of a kind that is not known is passed over', () => {
    assert.equal(decodeFrame(Uint8Array.of(99, 1, 2)), null)
  })

  test('of random bytes is a frame, unknown, or refused; and what decodes is canonical', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(4), (rest, kind) => {
        const bytes = Uint8Array.of(kind, ...rest)
        try {
          const frame = decodeFrame(bytes)
          if (frame !== null) assert.deepEqual(encodeFrame(frame), bytes)
        } catch (error: unknown) {
          assert.ok(error instanceof ProtocolError)
        }
      }),
    )
  })

  test('asks for 1 to 64 messages', () => {
    const ask = (count: number) => Uint8Array.of(2, count, ...new Uint8Array(count * 16))
    assert.equal(decodeFrame(ask(64))?.kind, 'resend')
    assert.throws(() => decodeFrame(ask(65)), isCode('SESSION_FIELD'))
    assert.throws(() => decodeFrame(ask(0)), isCode('SESSION_FIELD'))
    assert.throws(() => decodeFrame(new Uint8Array(0)), isCode('SESSION_TRUNCATED'))
    assert.throws(() => decodeFrame(Uint8Array.of(3, 0)), isCode('SESSION_TRAILING'))
  })
})
