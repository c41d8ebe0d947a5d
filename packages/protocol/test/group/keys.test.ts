import assert from 'node:assert/strict'
import test from 'node:test'
import { inspect } from 'node:util'
import { compareBytes, concatBytes, equalBytes, isZero, toHex } from '../../src/codec/bytes.ts'
import {
  epochHeads,
  forgetEpochs,
  retireSending,
  rotationReason,
  sendingEpoch,
} from '../../src/group/keys.ts'
import { openGroupMessage, sealGroupMessageWith } from '../../src/group/message.ts'
import { tagNumber, tagOf } from '../../src/group/roster.ts'
import { rotate } from '../../src/group/rotate.ts'
import { decodeRotationMessage } from '../../src/group/rotation.ts'
import {
  GROUP_EPOCH_KEEP_SECONDS,
  GROUP_EPOCHS_MAX,
  GROUP_PSK_KEEP_SECONDS,
  GROUP_ROTATION_MESSAGES,
  GROUP_ROTATION_SECONDS,
  GROUP_SKIPPED_MAX,
} from '../../src/limits.ts'
import { align, deliver, founding, GroupDevice, NOW_SECONDS, networkId, real } from './members.ts'
import { crypto, hashed } from './people.ts'

const message = (defect: string) => ({ code: `GROUP_MESSAGE_${defect}` })
const rotation = (defect: string) => ({ code: `ROTATION_${defect}` })

/** Alice founded it; `count` people in all, each with one device, in one epoch. */
function group(count = 4): GroupDevice[] {
  const names = Array.from({ length: count - 1 }, (_, at) => real(`member ${at}`))
  const { devices } = founding(real('alice'), names)
  deliver(devices[0]!.rotate(), devices)
  return devices
}

function reason(device: GroupDevice) {
  return rotationReason(crypto, device.keys, device.roster, device.nowSeconds)
}

function heardBy(text: string, from: GroupDevice, to: readonly GroupDevice[]): void {
  const bytes = from.send(text)
  for (const one of to) assert.equal(one.receive(bytes), text)
}

for (const [name, count] of [
  ['in sessions', 4],
  ['in slots', 40],
] as const) {
  test(`one message reaches every device, when the root travelled ${name}`, () => {
    const devices = group(count)
    assert.equal(new Set(devices.map(({ keys }) => keys.epochs.length)).size, 1)
    const [alice, bob, ...others] = devices as [GroupDevice, GroupDevice, ...GroupDevice[]]
    heardBy('hello', alice, [bob, ...others])
    heardBy('hi', bob, [alice, ...others])
    heardBy('again', alice, [bob, ...others])
  })

  test(`who is removed reads nothing sent later, with all that it ever had, ${name}`, () => {
    const devices = group(count)
    const [alice, bob, mallory] = devices as [GroupDevice, GroupDevice, GroupDevice]
    heardBy('before', alice, [bob, mallory])
    alice.replica.remove(alice.self, mallory.self)
    assert.equal(reason(alice), 'removed')
    assert.equal(sendingEpoch(crypto, alice.keys, alice.roster), null)
    align(devices)
    const rotated = alice.rotate()
    const everything = [...rotated.laneMessages, ...rotated.pairwise.map(({ content }) => content)]
    const stolen = mallory.copy()
    for (const bytes of rotated.laneMessages) assert.equal(stolen.takeRotation(bytes)?.kind, 'ask')
    deliver(
      rotated,
      devices.filter((one) => one !== mallory),
    )
    const after = alice.send('after')
    assert.equal(bob.receive(after), 'after')
    assert.equal(stolen.open(after), null)
    assert.ok(!mallory.askFor(rotated.epochId, bob), 'nobody hands it the epoch')
    assert.ok(!rotated.pairwise.some(({ to }) => to === mallory.self))
    // Even as each of the other devices, but with its own secret, no slot opens.
    for (const bytes of everything) {
      if (decodeRotationMessage(bytes).root !== null) continue
      for (const { self } of devices) {
        if (self === mallory.self) continue
        const posing = stolen.copy()
        Object.assign(posing, { self: { ...self, exchange: mallory.self.exchange } })
        assert.throws(() => posing.takeRotation(bytes), rotation('SEAL'))
      }
    }
    assert.equal(sendingEpoch(crypto, bob.keys, bob.roster)?.id.length, 32)
  })
}

