import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { concatBytes, fromHex, toHex } from '../../src/codec/bytes.ts'
import { labelled, SIGN_LABELS } from '../../src/crypto/labels.ts'
import { isAcceptableX25519Key } from '../../src/crypto/x25519-rules.ts'
import { AssertionError, ProtocolError } from '../../src/errors.ts'
import { extendDeviceLog, headOf, verifyDeviceLog } from '../../src/identity/device-log.ts'
import {
  decodeDeviceLogEntry,
  drawDeviceId,
  hashDeviceLogEntry,
  signDeviceLogEntry,
} from '../../src/identity/device-log-entry.ts'
import { decodeDeviceLog, encodeDeviceLog } from '../../src/identity/device-log-list.ts'
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

const verify = (entries: readonly Uint8Array[]) => verifyDeviceLog(crypto, identityKey, entries)
const namesIn = (entries: readonly Uint8Array[]) =>
  [...verify(entries).devices.values()].map((device) => device.name)

const three = logOf(
  [add('laptop', ['publish', 'manage']), null],
  [add('phone'), 'laptop'],
  [add('tablet', []), null],
)

/** What the third and every further step is refused with, after laptop, phone and tablet. */
function assertRefused(code: string, ...added: readonly Uint8Array[]): void {
  assert.throws(() => verify([...three, ...added]), { name: 'ProtocolError', code })
}

test('a log gives its devices, those revoked, and its head', () => {
  const entries = [...three, step(three, revoke('phone'), 'laptop')]
  const log = verify(entries)
  assert.deepEqual(namesIn(entries), ['laptop', 'tablet'])
  assert.deepEqual([...log.revoked], [toHex(deviceOf('phone').id)])
  assert.deepEqual(headOf(log), { seq: 3, hash: hashDeviceLogEntry(crypto, entries[3]!) })
  const laptop = log.devices.get(toHex(deviceOf('laptop').id))
  assert.deepEqual(laptop, { ...deviceOf('laptop', ['publish', 'manage']), addedAtSeq: 0 })
})

test('an entry gives back its fields, and a list of entries its entries', () => {
  const rights = fc.subarray(['publish', 'manage'] as const)
  const names = fc.string({ maxLength: 32 }).map((text) => text.trim())
  fc.assert(
    fc.property(rights, names, fc.nat(0xffffffff), fc.boolean(), (some, name, time, byRoot) => {
      const device = { ...deviceOf('x', some), name }
      const draft = {
        identityKey,
        seq: time,
        previous: new Uint8Array(32).fill(2),
        change: { op: 'add', device } as const,
        timeSeconds: time,
        signer: byRoot ? null : deviceOf('laptop').id,
      }
      const bytes = signDeviceLogEntry(crypto, draft, identitySeed)
      const { body, signature, ...fields } = decodeDeviceLogEntry(bytes)
      assert.deepEqual(fields, draft)
      assert.deepEqual(concatBytes(body, signature), bytes)
      assert.deepEqual(decodeDeviceLog(encodeDeviceLog([bytes, bytes])), [bytes, bytes])
    }),
    { numRuns: 40 },
  )
})

test('a log is extended without touching the one before', () => {
  const before = verify(three)
  const fourth = step(three, revoke('tablet'))
  const after = extendDeviceLog(crypto, before, [fourth])
  assert.deepEqual(after, verify([...three, fourth]))
  assert.equal(before.entries.length, 3)
  assert.equal(before.devices.size, 3)
  assert.throws(() => extendDeviceLog(crypto, after, [fourth]), { code: 'DEVICE_LOG_LINKAGE' })
  assert.deepEqual(extendDeviceLog(crypto, after, []), after)
})

test('what is kept of a log is not a view of bytes that somebody else may change', () => {
  // A Buffer's slice is a view, so a Buffer is what would show it.
  const mine = three.map((bytes) => Buffer.from(bytes))
  const key = Buffer.from(identityKey)
  const log = verifyDeviceLog(crypto, key, mine)
  for (const bytes of [key, ...mine]) bytes.fill(0)
  assert.deepEqual(log, verify(three))
})

test('an empty log, and a log that does not begin with the root, are refused', () => {
  assert.throws(() => verify([]), { code: 'DEVICE_LOG_LENGTH' })
  assert.throws(() => verify([step([], add('laptop'), 'laptop')]), {
    code: 'DEVICE_LOG_PERMISSION',
  })
  assert.throws(() => verify([step([], revoke('laptop'))]), { code: 'DEVICE_LOG_STATE' })
  assert.throws(() => verify(three.slice(1)), { code: 'DEVICE_LOG_LINKAGE' })
})

test('an entry must continue the one before it, for the same identity', () => {
  const other = crypto.ed25519Public(seedOf('mallory'))
  assertRefused('DEVICE_LOG_LINKAGE', step(three, add('x'), null, { seq: 2 }))
  assertRefused('DEVICE_LOG_LINKAGE', step(three, add('x'), null, { seq: 4 }))
  assertRefused('DEVICE_LOG_LINKAGE', step(three, add('x'), null, { previous: new Uint8Array(32) }))
  assertRefused('DEVICE_LOG_LINKAGE', step(three, add('x'), null, { identityKey: other }))
  assertRefused('DEVICE_LOG_LINKAGE', three[2]!)
  const swapped = [three[0]!, three[2]!, three[1]!]
  assert.throws(() => verify(swapped), { code: 'DEVICE_LOG_LINKAGE' })
})

