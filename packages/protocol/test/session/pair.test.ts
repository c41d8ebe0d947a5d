import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import { ProtocolError } from '@ezchat/protocol/errors.ts'
import {
  CROSSING_SECONDS,
  OLD_SESSIONS_MAX,
  RENEWAL_SECONDS_MIN,
  SILENCE_SECONDS,
  STRAY_SECONDS,
} from '@ezchat/protocol/limits.ts'
import {
  forgetOld,
  newPair,
  sendInPair,
  sessionsOf,
  startPair,
  tryRenewal,
} from '@ezchat/protocol/session/pair.ts'
import { receiveFirstContact, receiveInPair } from '@ezchat/protocol/session/pair-receive.ts'
import {
  attemptRenewal,
  NO_RENEWAL,
  noteAsked,
  noteUnopened,
  renewalDueSeconds,
  unopenedOf,
  wantRenewal,
} from '@ezchat/protocol/session/renewal.ts'
import { readFirstContact } from '@ezchat/protocol/session/start.ts'
import { couple, same, settle } from './device.ts'
import {
  crypto,
  NOW,
  networkId,
  person,
  ROOM_4K,
  receiving,
  sending,
  TTL_SECONDS,
  text,
  watchedCrypto,
} from './people.ts'

const people = [person(1), person(2)] as const
const isCode = (code: string) => (error: unknown) =>
  error instanceof ProtocolError && error.code === code

function met() {
  const both = couple(...people, watchedCrypto())
  both.alice.send('hello')
  settle(both)
  both.bob.send('hello yourself')
  settle(both)
  return both
}

describe('first contact', () => {
  test('carries a message, and an answer makes the handshake go away', () => {
    const { alice, bob } = met()
    assert.deepEqual(bob.disk.shown, ['hello'])
    assert.deepEqual(alice.disk.shown, ['hello yourself'])
    assert.equal(alice.pair?.active?.handshake, null)
    assert.equal(alice.disk.lines + bob.disk.lines, 0)
  })

  test('repeats its handshake until an answer comes, and makes one session of it', () => {
    const both = couple(...people, watchedCrypto())
    const { alice, bob, world } = both
    for (const what of ['one', 'two', 'three']) alice.send(what)
    world.mail.reverse()
    settle(both)
    assert.deepEqual([...bob.disk.shown].sort(), ['one', 'three', 'two'])
    assert.equal(bob.pair?.old.length, 0)
    bob.send('hi')
    settle(both)
    alice.send('four')
    assert.ok(world.mail[0]!.bytes.length < 1024)
    settle(both)
    assert.ok(same(alice, bob))
  })

  test('that comes again, whole, is refused; while its session lives it is merely old', () => {
    const both = couple(...people, watchedCrypto())
    both.alice.send('hello')
    const first = both.world.mail[0]!.bytes
    settle(both)
    assert.equal(both.bob.receive(first), 'repeated')
    both.bob.forgetEverything()
    assert.equal(both.bob.receive(first), 'refused')
    assert.deepEqual(both.bob.disk.shown, ['hello'])
  })

  test('from both sides at once ends in one session, whatever comes first', () => {
    for (let order = 0; order < 16; order++) {
      const both = couple(...people, watchedCrypto())
      const { alice, bob, world } = both
      alice.send('a1')
      bob.send('b1')
      if (order & 1) alice.send('a2')
      if (order & 2) bob.send('b2')
      if (order & 4) world.mail.reverse()
      if (order & 8) {
        // Bob's answer in Alice's session overtakes Bob's own first message.
        const late = world.mail.filter(({ to }) => to === 'alice')
        world.mail.splice(0, world.mail.length, ...world.mail.filter(({ to }) => to === 'bob'))
        settle(both)
        bob.send('b3')
        settle(both)
        world.mail.push(...late)
      }
      settle(both)
      for (const round of [1, 2]) {
        alice.send(`a-end ${round}`)
        bob.send(`b-end ${round}`)
        settle(both)
      }
      assert.ok(same(alice, bob), `order ${order}`)
      assert.equal(new Set(alice.disk.shown).size, alice.disk.shown.length)
      assert.ok(bob.disk.shown.includes('a1') && alice.disk.shown.includes('b1'))
      assert.ok(alice.disk.shown.includes('b-end 2') && bob.disk.shown.includes('a-end 2'))
    }
  })

  test('names a device that must be the pair’s', () => {
    const [alice, bob] = people
    const carol = person(3)
    const started = startPair(crypto, newPair(bob.own.party), alice.own, bob.prekeys, {
      networkId,
      nowSeconds: NOW,
    })
    const options = sending({ roomBytes: ROOM_4K })
    const sent = sendInPair(crypto, started.pair, started.frame, options)!
    assert.ok(sent.isFirstContact)
    const responder = { own: bob.own, ring: bob.ring, networkId }
    const contact = readFirstContact(crypto, responder, sent.message)!
    const wrong = newPair(carol.own.party)
    const receive = () => receiveFirstContact(crypto, wrong, responder, contact, receiving)
    assert.throws(receive, isCode('SESSION_PERMISSION'))
  })

  test('is needed before anything can be sent', () => {
    const frame = { kind: 'content', content: text('x') } as const
    assert.equal(sendInPair(crypto, newPair(people[1].own.party), frame, sending()), null)
  })
})

