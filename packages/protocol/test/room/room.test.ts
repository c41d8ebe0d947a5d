import assert from 'node:assert/strict'
import test from 'node:test'
import { inspect } from 'node:util'
import { nativeCrypto } from '@ezchat/node/crypto/native.ts'
import fc from 'fast-check'
import { concatBytes, toHex } from '../../src/codec/bytes.ts'
import { encodeLink } from '../../src/codec/link.ts'
import {
  DAY_SECONDS,
  LINK_KINDS,
  ROOM_FIRST_DAY,
  ROOM_HERE_SECONDS,
  ROOM_SILENT_SECONDS,
  ROOM_TEXT_BYTES_MAX,
  TIMESTAMP_AHEAD_SECONDS_MAX,
} from '../../src/constants.ts'
import { ProtocolError } from '../../src/errors.ts'
import { ROOM_SENDERS_MAX } from '../../src/limits.ts'
import { advanceRoom, openRoom, type RoomKeys } from '../../src/room/keys.ts'
import {
  decodeSaying,
  encodeSaying,
  openRoomMessage,
  type RoomMessage,
  sealRoomMessage,
  visitorTag,
} from '../../src/room/message.ts'
import {
  decodeRoomLink,
  drawRoom,
  encodeRoomLink,
  normalRoomName,
  stretchRoom,
} from '../../src/room/secret.ts'
import {
  hear,
  passTime,
  present,
  type RoomVisit,
  rename,
  say,
  startVisit,
} from '../../src/room/visit.ts'
import { NOTHING_SEEN, withSeen } from '../../src/room/window.ts'

const crypto = nativeCrypto()
const networkId = new Uint8Array(32).fill(1)
const NOW = (ROOM_FIRST_DAY + 200) * DAY_SECONDS + 40_000
const code = (defect: string) => ({ code: `ROOM_${defect}` })
const { secret } = drawRoom(crypto, networkId, 'garden')

const open = (nowSeconds = NOW, historyDays = 0) =>
  openRoom(crypto, secret, networkId, nowSeconds, historyDays)
const visit = (alias: string, keys = open()) => startVisit(crypto, keys, alias)

/** Says and keeps what came of it. */
class Guest {
  visit: RoomVisit
  nowSeconds = NOW
  constructor(alias: string, keys?: RoomKeys) {
    this.visit = visit(alias, keys)
  }
  say(text: string): Uint8Array {
    const said = say(crypto, this.visit, { kind: 'text', text }, this.nowSeconds)
    this.visit = said.visit
    return said.bytes
  }
  move(kind: 'enter' | 'here' | 'leave'): Uint8Array {
    const said = say(crypto, this.visit, { kind }, this.nowSeconds)
    this.visit = said.visit
    return said.bytes
  }
  hear(bytes: Uint8Array) {
    const heard = hear(crypto, this.visit, bytes, this.nowSeconds)
    if (heard !== null) this.visit = heard.visit
    return heard
  }
  get sees(): string[] {
    return present(this.visit).map(({ alias }) => alias)
  }
}

test('the same name and passphrase open the same room, however they are spelled', () => {
  const words = { networkId, name: ' Garden', passphrase: 'ｏpen sesame' }
  const one = stretchRoom(crypto, words).reveal()
  const two = stretchRoom(crypto, {
    networkId,
    name: 'GARDEN ',
    passphrase: 'open sesame',
  }).reveal()
  assert.deepEqual(one, two)
  assert.equal(normalRoomName('ＧＡＲＤＥＮ'), 'garden')
  for (const other of [
    { ...words, name: 'garden 2' },
    { ...words, passphrase: 'Open sesame' },
    { ...words, networkId: new Uint8Array(32) },
  ]) {
    assert.notDeepEqual(stretchRoom(crypto, other).reveal(), one)
  }
})