test('a revoked device reads nothing sent later, and its identity stays', () => {
  const phone = real('member 0', 'phone')
  const { devices, logs } = founding(real('alice'), [real('member 0'), phone])
  const [alice, bob, lost] = devices as [GroupDevice, GroupDevice, GroupDevice]
  deliver(alice.rotate(), devices)
  heardBy('before', alice, [bob, lost])
  logs.revoke(phone)
  assert.equal(reason(alice), 'removed')
  const rotated = bob.rotate()
  deliver(rotated, [alice])
  assert.ok(!rotated.pairwise.some(({ to }) => equalBytes(to.device, phone.device)))
  const bytes = alice.send('after')
  assert.equal(bob.receive(bytes), 'after')
  assert.equal(lost.open(bytes), null)
})

test('an expelled device is gone from the next epoch', () => {
  const phone = real('member 0', 'phone')
  const { devices } = founding(real('alice'), [real('member 0'), phone])
  const [alice] = devices as [GroupDevice]
  deliver(alice.rotate(), devices)
  alice.replica.do(alice.self, { kind: 'expel', target: phone })
  assert.equal(reason(alice), 'removed')
  assert.ok(!alice.rotate().pairwise.some(({ to }) => to === phone))
})

test('messages come in any order, each once', () => {
  const [alice, bob] = group() as [GroupDevice, GroupDevice]
  const sent = ['a', 'b', 'c', 'd'].map((text) => alice.send(text))
  for (const at of [2, 0, 3, 1]) assert.equal(bob.receive(sent[at]!), 'abcd'[at])
  for (const bytes of sent) assert.throws(() => bob.receive(bytes), message('STALE'))
  assert.equal(bob.keys.epochs[0]!.skipped.length, 0)
  assert.throws(() => alice.receive(sent[0]!), message('STALE'), 'one’s own comes back')
})

test('a message opens in its own conversation and network only', () => {
  const [alice, bob] = group() as [GroupDevice, GroupDevice]
  const bytes = alice.send('here')
  const reader = { ...bob.place, roster: bob.roster, self: bob.self, nowSeconds: NOW_SECONDS }
  for (const moved of [{ networkId: hashed('x') }, { conversationId: hashed('x') }]) {
    assert.equal(openGroupMessage(crypto, bob.keys, bytes, { ...reader, ...moved }), null)
  }
  const elsewhere = { ...bob.keys, groupId: hashed('x') }
  assert.equal(openGroupMessage(crypto, elsewhere, bytes, reader), null)
})

test('every changed byte of a message is noticed, and changes nothing', () => {
  const [alice, bob] = group() as [GroupDevice, GroupDevice]
  const bytes = alice.send('as it was')
  const before = bob.keys
  for (let at = 0; at < bytes.length; at++) {
    const changed = bytes.with(at, bytes[at]! ^ 1)
    try {
      assert.equal(bob.receive(changed), null)
    } catch (error: unknown) {
      assert.match(String((error as { code?: string }).code), /^GROUP_MESSAGE_(VERSION|KIND|SEAL)$/)
    }
  }
  assert.equal(bob.keys, before)
  assert.equal(bob.receive(bytes), 'as it was')
})

test('a member who has every sender’s keys cannot write as another, nor use up a number', () => {
  const [alice, bob, mallory] = group() as [GroupDevice, GroupDevice, GroupDevice]
  const epoch = mallory.keys.epochs[0]!
  const posing = { ...epoch, ownIndex: alice.keys.epochs[0]!.ownIndex }
  const draft = {
    ...mallory.place,
    content: hashed('lie'),
    self: alice.self,
    signSeed: mallory.self.seed,
  }
  const salt = new Uint8Array(12)
  const forged = sealGroupMessageWith(crypto, mallory.keys, posing, draft, salt)
  assert.throws(() => bob.receive(forged.bytes), message('SIGNATURE'))
  assert.equal(bob.receive(alice.send('truth')), 'truth')
})

test('a number too far ahead is refused before it costs anything', () => {
  const [alice, bob] = group() as [GroupDevice, GroupDevice]
  const jump = (counter: number) => {
    const epoch = alice.keys.epochs[0]!
    const index = epoch.ownIndex!
    const far = { ...epoch, chains: epoch.chains.with(index, { ...epoch.chains[index]!, counter }) }
    const draft = {
      ...alice.place,
      content: hashed('x'),
      self: alice.self,
      signSeed: alice.self.seed,
    }
    return sealGroupMessageWith(crypto, alice.keys, far, draft, new Uint8Array(12)).bytes
  }
  assert.throws(() => bob.receive(jump(1001)), message('LIMIT'))
  assert.throws(() => bob.receive(jump(0xffff_ffff)), message('LIMIT'))
  assert.throws(() => bob.receive(jump(1000)), message('SEAL'), 'is looked for')
})