describe('a session that is broken', () => {
  test('by a backup that was restored at the sender is renewed, and nothing is missing', () => {
    const both = met()
    const { alice, bob } = both
    const backup = alice.disk
    for (let i = 0; i < 5; i++) alice.send(`before ${i}`)
    settle(both)
    alice.restore(backup)
    alice.send('after')
    settle(both)
    assert.ok(bob.disk.shown.includes('after'))
    assert.ok(same(alice, bob))
    assert.equal(alice.disk.lines, 1)
    assert.equal(bob.disk.lines, 1)
  })

  test('by a backup that was restored at the receiver is renewed, and nothing is missing', () => {
    const both = met()
    const { alice, bob } = both
    const backup = bob.disk
    for (let i = 0; i < 3; i++) {
      alice.send(`a${i}`)
      settle(both)
      bob.send(`b${i}`)
      settle(both)
    }
    bob.restore(backup)
    alice.send('after')
    settle(both)
    assert.ok(bob.disk.shown.includes('after'))
    assert.ok(same(alice, bob))
    assert.deepEqual([alice.disk.lines, bob.disk.lines], [1, 1])
  })

  test('by a state that one side lost is renewed as soon as that side writes', () => {
    const both = met()
    const { alice, bob, world } = both
    world.nowSeconds += CROSSING_SECONDS
    bob.forgetEverything()
    alice.send('into nothing')
    settle(both)
    bob.send('new here')
    settle(both)
    assert.ok(alice.disk.shown.includes('new here'))
    alice.send('welcome back')
    settle(both)
    assert.ok(bob.disk.shown.includes('welcome back'))
    assert.ok(same(alice, bob))
    assert.equal(alice.disk.lines, 1)
  })

  test('is renewed no more often than the limit says, and later by itself', () => {
    const both = met()
    const { alice, bob, world } = both
    const backup = alice.disk
    for (let i = 0; i < 5; i++) alice.send(`before ${i}`)
    settle(both)
    alice.restore(backup)
    for (let i = 0; i < 4; i++) alice.send(`after ${i}`)
    for (const { bytes } of world.mail.splice(0)) bob.receive(bytes)
    const attempts = world.mail.splice(0).length
    assert.equal(attempts, 1)
    bob.tick()
    assert.equal(world.mail.length, 0)
    world.nowSeconds += RENEWAL_SECONDS_MIN
    bob.tick()
    assert.equal(world.mail.length, 1)
    bob.tick()
    assert.equal(world.mail.length, 1)
    settle(both)
    for (let i = 0; i < 4; i++) assert.ok(bob.disk.shown.includes(`after ${i}`))
    bob.tick()
    assert.equal(world.mail.length, 0)
  })

  test('is not what a carrier can make of it: replays and forgeries renew nothing', () => {
    const both = met()
    const { alice, bob, world } = both
    const seen: Uint8Array[] = []
    for (let round = 0; round < 4; round++) {
      for (const device of [alice, bob]) {
        for (let i = 0; i < 3; i++) device.send(`${device.name} ${round} ${i}`)
        seen.push(...world.mail.map(({ bytes }) => bytes))
        settle(both)
        device.restart()
      }
    }
    for (const bytes of seen) {
      for (const at of [0, 90, bytes.length - 30, bytes.length - 10, bytes.length - 1]) {
        const forged = Uint8Array.from(bytes)
        forged[at]! ^= 0x10
        for (const device of [alice, bob]) {
          assert.ok(['nothing', 'refused', 'repeated'].includes(device.receive(forged)))
        }
      }
      for (const device of [alice, bob]) assert.notEqual(device.receive(bytes), 'unopened')
    }
    assert.equal(world.mail.length, 0)
    assert.equal(alice.disk.lines + bob.disk.lines, 0)
  })

  test('shows that once, however often and long a carrier repeats it', () => {
    const both = met()
    const { alice, bob, world } = both
    const backup = alice.disk
    for (let i = 0; i < 5; i++) alice.send(`before ${i}`)
    settle(both)
    alice.restore(backup)
    for (let i = 0; i < 3; i++) alice.send(`after ${i}`)
    const lost = world.mail.map(({ bytes }) => bytes)
    settle(both)
    assert.equal(bob.disk.lines, 1)
    for (let hour = 0; hour < 24 * 9; hour++) {
      world.nowSeconds += 3600
      for (const bytes of lost) assert.equal(bob.receive(bytes), 'repeated')
      // The header still opens: a body that was changed would otherwise be another lost message.
      const changed = Uint8Array.from(lost[hour % 3]!)
      changed[200 + hour]! ^= 1
      assert.equal(bob.receive(changed), 'refused')
      bob.tick()
      assert.equal(world.mail.length, 0)
    }
    assert.equal(bob.disk.shown.filter((what) => what === 'after 0').length, 1)
    assert.equal(bob.disk.lines, 1)
  })

  test('by more skipped messages than may be is renewed, and what came is asked for again', () => {
    const both = met()
    const { alice, bob, world } = both
    for (let i = 0; i < 1002; i++) alice.send(`lost ${i}`)
    const last = world.mail.at(-1)!
    world.mail.splice(0)
    bob.receive(last.bytes)
    settle(both)
    assert.ok(bob.disk.shown.includes('lost 1001'))
    assert.ok(same(alice, bob))
  })
})

