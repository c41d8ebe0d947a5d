// The content of a record whose owner is the attacker: signed and sealed as it should be.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compareBytes, concatBytes, toHex } from '../../src/codec/bytes.ts'
import { Writer } from '../../src/codec/writer.ts'
import { ProtocolError } from '../../src/errors.ts'
import { headOf, verifyDeviceLog } from '../../src/identity/device-log.ts'
import { type NewDevice, writeDevice } from '../../src/identity/device-log-entry.ts'
import { writeEntries } from '../../src/identity/device-log-list.ts'
import { decodeContent, fitContent } from '../../src/identity/record-content.ts'
import { add, crypto, deviceOf, identityKey, logOf, seedOf } from './device-logs.ts'

const entries = logOf([add('laptop', ['publish', 'manage']), null], [add('phone'), 'laptop'])
const log = verifyDeviceLog(crypto, identityKey, entries)
const bundle = new Uint8Array(20).fill(5)
const [first, second] = [deviceOf('laptop').id, deviceOf('phone').id].sort(compareBytes)

interface Part {
  identity?: Uint8Array
  hints?: readonly string[]
  form?: number
  devices?: Uint8Array
  bundles?: readonly (readonly [Uint8Array, Uint8Array])[]
  bundleCount?: number
  filler?: Uint8Array
}

const asLog = (list: readonly Uint8Array[]) => {
  const writer = new Writer()
  writeEntries(writer, list)
  return writer.finish()
}

function asList(
  devices: readonly (readonly [number, NewDevice])[],
  head = 9,
  count = devices.length,
): Uint8Array {
  const writer = new Writer().u32(head).bytes(headOf(log).hash).u8(count)
  for (const [seq, device] of devices) writeDevice(writer.u32(seq), device)
  return writer.finish()
}

/** Writes what it is told, right or wrong. */
function contentOf(part: Part = {}): Uint8Array {
  const bundles = part.bundles ?? [
    [first!, bundle],
    [second!, bundle],
  ]
  const hints = part.hints ?? ['/a']
  const writer = new Writer()
    .bytes(part.identity ?? identityKey)
    .u16(3)
    .text('Bob', 64)
    .u8(hints.length)
  for (const hint of hints) writer.text(hint, 65535)
  writer.u8(part.form ?? 1).bytes(part.devices ?? asLog(entries))
  writer.u8(part.bundleCount ?? bundles.length)
  for (const [id, bytes] of bundles) writer.bytes(id).prefixed(bytes, 65535)
  return writer.bytes(part.filler ?? new Uint8Array(40)).finish()
}

const decode = (bytes: Uint8Array, isDelegate = false) =>
  decodeContent(crypto, bytes, { identityKey, isDelegate })

const refused = (part: Part, code: string) =>
  assert.throws(() => decode(contentOf(part)), { name: 'ProtocolError', code })

const both = [
  [0, deviceOf('laptop')],
  [4, deviceOf('phone')],
] as const

test('the content gives back its fields, with a log and with a list', () => {
  const content = decode(contentOf())
  assert.equal(content.homeShard, 3)
  assert.equal(content.profileName, 'Bob')
  assert.deepEqual(content.hints, ['/a'])
  assert.deepEqual(content.log, log)
  assert.deepEqual(
    [...content.prekeys],
    [first!, second!].map((id) => [toHex(id), bundle]),
  )
  const listed = decode(contentOf({ form: 2, devices: asList(both) }))
  assert.equal(listed.log, null)
  assert.deepEqual(listed.head, { seq: 9, hash: headOf(log).hash })
  assert.deepEqual(
    [...listed.devices.values()],
    both.map(([addedAtSeq, device]) => ({ ...device, addedAtSeq })),
  )
})

test('the writer writes what the lying writer of this test writes when it tells the truth', () => {
  const draft = {
    homeShard: 3,
    profileName: 'Bob',
    hints: ['/a'],
    log,
    prekeys: [second!, first!].map((deviceId) => ({ deviceId, bundle })),
  }
  const truth = contentOf({ filler: new Uint8Array(0) })
  const fit = (bytesMax: number, isDelegate = false) => fitContent(draft, { bytesMax, isDelegate })
  assert.deepEqual(fit(truth.length), truth)
  const shorter = fit(truth.length - 1)!
  assert.equal(decode(shorter).log, null)
  assert.equal(decode(shorter).prekeys.size, 2)
  assert.deepEqual([...decode(fit(shorter.length - 1)!).prekeys.keys()], [toHex(second!)])
  assert.equal(fit(100), null)
  assert.equal(decode(fit(truth.length - 1, true)!, true).prekeys.size, 1)
})