test('keys of skipped messages are kept up to a number and an age', () => {
  const [alice, bob, carol] = group() as [GroupDevice, GroupDevice, GroupDevice]
  const skip = (from: GroupDevice, count: number) => {
    const sent = Array.from({ length: count + 1 }, (_, at) => from.send(`${at}`))
    carol.receive(sent.at(-1)!)
    return sent
  }
  const first = skip(alice, 1000)
  const second = skip(bob, 900)
  skip(bob, 101)
  const { skipped } = carol.keys.epochs[0]!
  assert.equal(skipped.length, GROUP_SKIPPED_MAX)
  assert.throws(() => carol.receive(second[0]!), message('STALE'), 'one too many of this sender')
  assert.equal(carol.receive(first[0]!), '0')
  assert.equal(carol.receive(second[1]!), '1')
  carol.nowSeconds += GROUP_EPOCH_KEEP_SECONDS + 1
  assert.equal(carol.receive(alice.send('late')), 'late')
  assert.throws(() => carol.receive(first[1]!), message('STALE'))
  assert.equal(carol.keys.epochs[0]!.skipped.length, 0)
})

test('two rotations at once are two epochs, everybody uses the lower one, and the next merges', () => {
  const devices = group()
  const [alice, bob, carol, dave] = devices as [GroupDevice, GroupDevice, GroupDevice, GroupDevice]
  const left = alice.rotate()
  const right = bob.rotate()
  const fromAlice = alice.send('in mine')
  const fromBob = bob.send('in mine too')
  deliver(left, [bob, carol])
  deliver(right, [alice, carol])
  deliver(right, [dave])
  deliver(left, [dave])
  const lower = [left.epochId, right.epochId].sort(compareBytes)[0]!
  for (const one of devices) {
    assert.deepEqual(sendingEpoch(crypto, one.keys, one.roster)?.id, lower)
  }
  assert.equal(carol.receive(fromAlice), 'in mine')
  assert.equal(carol.receive(fromBob), 'in mine too')
  heardBy('one lane again', dave, [alice, bob, carol])
  const merged = carol.rotate()
  assert.equal(merged.lanes.length, 2)
  deliver(merged, [alice, bob, dave])
  for (const one of devices)
    assert.deepEqual(
      epochHeads(one.keys).map(({ id }) => id),
      [merged.epochId],
    )
  heardBy('merged', bob, [alice, carol, dave])
})

test('of two rotations at once only the one without the removed member is used', () => {
  const devices = group()
  const [alice, bob, mallory, dave] = devices as [
    GroupDevice,
    GroupDevice,
    GroupDevice,
    GroupDevice,
  ]
  const stale = bob.rotate()
  alice.replica.remove(alice.self, mallory.self)
  align([alice, dave])
  const fresh = alice.rotate()
  deliver(stale, [alice, dave, mallory])
  deliver(fresh, [dave])
  assert.deepEqual(sendingEpoch(crypto, dave.keys, dave.roster)?.id, fresh.epochId)
  const bytes = dave.send('without')
  assert.equal(alice.receive(bytes), 'without')
  assert.equal(mallory.open(bytes), null)
  align([alice, bob])
  assert.equal(reason(bob), 'removed', 'who comes later may not send in the stale one')
})

test('a rotation by who is no member, for another network or over unknown operations is refused', () => {
  const devices = group()
  const [alice, bob, mallory] = devices as [GroupDevice, GroupDevice, GroupDevice]
  alice.replica.remove(alice.self, mallory.self)
  const early = alice.rotate().pairwise.find(({ to }) => to.device === bob.self.device)!
  assert.throws(() => bob.takeRotation(early.content, 'session'), rotation('LINKAGE'))
  align([alice, bob])
  const late = mallory.rotate().pairwise.find(({ to }) => to.device === bob.self.device)!
  assert.throws(() => bob.takeRotation(late.content, 'session'), rotation('PERMISSION'))
  assert.throws(() => bob.takeRotation(early.content, 'lane'), rotation('STATE'))
  assert.equal(bob.takeRotation(early.content, 'session')?.kind, 'taken')
  assert.equal(bob.takeRotation(early.content, 'session')?.kind, 'known')
  const foreign = { ...bob.keys, groupId: hashed('x') }
  bob.keys = foreign
  assert.equal(bob.takeRotation(early.content, 'session'), null)
})