describe('old sessions', () => {
  test('still receive what was sent in them, and only so many are kept for so long', () => {
    const both = met()
    const { alice, bob, world } = both
    alice.send('still under way')
    const late = world.mail.pop()!
    bob.forgetEverything()
    for (let i = 0; i < 2; i++) {
      world.nowSeconds += 100
      bob.forgetEverything()
      bob.send(`again ${i}`)
      settle(both)
    }
    assert.equal(alice.pair!.old.length, 2)
    assert.equal(late.to, 'bob')
    for (let i = 0; i < 4; i++) {
      world.nowSeconds += 100
      bob.forgetEverything()
      bob.send(`more ${i}`)
      settle(both)
    }
    const pair = alice.pair!
    assert.equal(pair.old.length, OLD_SESSIONS_MAX)
    const times = {
      nowSeconds: world.nowSeconds - 300 + TTL_SECONDS + 2 * 86_400,
      ttlSeconds: TTL_SECONDS,
    }
    assert.equal(forgetOld(pair, times).old.length, OLD_SESSIONS_MAX)
    const later = { ...times, nowSeconds: times.nowSeconds + 1 }
    assert.equal(forgetOld(pair, later).old.length, OLD_SESSIONS_MAX - 1)
  })

  test('that fail when a newer one works are asked in the newer one', () => {
    const both = met()
    const { alice, bob, world } = both
    const backup = alice.disk
    for (let i = 0; i < 3; i++) alice.send(`before ${i}`)
    settle(both)
    alice.restore(backup)
    alice.send('one')
    alice.send('two')
    const [one, two] = world.mail.splice(0)
    bob.receive(one!.bytes)
    settle(both)
    alice.send('fine')
    settle(both)
    bob.send('indeed')
    settle(both)
    assert.ok(!bob.disk.shown.includes('two'))
    bob.receive(two!.bytes)
    settle(both)
    assert.ok(bob.disk.shown.includes('two'))
    assert.equal(bob.disk.lines, 1)
  })
})

/** Alice began two sessions, and Bob has told the rank of the second; she has lost that one. */
function astray() {
  const both = met()
  const { alice, bob, world } = both
  const backup = alice.disk
  world.nowSeconds += CROSSING_SECONDS
  alice.forgetEverything()
  alice.send('again')
  settle(both)
  bob.send('welcome')
  settle(both)
  alice.restart()
  alice.send('thanks')
  settle(both)
  assert.ok(same(alice, bob))
  assert.equal(bob.disk.lines, 1)
  return { ...both, backup }
}