test('another identity inside is refused', () => {
  refused({ identity: crypto.ed25519Public(seedOf('mallory')) }, 'RECORD_PERMISSION')
})

test('a list counts for nothing in a record signed by a delegate', () => {
  const content = contentOf({ form: 2, devices: asList(both) })
  assert.throws(() => decode(content, true), { code: 'RECORD_PERMISSION' })
})

test('prekeys are of active devices, once each and in order', () => {
  refused({ bundles: [[deviceOf('x').id, bundle]] }, 'RECORD_PERMISSION')
  const swapped = [second!, first!].map((id) => [id, bundle] as const)
  refused({ bundles: swapped }, 'RECORD_ORDER')
  refused({ bundles: [swapped[0]!, swapped[0]!] }, 'RECORD_ORDER')
  refused({ bundles: [[first!, new Uint8Array(3073)]] }, 'RECORD_LIMIT')
  refused({ bundleCount: 17 }, 'RECORD_LIMIT')
  refused({ bundleCount: 16 }, 'RECORD_ORDER')
  assert.equal(decode(contentOf({ bundles: [[first!, new Uint8Array(3072)]] })).prekeys.size, 1)
})

test('a list of devices is in the order of the log, without repetition, and of use', () => {
  const listed = (devices: Uint8Array, code: string) => refused({ form: 2, devices }, code)
  const [laptop, phone] = [deviceOf('laptop'), deviceOf('phone')]
  listed(asList([both[1], both[0]]), 'RECORD_ORDER')
  listed(asList([both[0], [0, phone]]), 'RECORD_ORDER')
  listed(asList([both[0], [1, laptop]]), 'RECORD_ORDER')
  listed(asList([both[0], [1, { ...phone, signKey: laptop.signKey }]]), 'RECORD_ORDER')
  listed(asList([[0, { ...phone, signKey: identityKey }]]), 'RECORD_ORDER')
  listed(asList([both[0], [1, { ...phone, exchangeKey: laptop.exchangeKey }]]), 'RECORD_ORDER')
  listed(asList([[10, phone]]), 'RECORD_FIELD')
  listed(asList([[0, { ...phone, signKey: new Uint8Array(32) }]]), 'RECORD_INVALID')
  listed(asList([[0, { ...phone, exchangeKey: new Uint8Array(32) }]]), 'RECORD_INVALID')
  listed(asList([[0, { ...phone, id: new Uint8Array(16) }]]), 'RECORD_INVALID')
  listed(asList([], 9, 17), 'RECORD_LIMIT')
})

test('a log inside is verified as any log, and other forms are refused', () => {
  refused({ devices: asLog([]) }, 'DEVICE_LOG_LENGTH')
  refused({ devices: asLog([...entries, entries[1]!]) }, 'DEVICE_LOG_LINKAGE')
  refused(
    { devices: asLog([entries[0]!.with(-1, entries[0]!.at(-1)! ^ 1)]) },
    'DEVICE_LOG_SIGNATURE',
  )
  refused({ form: 0 }, 'RECORD_FIELD')
  refused({ form: 3 }, 'RECORD_FIELD')
  refused({ devices: Uint8Array.of(4, 1) }, 'RECORD_LIMIT')
})

test('filler that is not zero, and names and hints that no field allows, are refused', () => {
  refused({ filler: new Uint8Array(40).fill(1, 39) }, 'RECORD_FIELD')
  refused({ hints: ['a'] }, 'RECORD_TEXT')
  refused({ hints: ['/a', '/b', '/c', '/d', '/e'] }, 'RECORD_LIMIT')
  refused({ hints: [`/${'a'.repeat(128)}`] }, 'RECORD_LIMIT')
  const name = contentOf().with(37, 0x0a)
  assert.throws(() => decode(name), { code: 'RECORD_TEXT' })
  for (const length of [0, 31, 33, 36, 100]) {
    const cut = contentOf().subarray(0, length)
    assert.throws(() => decode(cut), { code: 'RECORD_TRUNCATED' })
  }
})

test('any content is fields or a ProtocolError', () => {
  const forms = [contentOf(), contentOf({ form: 2, devices: asList(both) })]
  const changed = fc
    .tuple(fc.constantFrom(...forms), fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 4 }))
    .map(([bytes, at, noise]) => {
      const start = at % bytes.length
      return concatBytes(bytes.subarray(0, start), noise, bytes.subarray(start + noise.length))
    })
  const noise = fc.uint8Array({ maxLength: 400 }).map((rest) => concatBytes(identityKey, rest))
  fc.assert(
    fc.property(fc.oneof(changed, noise), (bytes) => {
      try {
        decode(bytes)
      } catch (error) {
        assert.ok(error instanceof ProtocolError, String(error))
      }
    }),
    { numRuns: 400 },
  )
})