test('a name or passphrase that cannot be typed again is refused', () => {
  for (const name of ['', '  ', 'a\u202eb', 'x'.repeat(129)]) {
    assert.throws(() => stretchRoom(crypto, { networkId, name, passphrase: 'p' }), code('TEXT'))
  }
  for (const passphrase of ['', 'x'.repeat(1025)]) {
    assert.throws(() => stretchRoom(crypto, { networkId, name: 'a', passphrase }), code('LENGTH'))
  }
})

test('a link opens the same room, and broken ones are typed errors', () => {
  const link = { networkId, secret, name: 'garden' }
  const text = encodeRoomLink(crypto, link, 'https://chat.example/')
  const read = decodeRoomLink(crypto, text)!
  assert.deepEqual(read.secret.reveal(), secret.reveal())
  assert.equal(read.name, 'garden')
  assert.deepEqual(openRoom(crypto, read.secret, networkId, NOW).roomId, open().roomId)
  assert.equal(decodeRoomLink(crypto, 'hello'), null)
  assert.equal(
    decodeRoomLink(crypto, encodeLink(crypto, LINK_KINDS.contact, new Uint8Array(9))),
    null,
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (body) => {
      try {
        decodeRoomLink(crypto, encodeLink(crypto, LINK_KINDS.room, body))
      } catch (error: unknown) {
        assert.ok(error instanceof ProtocolError)
      }
    }),
    { numRuns: 200 },
  )
})

test('a day’s keys follow from the day before, whenever the room was opened', () => {
  const week = NOW + 7 * DAY_SECONDS
  const late = open(week)
  const walked = advanceRoom(crypto, open(), week)
  assert.deepEqual(
    walked.days.map(({ day, key, lane }) => [day, key.reveal(), lane.mailbox]),
    late.days.map(({ day, key, lane }) => [day, key.reveal(), lane.mailbox]),
  )
  assert.equal(late.days.length, 3)
  assert.equal(open(week, 7).days.length, 10)
  assert.equal(advanceRoom(crypto, late, week), late)
  assert.equal(open(0).days[0]!.day, ROOM_FIRST_DAY)
  assert.equal(advanceRoom(crypto, late, NOW), late, 'a clock that goes back opens nothing')
})

test('who takes today’s keys reads no earlier day, and who has the secret reads all', () => {
  const alice = new Guest('alice')
  const bytes = alice.say('monday')
  const later = NOW + 3 * DAY_SECONDS
  const taken = advanceRoom(crypto, open(), later)
  assert.equal(openRoomMessage(crypto, taken, bytes), null)
  assert.equal(openRoomMessage(crypto, open(later, 3), bytes)?.message.alias, 'alice')
})

test('visitors hear each other, each thing once and in any order', () => {
  const [alice, bob] = [new Guest('alice'), new Guest('bob')]
  assert.equal(bob.hear(alice.move('enter'))?.hasEntered, true)
  const said = ['a', 'b', 'c'].map((text) => alice.say(text))
  for (const at of [2, 0, 1]) {
    const heard = bob.hear(said[at]!)
    assert.deepEqual(heard?.message.saying, { kind: 'text', text: 'abc'[at] })
    assert.equal(heard?.hasEntered, false)
  }
  for (const bytes of said) assert.throws(() => bob.hear(bytes), code('STALE'))
  assert.equal(alice.hear(said[0]!), null, 'one’s own comes back')
})

test('presence is what was said lately', () => {
  const [alice, bob] = [new Guest('alice'), new Guest('bob')]
  bob.hear(alice.move('enter'))
  assert.deepEqual(bob.sees, ['alice'])
  bob.hear(alice.move('leave'))
  assert.deepEqual(bob.sees, [])
  const late = alice.say('late')
  bob.nowSeconds += ROOM_SILENT_SECONDS
  assert.equal(bob.hear(late)?.hasEntered, false)
  assert.deepEqual(bob.sees, [])
  alice.nowSeconds = bob.nowSeconds
  bob.hear(alice.move('here'))
  assert.deepEqual(bob.sees, ['alice'])
  const { visit: quiet, fellSilent } = passTime(
    crypto,
    bob.visit,
    bob.nowSeconds + ROOM_SILENT_SECONDS,
  )
  assert.deepEqual(
    fellSilent.map(({ alias }) => alias),
    ['alice'],
  )
  assert.deepEqual(present(quiet), [])
})