describe('an older session in which the peer still writes', () => {
  test('breaks the newer one when that goes on for an hour', () => {
    const both = astray()
    const { alice, bob, world, backup } = both
    alice.restore(backup)
    for (const minutes of [0, 30]) {
      world.nowSeconds += minutes * 60
      alice.send(`${minutes}`)
      settle(both)
      assert.equal(bob.pair!.renewal.isWanted, false)
    }
    world.nowSeconds += STRAY_SECONDS
    alice.send('still')
    settle(both)
    assert.ok(same(alice, bob))
    for (const what of ['0', '30', 'still']) assert.ok(bob.disk.shown.includes(what))
  })

  test('breaks nothing when all of it comes from a start that wrote in the newer one', () => {
    const both = met()
    const { alice, bob, world } = both
    const late: Uint8Array[] = []
    for (let i = 0; i < 3; i++) {
      alice.send(`late ${i}`)
      late.push(world.mail.pop()!.bytes)
    }
    world.nowSeconds += SILENCE_SECONDS
    alice.send('in a new session')
    settle(both)
    for (const bytes of late) {
      world.nowSeconds += STRAY_SECONDS
      assert.equal(bob.receive(bytes), 'opened')
    }
    assert.equal(bob.pair!.renewal.isWanted, false)
  })
})

describe('a peer that says nothing', () => {
  test('for a week is written to in a new session, which it can open whatever it lost', () => {
    const both = met()
    const { alice, bob, world } = both
    bob.forgetEverything()
    alice.send('one')
    settle(both)
    world.nowSeconds += SILENCE_SECONDS - 1
    alice.send('two')
    settle(both)
    assert.deepEqual(bob.disk.shown, ['hello'])
    world.nowSeconds += 1
    alice.send('three')
    settle(both)
    assert.deepEqual(bob.disk.shown, ['hello', 'three'])
    bob.send('hello again')
    settle(both)
    assert.ok(same(alice, bob))
  })

  test('costs one session, however long it is away, and none when it only listened', () => {
    const both = met()
    const { alice, bob, world } = both
    const first = alice.pair!.active!
    for (let week = 0; week < 4; week++) {
      world.nowSeconds += SILENCE_SECONDS
      alice.send(`week ${week}`)
    }
    const { active, old } = alice.pair!
    assert.deepEqual([active!.rank, old.length], [1, 1])
    assert.equal(old[0]!.session.handshakeId, first.handshakeId)
    settle(both)
    for (let week = 0; week < 4; week++) assert.ok(bob.disk.shown.includes(`week ${week}`))
    bob.send('back')
    settle(both)
    assert.ok(same(alice, bob))
    assert.deepEqual([alice.disk.lines, bob.disk.lines], [0, 1])
  })
})

describe('a renewal', () => {
  test('does not end where a peer claims the highest rank of all', () => {
    const both = met()
    const { alice, bob } = both
    const { pair } = bob
    const highest = { ...pair!.active!, rank: 0xffffffff }
    const options = { networkId, nowSeconds: NOW }
    const [own, prekeys] = [people[1].own, people[0].prekeys]
    const started = startPair(crypto, { ...pair!, active: highest }, own, prekeys, options)
    assert.ok(sessionsOf(started.pair).every(({ rank }) => rank === 0xffffffff))
    assert.ok(alice.pair !== null)
  })

  test('waits twice as long each time, to a day at most, and a quiet day forgives', () => {
    let renewal = wantRenewal(NO_RENEWAL)
    const waits: number[] = []
    let nowSeconds = NOW
    for (let i = 0; i < 12; i++) {
      renewal = attemptRenewal(renewal, nowSeconds)
      waits.push(renewal.notBeforeSeconds - nowSeconds)
      nowSeconds = renewal.notBeforeSeconds
    }
    assert.deepEqual(waits.slice(0, 4), [300, 600, 1200, 2400])
    assert.equal(waits.at(-1), 86_400)
    const forgiven = attemptRenewal(renewal, nowSeconds + 86_400)
    assert.equal(forgiven.notBeforeSeconds - nowSeconds - 86_400, 300)
  })

  test('is not due while nothing is wrong', () => {
    assert.equal(renewalDueSeconds(NO_RENEWAL), null)
    const pair = newPair(people[0].own.party)
    assert.equal(tryRenewal(pair, NOW).pair, pair)
  })

  test('asks for 64 messages at most, the newest, each once', () => {
    let renewal = NO_RENEWAL
    for (let i = 0; i < 70; i++) {
      renewal = noteUnopened(renewal, new Uint8Array(16).fill(i))
      renewal = noteUnopened(renewal, new Uint8Array(16).fill(i))
    }
    const unopened = unopenedOf(renewal)
    assert.equal(unopened.length, 64)
    assert.equal(toHex(unopened[0]!).slice(0, 2), '06')
    assert.deepEqual(unopenedOf(noteAsked(renewal)), [])
    assert.equal(noteUnopened(noteAsked(renewal), unopened[9]!).unaskedCount, 0)
  })
})

test('a message to no session of the pair is nobody’s', () => {
  const { alice } = met()
  assert.equal(receiveInPair(crypto, alice.pair!, crypto.randomBytes(977), receiving), null)
})
