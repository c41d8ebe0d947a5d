// What own devices share, and what a revoked one makes of it with everything that it ever had.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { toHex, utf8 } from '../../src/codec/bytes.ts'
import { OWN_CONTENT_BYTES_MAX, OWN_REGISTERS_MAX } from '../../src/constants.ts'
import { Secret } from '../../src/crypto/secret.ts'
import { decodeGrant, encodeGrant } from '../../src/device/grant.ts'
import { effectsOfLog, revokeDevice } from '../../src/device/log-change.ts'
import {
  addOwnKey,
  decodeOwnKey,
  drawOwnKey,
  encodeOwnKey,
  type OwnKey,
  type OwnKeys,
  ownKeyDueSeconds,
  receiveOwnKey,
  renewOwnKey,
  writingOwnKey,
} from '../../src/device/own-key.ts'
import {
  decodeOwnContent,
  encodeOwnContent,
  logSince,
  type OwnContent,
  openOwnMessage,
  packRegisters,
  signOwnMessage,
} from '../../src/device/own-message.ts'
import { encodeRegisterKey } from '../../src/device/register-key.ts'
import { NO_REGISTERS, registerWords, writeRegister } from '../../src/device/registers.ts'
import {
  activeDevices,
  checkSender,
  learnLog,
  newRoster,
  targetsOf,
} from '../../src/device/roster.ts'
import { ProtocolError } from '../../src/errors.ts'
import { type DeviceLog, extendDeviceLog, headOf } from '../../src/identity/device-log.ts'
import { OWN_KEY_WAIT_SECONDS, OWN_KEYS_MAX } from '../../src/limits.ts'
import { deriveLane } from '../../src/mailbox/lane.ts'
import { encodeFrame } from '../../src/session/frame.ts'
import { newPair, type Pair, sendInPair, startPair } from '../../src/session/pair.ts'
import { receiveFirstContact, receiveInPair } from '../../src/session/pair-receive.ts'
import type { Party } from '../../src/session/party.ts'
import {
  EMPTY_RING,
  type PrekeyRing,
  publishedPrekeys,
  rotatePrekeys,
} from '../../src/session/prekey-ring.ts'
import { readFirstContact } from '../../src/session/start.ts'
import {
  add,
  crypto,
  deviceOf,
  grantTerms,
  identityKey,
  laptopSigner,
  log,
  NOW,
  networkId,
  revoke,
  rootSigner,
  seedOf,
  step,
} from './family.ts'

const laptop = [add('laptop', ['publish', 'manage']), null] as const
const family = log(laptop, [add('phone'), null], [add('tablet'), null])
const idOf = (name: string): string => toHex(deviceOf(name).id)
const refuses = (run: () => void, code: string): void => {
  assert.throws(run, (error: unknown) => error instanceof ProtocolError && error.code === code)
}

const none: OwnKeys = { keys: [] }
const withKey = (from: DeviceLog): OwnKeys => addOwnKey(crypto, none, drawOwnKey(crypto, from))
const gone = revokeDevice(crypto, family, deviceOf('phone').id, {
  signer: laptopSigner,
  nowSeconds: NOW,
}).log