test('only the root and managing devices that are not revoked may sign', () => {
  const byStranger = step(three, add('x'), 'stranger')
  const byPhone = step(three, add('x'), 'phone')
  const revoked = step(three, revoke('laptop'))
  const byRevoked = step([...three, revoked], add('x'), 'laptop')
  assertRefused('DEVICE_LOG_PERMISSION', byStranger)
  assertRefused('DEVICE_LOG_PERMISSION', byPhone)
  assertRefused('DEVICE_LOG_PERMISSION', step(three, revoke('tablet'), 'phone'))
  assertRefused('DEVICE_LOG_PERMISSION', revoked, byRevoked)
})

test('a signature by another key, or over another label, is refused', () => {
  const asRoot = step(three, add('x'), 'laptop', { signer: null })
  const asLaptop = step(three, add('x'), 'phone', { signer: deviceOf('laptop').id })
  assertRefused('DEVICE_LOG_SIGNATURE', asRoot)
  assertRefused('DEVICE_LOG_SIGNATURE', asLaptop)
  const { body } = decodeDeviceLogEntry(step(three, add('x')))
  const elsewhere = crypto.ed25519Sign(identitySeed, labelled(SIGN_LABELS.record, body))
  assertRefused('DEVICE_LOG_SIGNATURE', concatBytes(body, elsewhere))
})

test('every device may leave, and only managers remove others', () => {
  const gone = [...three, step(three, revoke('tablet'), 'tablet')]
  assert.deepEqual(namesIn(gone), ['laptop', 'phone'])
  const alone = logOf([add('laptop', ['manage']), null], [revoke('laptop'), 'laptop'])
  assert.deepEqual(namesIn(alone), [])
  assert.deepEqual(namesIn([...alone, step(alone, add('new'))]), ['new'])
})

test('a manager gives no right that it lacks, and makes no manager', () => {
  const entries = logOf([add('laptop', ['manage']), null])
  assert.throws(() => verify([...entries, step(entries, add('x', ['publish']), 'laptop')]), {
    code: 'DEVICE_LOG_PERMISSION',
  })
  assert.equal(namesIn([...entries, step(entries, add('x', []), 'laptop')]).length, 2)
  assertRefused('DEVICE_LOG_PERMISSION', step(three, add('x', ['manage']), 'laptop'))
})

test('a device is added once, is revoked once, and never returns', () => {
  const revoked = step(three, revoke('phone'))
  assertRefused('DEVICE_LOG_ORDER', step(three, add('phone')))
  assertRefused('DEVICE_LOG_ORDER', revoked, step([...three, revoked], add('phone')))
  assertRefused('DEVICE_LOG_STATE', revoked, step([...three, revoked], revoke('phone')))
  assertRefused('DEVICE_LOG_STATE', step(three, revoke('x')))
})

test('a key is used once, even that of a revoked device, and never the identity itself', () => {
  const phone = deviceOf('phone')
  const x = deviceOf('x')
  const revoked = step(three, revoke('phone'))
  for (const device of [
    { ...x, signKey: phone.signKey },
    { ...x, exchangeKey: phone.exchangeKey },
    { ...x, signKey: identityKey },
    { ...x, exchangeKey: x.signKey },
  ]) {
    assertRefused('DEVICE_LOG_ORDER', revoked, step([...three, revoked], { op: 'add', device }))
  }
})

test('keys of no use and an empty id are refused', () => {
  const x = deviceOf('x')
  for (const device of [
    { ...x, signKey: new Uint8Array(32) },
    { ...x, signKey: new Uint8Array(32).fill(0xff) },
    { ...x, exchangeKey: new Uint8Array(32) },
    { ...x, exchangeKey: new Uint8Array(32).fill(0xff) },
    { ...x, id: new Uint8Array(16) },
  ]) {
    assertRefused('DEVICE_LOG_INVALID', step(three, { op: 'add', device }))
  }
})

test('the sixteenth device is added, the seventeenth is refused until another one goes', () => {
  const entries = logOf(...Array.from({ length: 16 }, (_, i) => [add(`d${i}`), null] as const))
  assert.equal(verify(entries).devices.size, 16)
  const more = step(entries, add('d16'))
  assert.throws(() => verify([...entries, more]), { code: 'DEVICE_LOG_LIMIT' })
  const gone = [...entries, step(entries, revoke('d3'))]
  assert.equal(verify([...gone, step(gone, add('d16'))]).devices.size, 16)
})