test('a member who missed a rotation gets it from any other, and only what comes from then on', () => {
  const devices = group(40)
  const [alice, bob, carol] = devices as [GroupDevice, GroupDevice, GroupDevice]
  const rotated = alice.rotate()
  deliver(
    rotated,
    devices.filter((one) => one !== carol),
  )
  const early = alice.send('before she asked')
  assert.equal(bob.receive(early), 'before she asked')
  assert.equal(carol.open(early), null)
  assert.ok(carol.askFor(rotated.epochId, bob))
  assert.throws(() => carol.receive(early), message('STALE'))
  assert.equal(carol.receive(alice.send('after')), 'after')
  heardBy('thanks', carol, [alice, bob])
  assert.ok(!carol.askFor(hashed('no epoch'), bob))
})

test('who may have sent in an epoch before does not send in what it is given', () => {
  const devices = group()
  const [alice, bob] = devices as [GroupDevice, GroupDevice]
  const id = bob.keys.epochs[0]!.id
  const restored = bob.copy()
  restored.keys = { ...restored.keys, epochs: [] }
  assert.ok(restored.askFor(id, alice, true))
  assert.equal(reason(restored), 'none')
  assert.equal(restored.receive(alice.send('heard')), 'heard')
  const again = restored.keys
  assert.ok(restored.askFor(id, alice, true))
  assert.equal(restored.keys, again)
})

test('a device whose state went back notices by its own message, and rotates before it sends', () => {
  const devices = group()
  const [alice, bob, carol] = devices as [GroupDevice, GroupDevice, GroupDevice]
  const before = alice.copy()
  const lost = alice.send('forgotten')
  assert.equal(bob.receive(lost), 'forgotten')
  assert.equal(before.open(lost)?.kind, 'rolled-back')
  before.keys = retireSending(before.keys)
  assert.equal(reason(before), 'none')
  deliver(before.rotate(), [bob, carol])
  heardBy('anew', before, [bob, carol])
})

test('a rotation is due when somebody came, after a week and after a thousand messages', () => {
  const devices = group()
  const [alice, bob] = devices as [GroupDevice, GroupDevice]
  assert.equal(reason(alice), null)
  const erin = real('erin')
  alice.logs.enter(erin)
  alice.replica.add(alice.self, erin)
  assert.equal(reason(alice), 'added')
  assert.equal(reason(bob), null)
  bob.nowSeconds += GROUP_ROTATION_SECONDS
  assert.equal(reason(bob), 'age')
  bob.nowSeconds = NOW_SECONDS
  for (let at = 0; at < GROUP_ROTATION_MESSAGES; at++) bob.send('x')
  assert.equal(reason(bob), 'count')
  assert.equal(reason(new GroupDevice(erin, bob.replica, bob.logs)), 'none')
})

test('a newcomer reads what follows and nothing before, and gets the shared key in its session', () => {
  const devices = group(40)
  const [alice, bob] = devices as [GroupDevice, GroupDevice]
  const before = alice.send('before')
  const erin = real('erin')
  alice.logs.enter(erin)
  alice.replica.add(alice.self, erin)
  align(devices)
  const rotated = alice.rotate()
  assert.deepEqual(
    rotated.pairwise.map(({ to }) => to.device),
    [erin.device],
  )
  const newcomer = new GroupDevice(erin, alice.replica.copy(), alice.logs)
  assert.equal(newcomer.takeRotation(rotated.laneMessages[0]!)?.kind, 'ask', 'lacks the shared key')
  deliver(rotated, [newcomer, bob])
  heardBy('welcome', bob, [alice, newcomer])
  assert.equal(newcomer.open(before), null)
  assert.ok(!newcomer.askFor(bob.keys.epochs[0]!.id, bob), 'an epoch that began without it')
  heardBy('thanks', newcomer, [alice, bob])
  const next = newcomer.rotate()
  assert.deepEqual(next.pairwise, [])
  deliver(next, [alice, bob])
  heardBy('all the same', alice, [bob, newcomer])
})

test('a root that differs from what the rotation says, or for one device only, is refused', () => {
  const devices = group(40)
  const [alice, bob] = devices as [GroupDevice, GroupDevice]
  const rotated = alice.rotate()
  const [bytes] = rotated.laneMessages as [Uint8Array]
  assert.throws(() => bob.takeRotation(bytes.with(bytes.length - 1, 0)), rotation('LINKAGE'))
  assert.throws(() => bob.takeRotation(concatBytes(bytes, new Uint8Array(1))), rotation('TRAILING'))
  const small = group()
  const [first, second] = small as [GroupDevice, GroupDevice]
  const welcome = first.rotate().pairwise.find(({ to }) => to === second.self)!.content
  assert.throws(
    () => second.takeRotation(welcome.with(1, welcome[1]! ^ 1), 'session'),
    rotation('SEAL'),
  )
})

