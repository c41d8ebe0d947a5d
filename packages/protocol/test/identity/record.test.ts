import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ed25519 } from '@noble/curves/ed25519.js'
import fc from 'fast-check'
import { compareBytes, concatBytes, toHex } from '../../src/codec/bytes.ts'
import { Secret } from '../../src/crypto/secret.ts'
import { AssertionError, ProtocolError } from '../../src/errors.ts'
import { headOf, verifyDeviceLog } from '../../src/identity/device-log.ts'
import {
  openRecord,
  type RecordDoor,
  type RecordSigner,
  type RecordTerms,
  recordDelegate,
  recordMailbox,
  recordPeriods,
  sealRecord,
} from '../../src/identity/record.ts'
import type { DevicePrekeys } from '../../src/identity/record-content.ts'
import { decodeRecord, recordName } from '../../src/identity/record-layout.ts'
import { selectRecord, validateRecord } from '../../src/identity/record-validator.ts'
import { blindSecret } from '../../src/mailbox/blind.ts'
import { doorPeriod, doorPeriodStartSeconds, doorSecretIn } from '../../src/mailbox/door.ts'
import { type Right, signWarrant } from '../../src/mailbox/warrant.ts'
import {
  add,
  crypto,
  deviceOf,
  identityKey,
  identitySeed,
  logOf,
  revoke,
  seedOf,
  step,
} from './device-logs.ts'

const NOW = 1_800_000_000
const period = doorPeriod(NOW)
const networkId = new Uint8Array(32).fill(0x11)
const doorSecret = seedOf('door')
const door: RecordDoor = { networkId, identityKey, doorSecret }
const bareDoor: RecordDoor = { ...door, doorSecret: null }
const secretIn = (secret: Secret | null) => doorSecretIn(crypto, networkId, secret)
const blindedOf = (secret: Secret | null, at = period) =>
  blindSecret(crypto, identitySeed, secretIn(secret), at)
const blinded = blindedOf(doorSecret)
const byIdentity: RecordSigner = { blinded, warrant: null }

const log = verifyDeviceLog(
  crypto,
  identityKey,
  logOf(
    [add('laptop', ['publish', 'manage']), null],
    [add('phone'), 'laptop'],
    [add('tv', []), null],
  ),
)

function prekeysOf(...names: readonly string[]): DevicePrekeys[] {
  return names.map((name) => ({
    deviceId: deviceOf(name).id,
    bundle: new Uint8Array(1403).fill(name.length),
  }))
}

const terms: RecordTerms = {
  log,
  period,
  sequence: 7n,
  expiresSeconds: NOW + 86_400,
  homeShard: 42,
  profileName: 'Bob',
  hints: ['/dns4/carrier.example/tcp/443/wss'],
  prekeys: prekeysOf('laptop', 'phone'),
}

function warrantFor(name: string, rights: readonly Right[] = ['record'], notAfter = NOW + 90_000) {
  const delegate = recordDelegate(crypto, door, deviceOf(name).signKey, period)
  return signWarrant(crypto, blinded, { networkId, delegate, rights, notAfter })
}

function delegateOf(name: string, warrant = warrantFor(name)): RecordSigner {
  const seed = seedOf(`${name} sign`)
  return { warrant, blinded: blindSecret(crypto, seed, secretIn(doorSecret), period) }
}

function seal(altered: Partial<RecordTerms> = {}, signer = byIdentity, through = door) {
  const bytes = sealRecord(crypto, through, { ...terms, ...altered }, signer)
  assert.ok(bytes !== null)
  return bytes
}

const open = (bytes: Uint8Array, nowSeconds = NOW, through = door) =>
  openRecord(crypto, through, bytes, { nowSeconds, shardBits: 8 })
const nameOf = (mailbox: Uint8Array) => recordName(crypto, networkId, mailbox)
const name = nameOf(blinded.publicKey)