describe('the own key', () => {
  test('is renewed when a device was revoked, by who revoked it first', () => {
    const keys = withKey(family)
    assert.ok(writingOwnKey(keys, family))
    assert.equal(writingOwnKey(keys, gone), null)
    const due = (name: string, from: DeviceLog = gone): number | null =>
      ownKeyDueSeconds(keys, from, { deviceId: idOf(name), learnedAtSeconds: NOW })
    assert.equal(due('laptop'), NOW)
    assert.equal(due('tablet'), NOW + OWN_KEY_WAIT_SECONDS)
    assert.equal(due('tablet', family), null)
    const byRoot = extendDeviceLog(crypto, family, [step(family.entries, revoke('phone'))])
    assert.equal(due('tablet', byRoot), NOW + OWN_KEY_WAIT_SECONDS)
    const { keys: renewed, key, recipients } = renewOwnKey(crypto, keys, gone, idOf('laptop'))
    assert.deepEqual(
      recipients.map(({ name }) => name),
      ['tablet'],
    )
    assert.equal(writingOwnKey(renewed, gone), key)
    assert.equal(renewed.keys.length, 2)
    const first = ownKeyDueSeconds(none, family, { deviceId: idOf('phone'), learnedAtSeconds: NOW })
    assert.equal(first, NOW + OWN_KEY_WAIT_SECONDS)
  })

  test('all devices prefer the same one, in whatever order they come', () => {
    const made = Array.from({ length: 5 }, (_, at) => ({
      ...drawOwnKey(crypto, gone),
      seq: at % 3,
    }))
    const expected = made.reduce((keys, key) => addOwnKey(crypto, keys, key), none)
    fc.assert(
      fc.property(fc.shuffledSubarray([...made, ...made], { minLength: 10 }), (order) => {
        const keys = order.reduce((known, key) => addOwnKey(crypto, known, key), none)
        assert.deepEqual(keys.keys.map(encodeOwnKey), expected.keys.map(encodeOwnKey))
      }),
      { numRuns: 30 },
    )
    assert.equal(expected.keys[0]?.seq, 2)
  })

  test('is taken from active devices only, and only of a log that is here', () => {
    const key = drawOwnKey(crypto, gone)
    const heardFrom = (name: string, seq: number) =>
      receiveOwnKey(crypto, none, { key: { ...key, seq }, from: idOf(name), log: gone })
    assert.equal(heardFrom('tablet', 3).keys.length, 1)
    refuses(() => heardFrom('phone', 3), 'DEVICE_PERMISSION')
    refuses(() => heardFrom('tablet', 2), 'DEVICE_STALE')
    refuses(() => heardFrom('tablet', 4), 'DEVICE_FUTURE')
  })

  test('no more are kept than the limit, and they come back as they were', () => {
    let keys = none
    for (let seq = 0; seq < OWN_KEYS_MAX + 1; seq++) {
      keys = addOwnKey(crypto, keys, { ...drawOwnKey(crypto, gone), seq })
    }
    assert.equal(keys.keys.length, OWN_KEYS_MAX)
    assert.equal(keys.keys.at(-1)?.seq, 1)
    const [key] = keys.keys
    assert.deepEqual(encodeOwnKey(decodeOwnKey(encodeOwnKey(key!))), encodeOwnKey(key!))
    assert.ok(
      !inspect(keys, { depth: 9 }).includes([...key!.secret.reveal()].slice(0, 8).join(', ')),
    )
  })
})

const scope = { networkId, identityKey }
const by = (name: string) => ({ deviceId: deviceOf(name).id, signSeed: seedOf(`${name} sign`) })

describe('own messages', () => {
  const own = newRoster(family)
  const bytes = signOwnMessage(crypto, scope, by('phone'), encodeOwnContent({ kind: 'ask' }))

  test('say which device wrote them, to every other', () => {
    const { from, content } = openOwnMessage(crypto, own, networkId, bytes)
    assert.equal(from.name, 'phone')
    assert.deepEqual(decodeOwnContent(content), { kind: 'ask' })
  })

  test('are refused from a revoked device, a stranger, another network, and when changed', () => {
    refuses(() => openOwnMessage(crypto, newRoster(gone), networkId, bytes), 'DEVICE_PERMISSION')
    const stranger = signOwnMessage(crypto, scope, by('stranger'), Uint8Array.of(4))
    refuses(() => openOwnMessage(crypto, own, networkId, stranger), 'DEVICE_PERMISSION')
    refuses(() => openOwnMessage(crypto, own, new Uint8Array(32), bytes), 'DEVICE_SIGNATURE')
    for (let at = 0; at < bytes.length; at++) {
      const changed = bytes.with(at, bytes[at]! ^ 1)
      assert.throws(() => openOwnMessage(crypto, own, networkId, changed), ProtocolError)
    }
    const lying = { ...by('phone'), deviceId: deviceOf('tablet').id }
    const asTablet = signOwnMessage(crypto, scope, lying, Uint8Array.of(4))
    refuses(() => openOwnMessage(crypto, own, networkId, asTablet), 'DEVICE_SIGNATURE')
  })

  test('carry every kind of content and come back as they were', () => {
    const { registers } = writeRegister(
      NO_REGISTERS,
      {
        key: encodeRegisterKey({ area: 'setting', name: 'x' }),
        value: null,
        device: by('phone').deviceId,
      },
      NOW * 1000,
    )
    const contents: OwnContent[] = [
      { kind: 'registers', registers: [...registerWords(registers)] },
      { kind: 'log', fromSeq: 1, entries: family.entries.slice(1) },
      { kind: 'conversations', ids: [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)] },
      { kind: 'ask' },
    ]
    for (const content of contents) {
      assert.deepEqual(decodeOwnContent(encodeOwnContent(content)), content)
    }
    assert.equal(decodeOwnContent(Uint8Array.of(99, 1, 2)), null)
    refuses(() => decodeOwnContent(new Uint8Array(OWN_CONTENT_BYTES_MAX + 1)), 'DEVICE_LIMIT')
  })

  test('registers go in as few as they fit in', () => {
    let all = NO_REGISTERS
    const value = Secret.copy(new Uint8Array(4000))
    for (let i = 0; i < 300; i++) {
      const key = encodeRegisterKey({ area: 'setting', name: `s${i}` })
      const write = { key, value: i < 30 ? value : null, device: by('phone').deviceId }
      all = writeRegister(all, write, NOW * 1000 + i).registers
    }
    const packed = packRegisters(registerWords(all))
    const sizes = packed.map((content) =>
      content.kind === 'registers' ? content.registers.length : 0,
    )
    assert.equal(
      sizes.reduce((sum, size) => sum + size, 0),
      300,
    )
    assert.ok(sizes.every((size) => size > 0 && size <= OWN_REGISTERS_MAX))
    assert.ok(packed.every((content) => encodeOwnContent(content).length <= OWN_CONTENT_BYTES_MAX))
    assert.ok(packed.length <= 4)
    assert.deepEqual(packRegisters([]), [])
  })

  test('the log that another device lacks goes with them, as far as there is room', () => {
    assert.deepEqual(logSince(own, 2), {
      kind: 'log',
      fromSeq: 2,
      entries: family.entries.slice(2),
    })
    assert.deepEqual(logSince(own, 99), { kind: 'log', fromSeq: 3, entries: [] })
    const steps: [ReturnType<typeof add>, null][] = [[add('laptop', ['manage']), null]]
    const long = log(
      ...steps,
      ...Array.from({ length: 150 }, (_, i) => [
        [add(`n${i}`, []), null] as const,
        [revoke(`n${i}`), null] as const,
      ]).flat(),
    )
    const part = logSince(newRoster(long), 0)
    assert.ok(part.entries.length > 100 && part.entries.length < long.entries.length)
    assert.ok(encodeOwnContent(part).length <= OWN_CONTENT_BYTES_MAX)
  })
})

