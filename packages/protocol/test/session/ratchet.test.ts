import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { concatBytes } from '@ezchat/protocol/codec/bytes.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import { AssertionError, ProtocolError } from '@ezchat/protocol/errors.ts'
import { openMessage } from '@ezchat/protocol/session/receive.ts'
import { sealMessage } from '@ezchat/protocol/session/send.ts'
import fc from 'fast-check'
import {
  associated,
  crypto,
  hear,
  MESSAGE_OVERHEAD_BYTES,
  meet,
  mustOpen,
  NOW,
  person,
  ROOM_1K,
  ROOM_4K,
  receiving,
  say,
  sending,
  TTL_SECONDS,
  text,
  watchedCrypto,
} from './people.ts'

const alice = person(1)
const bob = person(2)

function isCode(code: string) {
  return (error: unknown) => error instanceof ProtocolError && error.code === code
}

describe('a session', () => {
  test('carries messages both ways, many in a row and in turn', () => {
    const met = meet(alice, bob)
    for (let i = 0; i < 20; i++) {
      assert.equal(hear(met, 'bob', say(met, 'alice', `a${i}`)), `a${i}`)
      if (i % 3 === 0) assert.equal(hear(met, 'alice', say(met, 'bob', `b${i}`)), `b${i}`)
    }
  })

  test('makes messages that are exactly as long as the room, whatever they say', () => {
    const met = meet(alice, bob)
    for (const what of ['', 'x', 'x'.repeat(ROOM_1K - MESSAGE_OVERHEAD_BYTES)]) {
      assert.equal(say(met, 'alice', what).length, ROOM_1K)
    }
    const tooLong = 'x'.repeat(ROOM_1K - MESSAGE_OVERHEAD_BYTES + 1)
    assert.throws(() => say(met, 'alice', tooLong), AssertionError)
  })

  test('opens whatever order its messages come in, once each', () => {
    const permutation = fc.shuffledSubarray([...Array(12).keys()], { minLength: 1 })
    fc.assert(
      fc.property(permutation, permutation, (first, second) => {
        const met = meet(alice, bob)
        const sent = Array.from({ length: 12 }, (_, i) => say(met, 'alice', `a${i}`))
        for (const i of first) assert.equal(hear(met, 'bob', sent[i]!), `a${i}`)
        hear(met, 'alice', say(met, 'bob', 'turn'))
        const next = Array.from({ length: 12 }, (_, i) => say(met, 'alice', `c${i}`))
        for (const i of second) assert.equal(hear(met, 'bob', next[i]!), `c${i}`)
        for (const i of sent.keys()) {
          if (!first.includes(i)) assert.equal(hear(met, 'bob', sent[i]!), `a${i}`)
        }
        for (const message of [...sent, ...second.map((i) => next[i]!)]) {
          const again = openMessage(crypto, met.bob, message, receiving)
          assert.ok(again === null || (again.kind === 'used' && !again.isPeerRollback))
        }
      }),
      { numRuns: 25 },
    )
  })

  test('never changes the state that it was given', () => {
    const met = meet(alice, bob)
    const before = met.alice
    const shown = JSON.stringify(before)
    const one = sealMessage(crypto, before, text('one'), sending())
    const two = sealMessage(crypto, before, text('two'), sending())
    assert.equal(JSON.stringify(before), shown)
    const bobBefore = met.bob
    const heardOne = mustOpen(openMessage(crypto, bobBefore, one.message, receiving))
    const heardTwo = mustOpen(openMessage(crypto, bobBefore, two.message, receiving))
    assert.deepEqual([heardOne.content, heardTwo.content], [text('one'), text('two')])
    assert.equal(openMessage(crypto, heardOne.session, one.message, receiving)?.kind, 'used')
  })

  test('seals no two things under one key and nonce, from whatever state it starts again', () => {
    const watched = watchedCrypto()
    const met = meet(alice, bob, watched)
    const states = [met.alice]
    for (let i = 0; i < 12; i++) {
      say(met, 'alice', `a${i}`, {}, watched)
      states.push(met.alice)
    }
    hear(met, 'alice', say(met, 'bob', 'turn', {}, watched))
    states.push(met.alice)
    for (const state of states) {
      let session = state
      for (let i = 0; i < 4; i++) {
        session = sealMessage(watched, session, text('same words'), sending()).session
      }
    }
  })
})