test('a visitor says that it is here as long as it is', () => {
  const alice = new Guest('alice')
  const isDue = (after: number) => passTime(crypto, alice.visit, alice.nowSeconds + after).isDue
  assert.ok(!isDue(ROOM_HERE_SECONDS), 'not before it entered')
  alice.move('enter')
  assert.ok(!isDue(ROOM_HERE_SECONDS - 1))
  assert.ok(isDue(ROOM_HERE_SECONDS))
  alice.move('leave')
  assert.ok(!isDue(ROOM_HERE_SECONDS))
})

test('a late message changes neither alias nor presence', () => {
  const [alice, bob] = [new Guest('alice'), new Guest('bob')]
  const early = alice.say('as alice')
  alice.visit = rename(alice.visit, 'alicia')
  bob.hear(alice.say('as alicia'))
  bob.hear(early)
  assert.deepEqual(bob.sees, ['alicia'])
})

test('an alias can be taken by another key, which is said and shows another tag', () => {
  const [alice, mallory, bob] = [new Guest('alice'), new Guest('alice'), new Guest('bob')]
  assert.equal(bob.hear(alice.move('enter'))?.isAliasShared, false)
  assert.equal(bob.hear(mallory.move('enter'))?.isAliasShared, true)
  const tags = [alice, mallory].map((one) =>
    toHex(visitorTag(crypto, bob.visit.keys, one.visit.self)),
  )
  assert.notEqual(tags[0], tags[1])
  bob.move('enter')
  assert.equal(bob.hear(new Guest('bob').move('enter'))?.isAliasShared, true)
})

test('nobody speaks with another visitor’s key', () => {
  const [alice, mallory, bob] = [new Guest('alice'), new Guest('mallory'), new Guest('bob')]
  const message: RoomMessage = {
    sender: alice.visit.self,
    counter: 9,
    timeSeconds: NOW,
    alias: 'alice',
    saying: { kind: 'text', text: 'lie' },
  }
  const day = bob.visit.keys.days[1]!
  const forged = sealRoomMessage(crypto, bob.visit.keys, day, message, mallory.visit.seed)
  assert.throws(() => bob.hear(forged), code('SIGNATURE'))
  const future = {
    ...message,
    sender: mallory.visit.self,
    timeSeconds: NOW + TIMESTAMP_AHEAD_SECONDS_MAX + 1,
  }
  const ahead = sealRoomMessage(crypto, bob.visit.keys, day, future, mallory.visit.seed)
  assert.throws(() => bob.hear(ahead), code('FUTURE'))
  const replayed = sealRoomMessage(
    crypto,
    bob.visit.keys,
    bob.visit.keys.days[2]!,
    message,
    alice.visit.seed,
  )
  assert.ok(bob.hear(replayed))
})

test('a message of another room, network or day is not mine', () => {
  const alice = new Guest('alice')
  const bytes = alice.say('x')
  const other = drawRoom(crypto, networkId, 'b').secret
  assert.equal(openRoomMessage(crypto, openRoom(crypto, other, networkId, NOW), bytes), null)
  const elsewhere = openRoom(crypto, secret, new Uint8Array(32), NOW)
  assert.equal(openRoomMessage(crypto, elsewhere, bytes), null)
  const [yesterday, today, tomorrow] = open().days as [never, RoomKeys['days'][0], never]
  const moved = { ...open(), days: [yesterday, { ...today, day: today.day + 1 }, tomorrow] }
  assert.equal(openRoomMessage(crypto, moved, bytes), null)
  assert.equal(openRoomMessage(crypto, open(), bytes.subarray(0, 60)), null)
})