test('a grant comes back as it was', () => {
  const { grant, warrantsFor } = grantTerms(family)
  const warrants = warrantsFor(deviceOf('phone'))
  const whole = { ...grant, identityKey, entries: family.entries, warrants }
  for (const one of [whole, { ...whole, snapshot: null, doors: [], warrants: [] }]) {
    const bytes = encodeGrant(one)
    assert.deepEqual(encodeGrant(decodeGrant(crypto, bytes)), bytes)
  }
})

/** A device with all that it would have on its disk. */
interface Installed {
  readonly name: string
  readonly party: Party
  readonly ring: PrekeyRing
  readonly pairs: Map<string, Pair>
  ownKeys: OwnKeys
}

const associated = new Uint8Array(39)

function install(name: string, who = identityKey): Installed {
  const { id, signKey, exchangeKey } = deviceOf(name)
  const party = { identityKey: who, deviceId: id, signKey, deviceKey: exchangeKey }
  const ring = rotatePrekeys(crypto, EMPTY_RING, NOW)
  return { name, party, ring, pairs: new Map(), ownKeys: none }
}

const ownParty = ({ name, party }: Installed) => ({
  party,
  deviceSecret: seedOf(`${name} exchange`),
  proof: new Uint8Array(0),
})

function send(from: Installed, to: Installed, content: Uint8Array): Uint8Array {
  let pair = from.pairs.get(to.name) ?? newPair(to.party)
  if (pair.active === null) {
    const prekeys = publishedPrekeys(crypto, to.ring, to.party)!
    const options = { networkId, nowSeconds: NOW }
    pair = startPair(crypto, pair, ownParty(from), prekeys, options).pair
  }
  const options = { roomBytes: 4000, nowSeconds: NOW, associated, incarnation: 1 }
  const frame = encodeFrame({ kind: 'content', content })
  assert.ok(frame.length < 2000)
  const sent = sendInPair(crypto, pair, { kind: 'content', content }, options)!
  from.pairs.set(to.name, sent.pair)
  return sent.message
}

/** Whatever any of its sessions and prekeys makes of a message. Null for nothing at all. */
function attempt(device: Installed, message: Uint8Array): string | null {
  const options = { nowSeconds: NOW, ttlSeconds: 30 * 86_400, associated }
  const shown = (effects: readonly { kind: string; content?: Uint8Array }[]): string | null => {
    const content = effects.find(({ kind }) => kind === 'content')?.content
    return content === undefined ? null : new TextDecoder().decode(content)
  }
  try {
    for (const [name, pair] of device.pairs) {
      const received = receiveInPair(crypto, pair, message, options)
      if (received === null) continue
      device.pairs.set(name, received.pair)
      return shown(received.effects)
    }
    const responder = { own: ownParty(device), ring: device.ring, networkId }
    const contact = readFirstContact(crypto, responder, message)
    if (contact === null) return null
    const pair = newPair(contact.introduction.party)
    const first = receiveFirstContact(crypto, pair, responder, contact, options)
    const from = [...all].find(({ party }) =>
      party.deviceId.every((b, i) => b === contact.introduction.party.deviceId[i]),
    )!
    device.pairs.set(from.name, first.pair)
    return shown(first.effects)
  } catch (error: unknown) {
    assert.ok(error instanceof ProtocolError, String(error))
    return null
  }
}