describe('a message', () => {
  test('that was changed in any byte opens nothing and changes nothing', () => {
    const met = meet(alice, bob)
    const message = say(met, 'alice', 'hello', { roomBytes: 200 })
    for (let at = 0; at < message.length - 16; at++) {
      const forged = Uint8Array.from(message)
      forged[at]! ^= 1 << (at % 8)
      try {
        assert.equal(openMessage(crypto, met.bob, forged, receiving), null)
      } catch (error: unknown) {
        assert.ok(isCode('SESSION_SEAL')(error))
      }
    }
    assert.equal(hear(met, 'bob', message), 'hello')
  })

  test('opens only with the envelope header that it was sealed for', () => {
    const met = meet(alice, bob)
    const message = say(met, 'alice', 'hello')
    for (let at = 0; at < associated.length; at++) {
      const moved = Uint8Array.from(associated)
      moved[at]! ^= 1
      assert.equal(openMessage(crypto, met.bob, message, { ...receiving, associated: moved }), null)
    }
    const shorter = associated.subarray(1)
    assert.equal(openMessage(crypto, met.bob, message, { ...receiving, associated: shorter }), null)
  })

  test('opens in no other session, not at another device and not at its own sender', () => {
    const met = meet(alice, bob)
    const elsewhere = meet(alice, bob)
    const withCarol = meet(alice, person(3))
    const message = say(met, 'alice', 'hello')
    for (const session of [elsewhere.bob, withCarol.bob, met.alice, elsewhere.alice]) {
      assert.equal(openMessage(crypto, session, message, receiving), null)
    }
    assert.equal(hear(met, 'bob', message), 'hello')
  })

  test('shorter than the least is nobody’s', () => {
    const met = meet(alice, bob)
    for (const length of [0, 1, MESSAGE_OVERHEAD_BYTES - 1]) {
      assert.equal(openMessage(crypto, met.bob, new Uint8Array(length), receiving), null)
    }
  })

  test('of random bytes is nobody’s', () => {
    const met = meet(alice, bob)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
        assert.equal(openMessage(crypto, met.bob, bytes, receiving), null)
      }),
      { numRuns: 200 },
    )
  })

  test('has no byte that is the same in all messages', () => {
    const met = meet(alice, bob)
    const messages = Array.from({ length: 40 }, () => say(met, 'alice', ''))
    for (let at = 0; at < ROOM_1K; at++) {
      assert.ok(new Set(messages.map((message) => message[at])).size > 20, `byte ${at}`)
    }
  })
})