test('visitors are remembered up to a number and as long as their days are open', () => {
  const bob = new Guest('bob')
  const one = bob.visit.visitors
  const full = new Map(one)
  const alice = new Guest('alice')
  bob.hear(alice.move('enter'))
  const [known] = bob.visit.visitors.values()
  for (let at = 0; at < ROOM_SENDERS_MAX; at++)
    full.set(`${at}`, { ...known!, isHere: at % 2 === 0 })
  bob.visit = { ...bob.visit, visitors: full }
  assert.throws(() => bob.hear(new Guest('carol').move('enter')), code('LIMIT'))
  bob.nowSeconds += 3 * DAY_SECONDS
  const { visit: left, fellSilent } = passTime(crypto, bob.visit, bob.nowSeconds)
  assert.equal(left.visitors.size, 0)
  assert.equal(fellSilent.length, ROOM_SENDERS_MAX / 2)
})

test('the window of numbers agrees with a set', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(200), { maxLength: 300 }), fc.nat(0xffff_0000), (steps, base) => {
      let seen = NOTHING_SEEN
      const all = new Set<number>()
      let newest = -1
      for (const step of steps) {
        const number = Math.max(0, newest < 0 ? base : newest + step - 150)
        const next = withSeen(seen, number, 64)
        if (next !== null) {
          assert.ok(!all.has(number), `${number} a second time`)
          all.add(number)
          seen = next
          newest = Math.max(newest, number)
        } else {
          assert.ok(all.has(number) || number <= newest - 32, `${number} refused at ${newest}`)
        }
      }
    }),
    { numRuns: 300 },
  )
})

test('a saying comes back as it was written, and strangers’ bytes are typed errors', () => {
  const arbitrary = fc.record({
    sender: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    counter: fc.nat(0xffff_ffff),
    timeSeconds: fc.nat(0xffff_ffff),
    alias: fc.string({ unit: fc.constantFrom('a', 'é', '猫'), maxLength: 20 }),
    saying: fc.oneof(
      fc.record({ kind: fc.constantFrom('enter' as const, 'here' as const, 'leave' as const) }),
      fc.record({ kind: fc.constant('text' as const), text: fc.string({ unit: 'grapheme' }) }),
    ),
  })
  fc.assert(
    fc.property(arbitrary, fc.nat(200), fc.nat(255), (message, at, by) => {
      const bytes = encodeSaying(message)
      assert.deepEqual(encodeSaying(decodeSaying(bytes)), bytes)
      try {
        const place = at % bytes.length
        const changed = bytes.with(place, bytes[place]! ^ by)
        assert.deepEqual(encodeSaying(decodeSaying(changed)), changed)
      } catch (error: unknown) {
        assert.ok(error instanceof ProtocolError, String(error))
      }
    }),
    { numRuns: 500 },
  )
  const long = 'x'.repeat(ROOM_TEXT_BYTES_MAX)
  const [alice, bob] = [new Guest('a'.repeat(64)), new Guest('bob')]
  assert.ok(bob.hear(alice.say(long)))
  assert.throws(
    () => bob.hear(concatBytes(Uint8Array.of(1, 1), new Uint8Array(8500))),
    code('LIMIT'),
  )
  assert.throws(() => bob.hear(Uint8Array.of(2, ...alice.say('x').subarray(1))), code('VERSION'))
  assert.throws(() => bob.hear(Uint8Array.of(1, 9, ...alice.say('x').subarray(2))), code('KIND'))
})

test('a visit and its keys do not print their secrets', () => {
  const { visit: printed } = new Guest('alice')
  const secrets = [
    printed.seed,
    ...printed.keys.days.flatMap(({ key, seal, lane }) => [key, seal, lane.sealKey]),
  ]
  const text = inspect(printed, { depth: 20, maxArrayLength: null }) + JSON.stringify(printed)
  for (const one of secrets) {
    assert.ok(!text.includes(one.reveal().join(', ')) && !text.includes(toHex(one.reveal())))
  }
  assert.ok(text.includes('[secret]'))
})