const bobIdentity = crypto.ed25519Public(seedOf('bob the contact'))
const mine = ['laptop', 'phone', 'tablet'].map((name) => install(name))
const bob = install('bob’s laptop', bobIdentity)
const all = [...mine, bob]
const [laptopDevice, phone, tablet] = mine as [Installed, Installed, Installed]

test('a revoked device, with all that it ever had, reads nothing that is sent later', () => {
  // Before: all write to each other, and the own key is everywhere.
  const key = drawOwnKey(crypto, family)
  for (const device of mine) device.ownKeys = addOwnKey(crypto, none, key)
  for (const [from, to] of [
    [bob, phone],
    [phone, bob],
    [laptopDevice, phone],
    [phone, laptopDevice],
    [bob, laptopDevice],
    [laptopDevice, tablet],
  ] as const) {
    const content = utf8(`${from.name} to ${to.name}`)
    assert.equal(attempt(to, send(from, to, content)), `${from.name} to ${to.name}`)
  }

  // The laptop revokes the telephone; Bob learns of it, and so does the tablet.
  const effects = effectsOfLog(family, gone, {
    ownDeviceId: idOf('laptop'),
    holdsIdentityKey: true,
  })
  assert.ok(effects.some(({ kind }) => kind === 'renew-own-key'))
  const forBob = learnLog(crypto, newRoster(family), gone, {
    ownDeviceId: null,
    holdsIdentityKey: false,
  })
  assert.ok(forBob.effects.some(({ kind }) => kind === 'end-sessions'))
  bob.pairs.delete('phone')
  laptopDevice.pairs.delete('phone')
  const renewal = renewOwnKey(crypto, laptopDevice.ownKeys, gone, idOf('laptop'))
  laptopDevice.ownKeys = renewal.keys

  // After: the messages go to those who are left, and the telephone tries all of them.
  const overheard: Uint8Array[] = []
  const targets = targetsOf(
    forBob.roster,
    newRoster(log([add('bob’s laptop', ['manage']), null])),
    '',
  )
  assert.ok(!targets.some(({ device }) => device.name === 'phone'))
  overheard.push(send(bob, laptopDevice, utf8('a secret from bob')))
  overheard.push(send(laptopDevice, bob, utf8('and one back')))
  for (const { name } of renewal.recipients) {
    const to = mine.find((device) => device.name === name)!
    overheard.push(send(laptopDevice, to, encodeOwnKey(renewal.key)))
  }
  for (const message of overheard) assert.equal(attempt(phone, message), null)
  assert.equal(attempt(laptopDevice, overheard[0]!), 'a secret from bob', 'the attempt is real')

  // The own lane: neither its mailbox nor what is sealed in it.
  const terms = { networkId, direction: 0, day: 20_833 } as const
  const lane = deriveLane(crypto, writingOwnKey(laptopDevice.ownKeys, gone)!.secret, terms)
  const nonce = new Uint8Array(24)
  const sealed = crypto.xchachaSeal(lane.sealKey, nonce, associated, utf8('synced later'))
  const old = phone.ownKeys.keys.map(({ secret }: OwnKey) => deriveLane(crypto, secret, terms))
  assert.ok(old.length > 0)
  for (const { sealKey, mailbox } of old) {
    assert.equal(crypto.xchachaOpen(sealKey, nonce, associated, sealed), null)
    assert.notDeepEqual(mailbox, lane.mailbox)
  }

  // What the telephone says later is refused by everybody who has the log.
  refuses(() => checkSender(forBob.roster, phone.party), 'DEVICE_PERMISSION')
  const late = signOwnMessage(crypto, scope, by('phone'), encodeOwnContent({ kind: 'ask' }))
  refuses(() => openOwnMessage(crypto, newRoster(gone), networkId, late), 'DEVICE_PERMISSION')
  const forged = { key: { seq: 99, secret: seedOf('x') }, from: idOf('phone'), log: gone }
  refuses(() => receiveOwnKey(crypto, tablet.ownKeys, forged), 'DEVICE_PERMISSION')
  assert.equal(headOf(forBob.roster.log).seq, 3)
  assert.ok(!activeDevices(forBob.roster).some(({ name }) => name === 'phone'))
  assert.ok(rootSigner.deviceId === null)
})

test('whoever is about to be revoked cannot name a later key and read on', () => {
  // The telephone still counts; it sends a key for a log that is not there yet.
  const early = { key: { seq: 3, secret: seedOf('x') }, from: idOf('phone'), log: family }
  refuses(() => receiveOwnKey(crypto, withKey(family), early), 'DEVICE_FUTURE')
  const inTime = { ...early, key: { ...early.key, seq: 2 } }
  const keys = receiveOwnKey(crypto, withKey(family), inTime)
  assert.equal(writingOwnKey(keys, gone), null, 'and one that it sent in time is of no use later')
})