function validate(bytes: Uint8Array, altered: { stored?: Uint8Array; nowSeconds?: number } = {}) {
  return validateRecord(crypto, name, bytes, { networkId, nowSeconds: NOW, ...altered }).record
}

test('a record opens for those who know the address, or the invite, and for nobody else', () => {
  const opened = open(seal())
  assert.deepEqual(opened, {
    homeShard: 42,
    profileName: 'Bob',
    hints: terms.hints,
    log,
    head: headOf(log),
    devices: log.devices,
    prekeys: new Map(
      prekeysOf('laptop', 'phone')
        .sort((a, b) => compareBytes(a.deviceId, b.deviceId))
        .map(({ deviceId, bundle }) => [toHex(deviceId), bundle]),
    ),
    mailbox: blinded.publicKey,
    period,
    sequence: 7n,
    expiresSeconds: NOW + 86_400,
    signedBy: null,
  })
  const bare = seal({}, { blinded: blindedOf(null), warrant: null }, bareDoor)
  assert.deepEqual(open(bare, NOW, bareDoor)?.log, log)
  assert.equal(open(bare), null)
  assert.equal(open(seal(), NOW, bareDoor), null)
  const stranger = crypto.ed25519Public(seedOf('alice'))
  assert.equal(open(seal(), NOW, { ...door, identityKey: stranger }), null)
  const elsewhere = { ...door, networkId: new Uint8Array(32) }
  assert.equal(open(seal(), NOW, elsewhere), null)
})

test('a record shows neither its owner nor how much it holds', () => {
  const bytes = seal()
  assert.equal(bytes.length, 4096)
  const text = toHex(bytes)
  for (const shown of [identityKey, doorSecret.reveal(), deviceOf('laptop').signKey]) {
    assert.ok(!text.includes(toHex(shown)))
  }
  assert.ok(!Buffer.from(bytes).includes('carrier.example'))
  assert.equal(seal({ prekeys: [] }).length, 4096)
  assert.equal(seal({ prekeys: prekeysOf('laptop', 'phone', 'tv') }).length, 8192)
})

test('anybody validates a record under its own name in its own network', () => {
  const header = validate(seal())
  assert.deepEqual(header.mailbox, blinded.publicKey)
  assert.equal(header.sequence, 7n)
  const other = nameOf(identityKey)
  const check = { networkId, nowSeconds: NOW }
  assert.throws(() => validateRecord(crypto, other, seal(), check), { code: 'RECORD_NAME' })
  const networkOfOthers = new Uint8Array(32).fill(0x22)
  const theirs = { networkId: networkOfOthers, nowSeconds: NOW }
  assert.throws(() => validateRecord(crypto, name, seal(), theirs), { code: 'RECORD_NAME' })
  const theirName = recordName(crypto, networkOfOthers, blinded.publicKey)
  const moved = () => validateRecord(crypto, theirName, seal(), theirs)
  assert.throws(moved, { code: 'RECORD_SIGNATURE' })
})

test('a record holds until its last second, and not longer than a record may', () => {
  const bytes = seal()
  const last = terms.expiresSeconds
  assert.ok(validate(bytes, { nowSeconds: last }))
  assert.throws(() => validate(bytes, { nowSeconds: last + 1 }), { code: 'RECORD_EXPIRED' })
  assert.throws(() => open(bytes, last + 1), { code: 'RECORD_EXPIRED' })
  const longest = doorPeriodStartSeconds(period + 31)
  assert.ok(validate(seal({ expiresSeconds: longest }), { nowSeconds: longest }))
  const tooLong = seal({ expiresSeconds: longest + 1 })
  assert.throws(() => validate(tooLong), { code: 'RECORD_FIELD' })
  assert.throws(() => open(tooLong), { code: 'RECORD_FIELD' })
})