describe('a KEM step', () => {
  const roomy = { roomBytes: ROOM_4K }

  test('is made after 50 messages, with both parts in the encrypted header', () => {
    const met = meet(alice, bob)
    for (let i = met.alice.kem.messages; i < 50; i++) {
      assert.equal(met.alice.kem.ownSeed, null)
      hear(met, 'bob', say(met, 'alice', 'one more', roomy))
    }
    const offer = say(met, 'alice', 'offer', roomy)
    assert.ok(met.alice.kem.ownSeed)
    hear(met, 'bob', offer)
    assert.ok(met.bob.kem.peerKey)
    hear(met, 'alice', say(met, 'bob', 'answer', roomy))
    assert.equal(met.alice.kem.ownSeed, null)
    assert.equal(met.alice.kem.messages, 0)
    assert.ok(met.bob.sending.kemCiphertext)
    assert.equal(met.bob.kem.peerKey, null)
    assert.equal(hear(met, 'bob', say(met, 'alice', 'on')), 'on')
  })

  test('is made after 7 days', () => {
    const met = meet(alice, bob)
    const soon = NOW + 7 * 86_400 - 1
    hear(met, 'bob', say(met, 'alice', 'soon', { ...roomy, nowSeconds: soon }), soon)
    assert.equal(met.alice.kem.ownSeed, null)
    const due = soon + 1
    hear(met, 'bob', say(met, 'alice', 'due', { ...roomy, nowSeconds: due }), due)
    assert.ok(met.alice.kem.ownSeed)
    hear(met, 'alice', say(met, 'bob', 'answer', { ...roomy, nowSeconds: due }), due)
    assert.equal(met.alice.kem.sinceSeconds, due)
  })

  test('waits for room, the offer and the answer alike', () => {
    const met = meet(alice, bob)
    const nowSeconds = NOW + 8 * 86_400
    const turn = (roomBytes: number) => {
      hear(met, 'bob', say(met, 'alice', 'a', { nowSeconds, roomBytes }), nowSeconds)
      hear(met, 'alice', say(met, 'bob', 'b', { nowSeconds, roomBytes: ROOM_1K }), nowSeconds)
    }
    turn(ROOM_1K)
    assert.equal(met.bob.kem.peerKey, null)
    turn(ROOM_4K)
    assert.ok(met.bob.kem.peerKey)
    turn(ROOM_1K)
    assert.ok(met.bob.kem.peerKey, 'still to be answered')
    hear(met, 'bob', say(met, 'alice', 'a', { nowSeconds }), nowSeconds)
    hear(met, 'alice', say(met, 'bob', 'b', { nowSeconds, roomBytes: ROOM_4K }), nowSeconds)
    assert.equal(met.bob.kem.peerKey, null)
    assert.equal(met.alice.kem.ownSeed, null)
  })

  test('is repeated in its chain, so that any message of it will do', () => {
    const met = meet(alice, bob)
    const nowSeconds = NOW + 8 * 86_400
    const late = { ...roomy, nowSeconds }
    hear(met, 'bob', say(met, 'alice', 'offer', late), nowSeconds)
    const chain = ['x', 'y', 'z'].map((what) => say(met, 'bob', what, late))
    assert.equal(hear(met, 'alice', chain[2]!, nowSeconds), 'z')
    assert.equal(hear(met, 'alice', chain[0]!, nowSeconds), 'x')
    hear(met, 'bob', say(met, 'alice', 'turn', late), nowSeconds)
    assert.equal(hear(met, 'alice', chain[1]!, nowSeconds), 'y')
  })

  test('is not answered twice when its offer comes late', () => {
    const met = meet(alice, bob)
    const nowSeconds = NOW + 8 * 86_400
    const late = { ...roomy, nowSeconds }
    const offers = [0, 1, 2].map((i) => say(met, 'alice', `offer ${i}`, late))
    hear(met, 'bob', offers[0]!, nowSeconds)
    const answer = say(met, 'bob', 'answer', late)
    hear(met, 'bob', offers[2]!, nowSeconds)
    assert.equal(met.bob.kem.peerKey, null)
    hear(met, 'alice', answer, nowSeconds)
    hear(met, 'bob', say(met, 'alice', 'on', { nowSeconds }), nowSeconds)
    hear(met, 'bob', offers[1]!, nowSeconds)
    assert.equal(met.bob.kem.peerKey, null)
    assert.equal(hear(met, 'alice', say(met, 'bob', 'fine', late), nowSeconds), 'fine')
  })

  test('can be offered from both sides at once', () => {
    const met = meet(alice, bob)
    const nowSeconds = NOW + 8 * 86_400
    const late = { ...roomy, nowSeconds }
    const fromAlice = say(met, 'alice', 'a', late)
    const fromBob = say(met, 'bob', 'b', late)
    hear(met, 'alice', fromBob, nowSeconds)
    hear(met, 'bob', fromAlice, nowSeconds)
    for (let i = 0; i < 3; i++) {
      assert.equal(hear(met, 'bob', say(met, 'alice', `${i}`, late), nowSeconds), `${i}`)
      assert.equal(hear(met, 'alice', say(met, 'bob', `${i}`, late), nowSeconds), `${i}`)
    }
  })

  test('that is offered with a key that is none does not stop the other side from writing', () => {
    const met = meet(alice, bob)
    hear(met, 'alice', say(met, 'bob', 'turn'))
    const hostile = new Uint8Array(1184).fill(0xff)
    const session = { ...met.alice, kem: { ...met.alice.kem, peerKey: hostile } }
    const sent = sealMessage(crypto, session, text('all the same'), sending(roomy))
    assert.equal(sent.session.kem.peerKey, null)
    assert.equal(hear(met, 'bob', sent.message), 'all the same')
  })
})