test('epochs are kept up to a number and an age, and the one in use stays', () => {
  const devices = group()
  const [alice, bob] = devices as [GroupDevice, GroupDevice]
  for (let at = 0; at < GROUP_EPOCHS_MAX + 4; at++) {
    alice.nowSeconds += 10
    deliver(alice.rotate(), [bob])
  }
  assert.equal(bob.keys.epochs.length, GROUP_EPOCHS_MAX)
  heardBy('still here', alice, [bob])
  const later = alice.nowSeconds + GROUP_EPOCH_KEEP_SECONDS + 1
  const kept = forgetEpochs(bob.keys, later)
  assert.equal(kept.epochs.length, 1)
  assert.equal(forgetEpochs(kept, later), kept)
})

test('a member back after its epoch is gone asks for the one of today', () => {
  const devices = group()
  const [alice, bob, carol] = devices as [GroupDevice, GroupDevice, GroupDevice]
  for (let at = 0; at < GROUP_EPOCHS_MAX + 2; at++) deliver(alice.rotate(), [bob])
  assert.equal(carol.open(alice.send('while away')), null)
  const late = carol.send('written before I knew')
  assert.equal(bob.open(late), null, 'nobody holds that epoch any more: it is repaired by the log')
  const today = epochHeads(bob.keys)[0]!.id
  assert.ok(carol.askFor(today, bob))
  assert.equal(carol.receive(alice.send('welcome back')), 'welcome back')
  heardBy('here again', carol, [alice, bob])
})

test('a thousand branches made on purpose leave as many epochs as there may be', () => {
  const [alice, bob] = group() as [GroupDevice, GroupDevice]
  const base = alice.copy()
  for (let at = 0; at < GROUP_EPOCHS_MAX + 8; at++) deliver(base.copy().rotate(), [bob])
  assert.equal(bob.keys.epochs.length, GROUP_EPOCHS_MAX)
  const merged = bob.rotate()
  assert.equal(merged.lanes.length, 8)
})

test('a thousand devices get a root in one blob of less than 64 KiB', () => {
  const names = Array.from({ length: 999 }, (_, at) => real(`member ${at}`))
  const { devices } = founding(real('alice'), names)
  const [alice, bob, carol] = [devices[0]!, devices[500]!, devices[999]!]
  deliver(alice.rotate(), [bob, carol])
  const rotated = bob.rotate()
  assert.equal(rotated.laneMessages.length, 1)
  assert.ok(rotated.laneMessages[0]!.length < 65_000, `${rotated.laneMessages[0]!.length} bytes`)
  deliver(rotated, [alice, carol])
  heardBy('to a thousand', bob, [alice, carol])
})

test('more devices than one blob holds get it in parts, each the one with its slot', () => {
  const phones = Array.from({ length: 1250 }, (_, at) => real(`member ${at % 640}`, `phone ${at}`))
  const { devices } = founding(real('alice'), phones)
  const [alice, bob, carol] = [devices[0]!, devices[7]!, devices[900]!]
  deliver(alice.rotate(), [bob, carol])
  const rotated = alice.rotate()
  assert.equal(rotated.laneMessages.length, 2)
  const kinds = [0, 1].map((at) => bob.copy().takeRotation(rotated.laneMessages[at]!)?.kind)
  assert.deepEqual(kinds.sort(), ['other-part', 'taken'])
  deliver(rotated, [bob, carol])
  heardBy('in parts', alice, [bob, carol])
})

test('a rotation names the shared key only where the root travels in slots', () => {
  const small = decodeRotationMessage(group()[0]!.rotate().pairwise[0]!.content)
  assert.ok(isZero(small.head.pskId) && small.head.slots === null)
  const large = decodeRotationMessage(group(40)[0]!.rotate().laneMessages[0]!)
  assert.ok(!isZero(large.head.pskId) && large.head.slots !== null)
  assert.deepEqual(large.head.networkId, networkId)
})