test('a record for the next period is taken, one for the period after it is not', () => {
  const ahead = (by: number) => {
    const at = period + by
    const key = blindedOf(doorSecret, at)
    const bytes = seal({ period: at }, { blinded: key, warrant: null })
    const check = { networkId, nowSeconds: NOW }
    return validateRecord(crypto, nameOf(key.publicKey), bytes, check).record
  }
  assert.equal(ahead(1).period, period + 1)
  assert.throws(() => ahead(2), { code: 'RECORD_FUTURE' })
  const farFuture = { ...terms, period: 0xffffffff, expiresSeconds: 0xffffffff }
  assert.throws(
    () => validate(seal(farFuture, { blinded: blindedOf(doorSecret, 0xffffffff), warrant: null })),
    {
      name: 'ProtocolError',
    },
  )
})

test('what replaces a stored record is newer, or the identity itself against a delegate', () => {
  const [old, current] = [seal({ sequence: 6n }), seal()]
  const last = seal({ sequence: (1n << 64n) - 1n }, delegateOf('phone'))
  assert.ok(validate(current, { stored: old }))
  assert.ok(validate(current, { stored: current }))
  assert.throws(() => validate(old, { stored: current }), { code: 'RECORD_STALE' })
  assert.ok(validate(old, { stored: last }))
  assert.throws(() => validate(last, { stored: old }), { code: 'RECORD_STALE' })
  const expired = seal({ sequence: 99n, expiresSeconds: NOW - 1 })
  assert.ok(validate(current, { stored: expired }))
  const twins = [seal(), seal()].sort(compareBytes)
  assert.ok(validate(twins[1]!, { stored: twins[0]! }))
  assert.throws(() => validate(twins[0]!, { stored: twins[1]! }), { code: 'RECORD_STALE' })
})

test('what is stored already validates as the same, not as new', () => {
  const verdictOf = (bytes: Uint8Array, stored: Uint8Array | null) =>
    validateRecord(crypto, name, bytes, { networkId, nowSeconds: NOW, stored }).verdict
  const bytes = seal()
  assert.equal(verdictOf(bytes, null), 'new')
  assert.equal(verdictOf(bytes, bytes), 'same')
  assert.equal(verdictOf(bytes, bytes.slice()), 'same')
  assert.equal(verdictOf(bytes, seal({ sequence: 6n })), 'new')
  const forged = bytes.slice()
  forged[2000]! ^= 1
  assert.throws(() => verdictOf(forged, forged), { code: 'RECORD_SIGNATURE' })
})

test('a validated record is a copy that nobody else can change', () => {
  const bytes = seal()
  const before = bytes.slice()
  const record = validate(bytes)
  bytes.fill(0)
  assert.deepEqual(record.bytes, before)
  assert.deepEqual(record.mailbox, blinded.publicKey)
  assert.deepEqual(record.name, name)
})

test('the best of several records is the same in whatever order they come', () => {
  const best = validate(seal({ sequence: 8n }))
  const others = [
    seal(),
    seal({ sequence: 900n }, delegateOf('phone')),
    seal({ sequence: 1n }),
  ].map((bytes) => validate(bytes))
  fc.assert(
    fc.property(fc.shuffledSubarray(others), fc.nat(3), (some, at) => {
      assert.equal(selectRecord(some.toSpliced(at, 0, best)), best)
    }),
    { numRuns: 30 },
  )
  assert.equal(selectRecord([]), null)
})

test('only validated records of one name can be chosen from', () => {
  const valid = validate(seal())
  // @ts-expect-error: the compiler is what holds this
  const select = () => selectRecord([decodeRecord(seal({ sequence: 99n })), valid])
  assert.throws(select)
  const next = blindedOf(doorSecret, period + 1)
  const bytes = seal({ period: period + 1 }, { blinded: next, warrant: null })
  const check = { networkId, nowSeconds: NOW }
  const { record } = validateRecord(crypto, nameOf(next.publicKey), bytes, check)
  assert.throws(() => selectRecord([valid, record]), AssertionError)
})