describe('a header that opens and lies', () => {
  /** Whoever holds the keys can write anything: the peer. */
  function liar(change: (header: Uint8Array) => void) {
    const met = meet(alice, bob)
    const lying = {
      ...crypto,
      chachaSeal: (key: Secret, nonce: Uint8Array, bound: Uint8Array, plain: Uint8Array) => {
        const said = Uint8Array.from(plain)
        if (plain.length === 70) change(said)
        return crypto.chachaSeal(key, nonce, bound, said)
      },
    }
    return { met, message: say(met, 'alice', 'lie', {}, lying) }
  }
  const setU32 = (at: number, value: number) => (header: Uint8Array) =>
    new DataView(header.buffer).setUint32(at, value)

  const cases: [string, (header: Uint8Array) => void, string][] = [
    ['an unknown version', (h) => h.fill(2, 0, 1), 'SESSION_VERSION'],
    ['an unknown flag', (h) => h.fill(4, 1, 2), 'SESSION_FIELD'],
    ['a KEM part that is not there', (h) => h.fill(1, 1, 2), 'SESSION_SEAL'],
    ['a small-order ratchet key', (h) => h.fill(0, 2, 34), 'KEY_INVALID'],
    ['1,001 messages to skip', setU32(38, 1002), 'SESSION_LIMIT'],
    ['4 billion messages to skip', setU32(38, 0xffffffff), 'SESSION_LIMIT'],
    ['4 billion messages skipped before', setU32(34, 0xffffffff), 'SESSION_LIMIT'],
    ['another number', setU32(38, 1), 'SESSION_SEAL'],
    ['another rank', setU32(46, 9), 'SESSION_SEAL'],
  ]
  for (const [what, change, code] of cases) {
    test(`is refused for ${what}, and costs a bounded number of hashes`, () => {
      const { met, message } = liar(change)
      let hashes = 0
      const counting = {
        ...crypto,
        hmacSha256: (key: Secret, data: Uint8Array) => {
          hashes++
          return crypto.hmacSha256(key, data)
        },
      }
      assert.throws(() => openMessage(counting, met.bob, message, receiving), isCode(code))
      assert.ok(hashes <= 2 * 1001, `${hashes}`)
    })
  }

  test('may skip exactly 1,000, and these still open', () => {
    const met = meet(alice, bob)
    const messages = Array.from({ length: 1001 }, (_, i) =>
      say(met, 'alice', `${i}`, { roomBytes: 140 }),
    )
    assert.equal(hear(met, 'bob', messages[1000]!), '1000')
    assert.equal(met.bob.skipped.count, 1000)
    assert.equal(hear(met, 'bob', messages[0]!), '0')
    assert.equal(hear(met, 'bob', messages[999]!), '999')
  })

  test('with a KEM ciphertext that was never asked for is refused', () => {
    const met = meet(alice, bob)
    const peerKey = crypto.mlkemPublic(Secret.adopt(crypto.randomBytes(64)))
    hear(met, 'alice', say(met, 'bob', 'turn'))
    const pushy = { ...met.alice, kem: { ...met.alice.kem, peerKey } }
    const sent = sealMessage(crypto, pushy, text('x'), sending({ roomBytes: ROOM_4K }))
    const open = () => openMessage(crypto, met.bob, sent.message, receiving)
    assert.throws(open, isCode('SESSION_STATE'))
  })
})