test('a device whose key is of no use does not keep the others from their root', () => {
  const names = Array.from({ length: 39 }, (_, at) => real(`member ${at}`))
  const { devices, logs } = founding(real('alice'), names)
  const [alice, bob] = devices as [GroupDevice, GroupDevice]
  logs.enter({ ...real('member 0', 'broken'), exchangeKey: new Uint8Array(32) })
  deliver(alice.rotate(), devices)
  assert.equal(alice.keys.epochs[0]!.chains.length, 41)
  deliver(alice.rotate(), [bob])
  heardBy('all the same', alice, [bob])
})

test('more devices than any rotation holds are refused before anything is made', () => {
  const [alice] = group() as [GroupDevice]
  const active = Array.from({ length: 4801 }, () => alice.roster.active[0]!)
  const terms = {
    networkId,
    graphHeads: alice.replica.view.heads,
    roster: { active, gone: [] },
    self: alice.self,
    signSeed: alice.self.seed,
    nowSeconds: NOW_SECONDS,
  }
  assert.throws(() => rotate(crypto, alice.keys, terms), rotation('LIMIT'))
})

test('who steals a device later cannot open the slots of before, with all that is on it', () => {
  const devices = group(40)
  const [alice, bob] = devices as [GroupDevice, GroupDevice]
  const recorded = alice.rotate()
  deliver(recorded, [bob])
  const read = alice.send('read and forgotten')
  assert.equal(bob.receive(read), 'read and forgotten')
  for (let at = 0; at < 2; at++) {
    alice.nowSeconds += GROUP_PSK_KEEP_SECONDS + 1
    bob.nowSeconds = alice.nowSeconds
    deliver(alice.rotate(), [bob])
  }
  const stolen = bob.copy()
  assert.throws(() => stolen.open(read), message('STALE'), 'the chain has gone on')
  stolen.keys = {
    ...stolen.keys,
    epochs: stolen.keys.epochs.filter(({ id }) => !equalBytes(id, recorded.epochId)),
  }
  const [slots] = recorded.laneMessages as [Uint8Array]
  assert.equal(stolen.takeRotation(slots)?.kind, 'ask', 'the key that was mixed in is gone')
  heardBy('goes on', alice, [bob])
})

test('a rotation that was made meanwhile is still taken within two days', () => {
  const devices = group(40)
  const [alice, bob, carol] = devices as [GroupDevice, GroupDevice, GroupDevice]
  const late = carol.rotate()
  deliver(alice.rotate(), [bob])
  bob.nowSeconds += GROUP_PSK_KEEP_SECONDS
  assert.equal(bob.takeRotation(late.laneMessages[0]!)?.kind, 'taken')
})

test('keys do not print', () => {
  const [alice] = group() as [GroupDevice]
  alice.send('x')
  const [epoch] = alice.keys.epochs
  const secrets = [epoch!.lane, epoch!.header, epoch!.psk!, ...epoch!.chains.map(({ key }) => key)]
  const text = inspect(alice.keys, { depth: 20, maxArrayLength: null }) + JSON.stringify(alice.keys)
  for (const one of secrets) {
    assert.ok(!text.includes(toHex(one.reveal())))
    assert.ok(!text.includes([...one.reveal().subarray(0, 8)].join(', ')))
  }
  assert.ok(text.includes('[secret]'))
})

test('two devices whose tags are equal each have a chain of their own', () => {
  const founder = real('alice')
  const { devices, logs } = founding(founder, [real('member 0')])
  const [alice] = devices as [GroupDevice]
  const base = real('member 0', 'twin')
  const seen = new Map<number, Uint8Array>()
  let twins: readonly Uint8Array[] = []
  for (let at = 0; twins.length === 0; at++) {
    const device = new Uint8Array(16)
    new DataView(device.buffer).setUint32(0, at + 1)
    const tag = tagNumber(tagOf(crypto, alice.keys.groupId, { identity: base.identity, device }))
    const other = seen.get(tag)
    if (other !== undefined) twins = [other, device]
    seen.set(tag, device)
  }
  const pair = twins.map(
    (device) => new GroupDevice({ ...base, device }, alice.replica.copy(), logs),
  )
  const [one, two] = pair as [GroupDevice, GroupDevice]
  // One signing key for both would hide who wrote; each has its own.
  Object.assign(two, {
    self: { ...two.self, seed: real('twin two').seed, signKey: real('twin two').signKey },
  })
  for (const { self } of pair) logs.enter(self)
  deliver(alice.rotate(), pair)
  assert.notEqual(one.keys.epochs[0]!.ownIndex, two.keys.epochs[0]!.ownIndex)
  heardBy('one', one, [alice, two])
  heardBy('two', two, [alice, one])
})