test('a device with a warrant publishes, within the warrant and while the log lists it', () => {
  const bytes = seal({}, delegateOf('phone'))
  assert.equal(validate(bytes).warrant?.length, 166)
  assert.equal(open(bytes)?.signedBy?.name, 'phone')
  const [dropOnly, short] = [warrantFor('phone', ['drop']), warrantFor('phone', ['record'], NOW)]
  const without = seal({}, delegateOf('phone', dropOnly))
  assert.throws(() => validate(without), { code: 'WARRANT_PERMISSION' })
  const outlived = seal({}, delegateOf('phone', short))
  assert.throws(() => validate(outlived), { code: 'RECORD_PERMISSION' })
  assert.throws(() => open(outlived), { code: 'RECORD_PERMISSION' })
  assert.ok(validate(seal({ expiresSeconds: NOW }, delegateOf('phone', short))))
  const byOther = delegateOf('tv', warrantFor('phone'))
  assert.throws(() => validate(seal({}, byOther)), { code: 'RECORD_SIGNATURE' })
})

test('no key of a device shows in its records, nor is the same in those of two days', () => {
  const { signKey } = deviceOf('phone')
  const keys = [period, period + 1].map((day) => recordDelegate(crypto, door, signKey, day))
  assert.equal(new Set([...keys, signKey].map(toHex)).size, 3)
  const shown = toHex(seal({}, delegateOf('phone')))
  assert.ok(!shown.includes(toHex(signKey)) && shown.includes(toHex(keys[0]!)))
  const plain = signWarrant(crypto, blinded, {
    networkId,
    delegate: signKey,
    rights: ['record'],
    notAfter: NOW + 90_000,
  })
  const unblinded = seal({}, delegateOf('phone', plain))
  assert.throws(() => validate(unblinded), { code: 'RECORD_SIGNATURE' })
})

test('a device whose key cannot be blinded publishes nothing', () => {
  const { Point } = ed25519
  const eighth = '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'
  const mixed = Point.fromBytes(deviceOf('odd').signKey).add(Point.fromHex(eighth)).toBytes()
  const change = { op: 'add', device: { ...deviceOf('odd'), signKey: mixed } } as const
  const odd = verifyDeviceLog(crypto, identityKey, [step([], change)])
  const bytes = seal({ log: odd, prekeys: [] }, delegateOf('phone'))
  assert.throws(() => open(bytes), { code: 'RECORD_PERMISSION' })
})

test('a warrant does not help a device that the log has revoked, or that may not publish', () => {
  const without = verifyDeviceLog(crypto, identityKey, [
    ...log.entries,
    step(log.entries, revoke('phone')),
  ])
  const prekeys = prekeysOf('laptop')
  const byRevoked = seal({ log: without, prekeys }, delegateOf('phone'))
  assert.ok(validate(byRevoked))
  assert.throws(() => open(byRevoked), { code: 'RECORD_PERMISSION' })
  const byTv = seal({}, delegateOf('tv'))
  assert.throws(() => open(byTv), { code: 'RECORD_PERMISSION' })
})

test('a long log gives way to a list, which only the identity itself may sign', () => {
  const names = Array.from({ length: 60 }, (_, i) => `x${i}`)
  const long = verifyDeviceLog(
    crypto,
    identityKey,
    logOf(
      [add('laptop', ['publish', 'manage']), null],
      [add('phone'), 'laptop'],
      ...names
        .map((each) => [add(each), null] as const)
        .flatMap((added, i) => {
          return [added, [revoke(names[i]!), null] as const]
        }),
    ),
  )
  const bytes = seal({ log: long })
  const opened = open(bytes)
  assert.equal(opened?.log, null)
  assert.deepEqual(opened?.head, headOf(long))
  assert.deepEqual(opened?.devices, long.devices)
  assert.equal(opened?.prekeys.size, 2)
  assert.equal(sealRecord(crypto, door, { ...terms, log: long }, delegateOf('phone')), null)
})