test('keys of late messages are forgotten after the time to live and a little more', () => {
  const met = meet(alice, bob)
  const late = say(met, 'alice', 'late')
  const later = say(met, 'alice', 'later')
  hear(met, 'bob', later)
  const last = NOW + TTL_SECONDS + 2 * 86_400
  const inTime = { ...receiving, nowSeconds: last }
  assert.equal(openMessage(crypto, met.bob, late, inTime)?.kind, 'opened')
  const tooLate = { ...receiving, nowSeconds: last + 1 }
  assert.equal(openMessage(crypto, met.bob, late, tooLate)?.kind, 'used')
})

test('a message from before a lost state shows that the sender went back in time', () => {
  const met = meet(alice, bob)
  const backup = met.alice
  for (let i = 0; i < 5; i++) hear(met, 'bob', say(met, 'alice', `${i}`))
  const again = sealMessage(crypto, backup, text('restored'), sending({ incarnation: 2 }))
  const used = openMessage(crypto, met.bob, again.message, receiving)
  assert.deepEqual(used, { kind: 'used', isPeerRollback: true })
})

test('two beginnings of one chain show that the sender went back in time', () => {
  const met = meet(alice, bob)
  hear(met, 'alice', say(met, 'bob', 'turn'))
  const backup = met.alice
  hear(met, 'bob', say(met, 'alice', 'new chain'))
  const again = sealMessage(crypto, backup, text('restored'), sending())
  const used = openMessage(crypto, met.bob, again.message, receiving)
  assert.deepEqual(used, { kind: 'used', isPeerRollback: true })
})

test('an answer to a chain that we do not remember shows that we went back in time', () => {
  const met = meet(alice, bob)
  const backup = met.alice
  hear(met, 'bob', say(met, 'alice', 'new chain'))
  const answer = say(met, 'bob', 'got it')
  assert.deepEqual(openMessage(crypto, backup, answer, receiving), { kind: 'ahead' })
})

test('an acknowledgement of more than was sent shows that we went back in time', () => {
  const met = meet(alice, bob)
  hear(met, 'bob', say(met, 'alice', 'new chain'))
  const backup = met.alice
  for (let i = 0; i < 5; i++) hear(met, 'bob', say(met, 'alice', `${i}`))
  const answer = say(met, 'bob', 'got five')
  const honest = mustOpen(openMessage(crypto, met.alice, answer, receiving))
  assert.equal(honest.isOwnRollback, false)
  const restored = mustOpen(openMessage(crypto, backup, answer, receiving))
  assert.equal(restored.isOwnRollback, true)
})

test('a replay from an earlier start of the program is no sign of anything', () => {
  const met = meet(alice, bob)
  const old = [0, 1].map((i) => say(met, 'alice', `${i}`, { incarnation: 7 }))
  const young = [2, 3].map((i) => say(met, 'alice', `${i}`, { incarnation: 8 }))
  for (const message of [...old, ...young]) hear(met, 'bob', message)
  for (const message of [...old, ...young]) {
    const again = openMessage(crypto, met.bob, message, receiving)
    assert.deepEqual(again, { kind: 'used', isPeerRollback: false })
  }
})

test('a used number in a chain that is past shows a state that went back, too', () => {
  const met = meet(alice, bob)
  const backup = met.alice
  const [first, late] = [0, 1].map((i) => say(met, 'alice', `${i}`))
  const last = say(met, 'alice', 'last')
  for (const message of [first!, last]) hear(met, 'bob', message)
  hear(met, 'alice', say(met, 'bob', 'turn'))
  hear(met, 'bob', say(met, 'alice', 'next chain'))
  const again = sealMessage(crypto, backup, text('restored'), sending({ incarnation: 2 }))
  const used = openMessage(crypto, met.bob, again.message, receiving)
  assert.deepEqual(used, { kind: 'used', isPeerRollback: true })
  const copy = openMessage(crypto, met.bob, first!, receiving)
  assert.deepEqual(copy, { kind: 'used', isPeerRollback: false })
  assert.equal(hear(met, 'bob', late!), '1')
})

test('a handshake in front is no part of a message that is not the first', () => {
  const met = meet(alice, bob)
  const message = say(met, 'alice', 'x')
  assert.equal(
    openMessage(crypto, met.bob, concatBytes(new Uint8Array(9), message), receiving),
    null,
  )
})
