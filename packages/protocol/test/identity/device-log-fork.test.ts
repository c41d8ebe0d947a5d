import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ProtocolError } from '../../src/errors.ts'
import { type DeviceLog, headOf, verifyDeviceLog } from '../../src/identity/device-log.ts'
import {
  compareHead,
  compareLogs,
  devicesAcrossFork,
  verifyForkEvidence,
} from '../../src/identity/device-log-fork.ts'
import { add, crypto, deviceOf, identityKey, logOf, revoke, seedOf, step } from './device-logs.ts'

const base = logOf(
  [add('laptop', ['publish', 'manage']), null],
  [add('desktop', ['publish', 'manage']), null],
  [add('phone'), null],
)
const verify = (entries: readonly Uint8Array[]) => verifyDeviceLog(crypto, identityKey, entries)
const after = (change: ReturnType<typeof add>, by: string | null) =>
  verify([...base, step(base, change, by)])

const shared = verify(base)
const withTablet = after(add('tablet'), null)
const withWatch = after(add('watch'), null)
const withoutPhone = after(revoke('phone'), 'laptop')
const withTv = after(add('tv'), 'laptop')
const byDesktop = after(add('car'), 'desktop')

function forkOf(ours: DeviceLog, theirs: DeviceLog) {
  const comparison = compareLogs(crypto, ours, theirs)
  assert.equal(comparison.relation, 'fork')
  return comparison
}

test('logs of which one continues the other are the same, behind or ahead', () => {
  assert.deepEqual(compareLogs(crypto, shared, verify(base)), { relation: 'same' })
  assert.deepEqual(compareLogs(crypto, shared, withTablet), { relation: 'behind' })
  assert.deepEqual(compareLogs(crypto, withTablet, shared), { relation: 'ahead' })
})

test('two entries for one number are a fork, at the first number that differs', () => {
  const longer = verify([...withWatch.entries, step(withWatch.entries, add('x'))])
  const { seq, evidence } = forkOf(withTablet, longer)
  assert.equal(seq, 3)
  const first = verify(logOf([add('other'), null]))
  assert.equal(forkOf(shared, first).seq, 0)
  assert.equal(verifyForkEvidence(crypto, identityKey, evidence).seq, 3)
  assert.equal(verifyForkEvidence(crypto, identityKey, forkOf(shared, first).evidence).seq, 0)
})

test('the root stands against any device, and nobody stands against its own like', () => {
  assert.equal(forkOf(withTablet, withTv).stands, 'ours')
  assert.equal(forkOf(withTv, withTablet).stands, 'theirs')
  assert.equal(forkOf(withTablet, withWatch).stands, 'neither')
  assert.equal(forkOf(withTv, byDesktop).stands, 'neither')
})

test('a head that contradicts the log that we have is a fork', () => {
  assert.equal(compareHead(shared, headOf(shared)), 'same')
  assert.equal(compareHead(shared, headOf(withTablet)), 'behind')
  assert.equal(compareHead(withTablet, headOf(shared)), 'ahead')
  assert.throws(() => compareHead(withTablet, headOf(withWatch)), { code: 'DEVICE_LOG_FORK' })
  assert.equal(compareHead(shared, { seq: 0xffffffff, hash: new Uint8Array(32) }), 'behind')
})

test('across a fork removal wins, on whichever side it happened', () => {
  const names = (a: DeviceLog, b: DeviceLog) =>
    devicesAcrossFork(a, b, forkOf(a, b).stands).map((device) => device.name)
  assert.deepEqual(names(withTablet, withWatch), ['laptop', 'desktop', 'phone'])
  assert.deepEqual(names(withTablet, withoutPhone), ['laptop', 'desktop', 'tablet'])
  assert.deepEqual(names(withoutPhone, withTablet), ['laptop', 'desktop', 'tablet'])
  assert.deepEqual(names(withoutPhone, byDesktop), ['laptop', 'desktop'])
  const impostor = {
    ...withTv,
    devices: new Map(
      [...withTv.devices].map(([id, d]) => [id, { ...d, signKey: seedOf('m').reveal() }]),
    ),
  }
  assert.deepEqual(devicesAcrossFork(shared, impostor, 'neither'), [])
})

test('evidence is the same from both sides, and tells whether one key signed both', () => {
  const evidence = forkOf(withTablet, withWatch).evidence
  assert.deepEqual(evidence, forkOf(withWatch, withTablet).evidence)
  const fork = verifyForkEvidence(crypto, identityKey, evidence)
  assert.equal(fork.bySameSigner, true)
  assert.deepEqual(
    new Set(fork.entries.map((entry) => entry.join())),
    new Set([withTablet, withWatch].map((log) => log.entries[3]!.join())),
  )
  const same = (a: DeviceLog, b: DeviceLog) =>
    verifyForkEvidence(crypto, identityKey, forkOf(a, b).evidence).bySameSigner
  assert.equal(same(withTv, withoutPhone), true)
  assert.equal(same(withTv, byDesktop), false)
  assert.equal(same(withTv, withTablet), false)
})

test('what is not evidence is refused: equal or reversed entries, another identity, any change', () => {
  const { evidence } = forkOf(withTablet, withWatch)
  const prefixBytes = 3 + base.reduce((sum, entry) => sum + 2 + entry.length, 0)
  const firstBytes = 2 + evidence[prefixBytes]! * 256 + evidence[prefixBytes + 1]!
  const prefix = evidence.slice(0, prefixBytes)
  const a = evidence.slice(prefixBytes, prefixBytes + firstBytes)
  const b = evidence.slice(prefixBytes + firstBytes)
  const check = (...parts: Uint8Array[]) =>
    verifyForkEvidence(crypto, identityKey, Uint8Array.from(parts.flatMap((part) => [...part])))
  assert.deepEqual(Uint8Array.from([...prefix, ...a, ...b]), evidence)
  assert.doesNotThrow(() => verifyForkEvidence(crypto, identityKey, evidence))
  assert.throws(() => check(prefix, a, a), { code: 'DEVICE_LOG_ORDER' })
  assert.throws(() => check(prefix, b, a), { code: 'DEVICE_LOG_ORDER' })
  assert.throws(() => check(evidence, Uint8Array.of(0)), { code: 'DEVICE_LOG_TRAILING' })
  const other = crypto.ed25519Public(seedOf('mallory'))
  const code = 'DEVICE_LOG_LINKAGE'
  assert.throws(() => verifyForkEvidence(crypto, other, evidence), { code })
  for (let at = 0; at < evidence.length; at += 7) {
    const changed = evidence.with(at, evidence[at]! ^ 0x40)
    assert.throws(() => verifyForkEvidence(crypto, identityKey, changed), ProtocolError, `${at}`)
  }
  const huge = new Uint8Array(1 << 24).fill(1)
  assert.throws(() => verifyForkEvidence(crypto, identityKey, huge), { code: 'DEVICE_LOG_LIMIT' })
})

test('any bytes as evidence give a ProtocolError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
      const versioned = Uint8Array.of(1, 0, 0, ...bytes)
      assert.throws(() => verifyForkEvidence(crypto, identityKey, versioned), ProtocolError)
    }),
  )
})

test('two logs of two identities are never compared', () => {
  const other = { ...shared, identityKey: deviceOf('x').signKey }
  assert.throws(() => compareLogs(crypto, shared, other), { name: 'AssertionError' })
})