test('bundles that do not fit are left out, the least useful first', () => {
  const names = Array.from({ length: 16 }, (_, i) => `d${i}`)
  const crowd = verifyDeviceLog(
    crypto,
    identityKey,
    logOf(...names.map((each) => [add(each), null] as const)),
  )
  const opened = open(seal({ log: crowd, prekeys: prekeysOf(...names) }))
  const kept = names.slice(0, opened!.prekeys.size).map((each) => toHex(deviceOf(each).id))
  assert.ok(kept.length >= 8 && kept.length < 16)
  assert.deepEqual([...opened!.prekeys.keys()], kept.sort())
  assert.equal(opened?.devices.size, 16)
})

test('a home shard that the network does not have is refused', () => {
  assert.equal(open(seal({ homeShard: 255 }))?.homeShard, 255)
  assert.throws(() => open(seal({ homeShard: 256 })), { code: 'RECORD_FIELD' })
})

test('the periods to search begin with today and go back as far as records last', () => {
  const periods = recordPeriods(NOW)
  assert.deepEqual(periods.slice(0, 3), [period, period + 1, period - 1])
  assert.equal(periods.at(-1), period - 31)
  assert.deepEqual(recordPeriods(0), [0, 1])
  assert.deepEqual(recordMailbox(crypto, door, period), blinded.publicKey)
})

test('a record that our own writer could not be meant to make is a mistake of ours', () => {
  const wrong: Partial<RecordTerms>[] = [
    { profileName: 'a\nb' },
    { hints: ['not a multiaddr'] },
    { prekeys: prekeysOf('stranger') },
    { prekeys: [{ deviceId: deviceOf('laptop').id, bundle: new Uint8Array(3073) }] },
    { homeShard: -1 },
    { sequence: 1n << 64n },
  ]
  for (const part of wrong) assert.throws(() => seal(part), AssertionError)
  const stranger = { ...door, identityKey: crypto.ed25519Public(seedOf('alice')) }
  assert.throws(() => seal({}, byIdentity, stranger), AssertionError)
})

test('every changed byte is refused, and every other size, before anything is computed', () => {
  const signed = { identity: seal(), delegate: seal({}, delegateOf('phone')) }
  for (const [by, bytes] of Object.entries(signed)) {
    for (let at = 0; at < bytes.length; at += at < 260 ? 3 : 211) {
      const changed = bytes.with(at, bytes[at]! ^ 0x10)
      assert.throws(() => validate(changed), ProtocolError, `${by} byte ${at}`)
    }
    for (const length of [0, 1, 4095, 4097, 8191]) {
      const resized = new Uint8Array(length)
      resized.set(bytes.subarray(0, length))
      assert.throws(() => validate(resized), { code: 'RECORD_LENGTH' })
    }
    const doubled = concatBytes(bytes, new Uint8Array(4096))
    assert.throws(() => validate(doubled), ProtocolError)
  }
  assert.throws(() => validate(new Uint8Array(1 << 24)), { code: 'RECORD_LENGTH' })
})

test('any bytes of a right size are a record, null or a ProtocolError', () => {
  const start = seal().subarray(0, 74)
  fc.assert(
    fc.property(
      fc.constantFrom(4096, 8192),
      fc.uint8Array({ maxLength: 300 }),
      fc.boolean(),
      (size, noise, known) => {
        const bytes = new Uint8Array(size)
        bytes.set(known ? concatBytes(start, noise) : noise)
        assert.throws(() => validate(bytes), ProtocolError)
        try {
          open(bytes)
        } catch (error) {
          assert.ok(error instanceof ProtocolError)
        }
      },
    ),
    { numRuns: 60 },
  )
})

test('a door secret is used only to derive, and is not shown', () => {
  assert.ok(
    !JSON.stringify({ door, signer: delegateOf('phone') }).includes(toHex(doorSecret.reveal())),
  )
  assert.throws(
    () => recordMailbox(crypto, { ...door, doorSecret: Secret.adopt(new Uint8Array(3)) }, 1),
    {
      name: 'AssertionError',
    },
  )
})