test('a device signs 64 entries and no more, so that the root always has room', () => {
  const entries = logOf([add('laptop', ['publish', 'manage']), null])
  for (let i = 0; i < 32; i++) {
    entries.push(step(entries, add(`x${i}`), 'laptop'))
    entries.push(step(entries, revoke(`x${i}`), 'laptop'))
  }
  const log = verify(entries)
  assert.equal(log.entryCounts.get(toHex(deviceOf('laptop').id)), 64)
  const code = 'DEVICE_LOG_LIMIT'
  assert.throws(() => extendDeviceLog(crypto, log, [step(entries, add('y'), 'laptop')]), { code })
  extendDeviceLog(crypto, log, [step(entries, revoke('laptop'))])
})

test('a log has 1,024 entries and no more, whatever they hold', () => {
  const entries: Uint8Array[] = []
  let log = verify([step([], add('laptop'))])
  entries.push(...log.entries)
  for (let i = 0; i < 511; i++) {
    const added = step(entries, add(`x${i}`))
    const gone = step([...entries.slice(-1), added], revoke(`x${i}`), null, { seq: i * 2 + 2 })
    entries.push(added, gone)
  }
  log = verify([...entries])
  assert.equal(log.entries.length, 1023)
  const last = step(entries, add('last'))
  log = extendDeviceLog(crypto, log, [last])
  const code = 'DEVICE_LOG_LIMIT'
  assert.throws(() => extendDeviceLog(crypto, log, [step([...entries, last], add('y'))]), { code })
  assert.throws(() => verify(new Array<Uint8Array>(1025).fill(new Uint8Array(0))), { code })
  assert.equal(decodeDeviceLog(encodeDeviceLog(log.entries)).length, 1024)
  assert.throws(() => encodeDeviceLog([...log.entries, last]), AssertionError)
})

test('a list of entries is read to its limits and not beyond', () => {
  const list = (count: number, ...rest: number[]) => Uint8Array.of(count >> 8, count & 255, ...rest)
  assert.deepEqual(decodeDeviceLog(list(0)), [])
  assert.throws(() => decodeDeviceLog(list(1025)), { code: 'DEVICE_LOG_LIMIT' })
  assert.throws(() => decodeDeviceLog(list(1, 1, 15)), { code: 'DEVICE_LOG_LIMIT' })
  assert.throws(() => decodeDeviceLog(list(1, 0xff, 0xff)), { code: 'DEVICE_LOG_LIMIT' })
  assert.throws(() => decodeDeviceLog(list(1, 0, 2, 0)), { code: 'DEVICE_LOG_TRUNCATED' })
  assert.throws(() => decodeDeviceLog(list(0, 0)), { code: 'DEVICE_LOG_TRAILING' })
  assert.throws(() => decodeDeviceLog(new Uint8Array(1 << 20)), { code: 'DEVICE_LOG_LIMIT' })
})

test('every cut and every changed byte of an entry is refused with a code', () => {
  for (const [index, bytes] of three.entries()) {
    const rest = three.slice(0, index)
    for (let length = 0; length < bytes.length; length++) {
      const cut = bytes.subarray(0, length)
      assert.throws(() => verify([...rest, cut]), { code: 'DEVICE_LOG_TRUNCATED' })
    }
    for (let at = 0; at < bytes.length; at++) {
      const changed = bytes.with(at, bytes[at]! ^ 1)
      assert.throws(() => verify([...rest, changed]), ProtocolError, `entry ${index} byte ${at}`)
    }
    assert.throws(() => verify([...rest, concatBytes(bytes, Uint8Array.of(0))]), ProtocolError)
  }
})

test('any bytes are an entry or a ProtocolError', () => {
  const start = concatBytes(Uint8Array.of(1), identityKey, new Uint8Array(36))
  const noise = fc.uint8Array({ maxLength: 300 })
  fc.assert(
    fc.property(
      fc.oneof(
        noise,
        noise.map((rest) => concatBytes(start, rest)),
      ),
      (bytes) => {
        try {
          decodeDeviceLogEntry(bytes)
        } catch (error) {
          assert.ok(error instanceof ProtocolError)
        }
        assert.throws(() => verify([bytes]), ProtocolError)
      },
    ),
    { numRuns: 500 },
  )
  assert.throws(() => decodeDeviceLogEntry(new Uint8Array(1 << 24)), { code: 'DEVICE_LOG_LIMIT' })
})

test('an X25519 key is acceptable in its one spelling and when its point is of use', () => {
  const top = (first: string) => fromHex(`${first}${'ff'.repeat(30)}7f`)
  const orderEight = 'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800'
  assert.equal(isAcceptableX25519Key(crypto.x25519Public(seedOf('x'))), true)
  assert.equal(isAcceptableX25519Key(top('eb')), true)
  for (const key of [top('ec'), top('ed'), top('ee'), top('ff'), fromHex(orderEight)]) {
    assert.equal(isAcceptableX25519Key(key), false)
  }
  assert.equal(isAcceptableX25519Key(fromHex(`09${'00'.repeat(30)}80`)), false)
  assert.equal(isAcceptableX25519Key(new Uint8Array(31).fill(9)), false)
})

test('a drawn device id has sixteen bytes', () => {
  assert.equal(drawDeviceId(crypto).length, 16)
})
