import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { concatBytes, equalBytes } from '../../src/codec/bytes.ts'
import { encodeLink } from '../../src/codec/link.ts'
import { GROUP_ADDED_MAX, GROUP_OP_BYTES_MAX, LINK_KINDS } from '../../src/constants.ts'
import { Secret } from '../../src/crypto/secret.ts'
import { ProtocolError } from '../../src/errors.ts'
import { giveEpoch, takeEpoch } from '../../src/group/catch-up.ts'
import { decodeGroupKeys, groupKeysChanges } from '../../src/group/keys-state.ts'
import { deriveGroupLane } from '../../src/group/lane.ts'
import { decodeGroupLink, encodeGroupLink } from '../../src/group/link.ts'
import {
  decodeGroupOp,
  type GroupChange,
  type GroupOpDraft,
  signGroupOp,
} from '../../src/group/op.ts'
import {
  decodeRotationMessage,
  encodeRotationHead,
  encodeRotationMessage,
} from '../../src/group/rotation.ts'
import { checkIdentityKey } from '../../src/mailbox/blind.ts'
import { deliver, founding, type GroupDevice, NOW_SECONDS, networkId, real } from './members.ts'
import { cheapCrypto, crypto, hashed, person } from './people.ts'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const identity = bytes(32)
const device = fc.record({ identity, device: bytes(16) })
const name = fc.string({ unit: fc.constantFrom('a', 'ß', '猫', '9'), maxLength: 40 })

const change: fc.Arbitrary<GroupChange> = fc.oneof(
  fc.record({
    kind: fc.constant('add' as const),
    members: fc
      .uniqueArray(identity, { minLength: 1, maxLength: GROUP_ADDED_MAX, selector: String })
      .map((ids) =>
        ids.map((id, at) => ({ identity: id, role: at % 2 ? 'admin' : 'member' }) as const),
      ),
  }),
  fc.record({
    kind: fc.constant('invite' as const),
    linkKey: identity,
    expiresAtSeconds: fc.nat(0xffff_ffff),
    uses: fc.integer({ min: 1, max: 1000 }),
  }),
  fc.record({
    kind: fc.constant('join' as const),
    invite: identity,
    joiner: device,
    linkSignature: bytes(64),
    joinerSignature: bytes(64),
  }),
  fc.record({ kind: fc.constantFrom('remove', 'promote', 'demote'), identity }),
  fc.record({ kind: fc.constant('leave' as const) }),
  fc.record({ kind: fc.constant('rename' as const), name }),
  fc.record({ kind: fc.constant('picture' as const), picture: fc.uint8Array({ maxLength: 512 }) }),
  fc.record({ kind: fc.constant('revoke' as const), invite: identity }),
  fc.record({ kind: fc.constant('expel' as const), target: device }),
) as fc.Arbitrary<GroupChange>

const draft: fc.Arbitrary<GroupOpDraft> = fc.record({
  groupId: identity.map((id) => id.with(0, 1)),
  parents: fc.uniqueArray(identity, { minLength: 1, maxLength: 8, selector: String }),
  depth: fc.integer({ min: 1, max: 0xffff_ffff }),
  author: device,
  change,
})

/** A value, null or a ProtocolError; whatever decodes is what would be written. */
function survives(read: () => unknown): void {
  try {
    read()
  } catch (error: unknown) {
    assert.ok(error instanceof ProtocolError, String(error))
  }
}

const mutation = fc.record({
  at: fc.nat(4096),
  by: fc.integer({ min: 1, max: 255 }),
  cut: fc.nat(8),
  extra: fc.uint8Array({ maxLength: 4 }),
})

function mutated(
  good: Uint8Array,
  { at, by, cut, extra }: { at: number; by: number; cut: number; extra: Uint8Array },
) {
  const place = at % good.length
  const changed = good.with(place, good[place]! ^ by)
  return concatBytes(changed.subarray(0, changed.length - cut), extra)
}

const seed = person('writer').seed

test('an operation comes back as it was written, and is written as it came', () => {
  fc.assert(
    fc.property(draft, (drawn) => {
      const written = signGroupOp(cheapCrypto, drawn, seed)
      const read = decodeGroupOp(written)
      assert.ok(equalBytes(signGroupOp(cheapCrypto, read, seed), written))
      assert.equal(read.change.kind, drawn.change.kind)
      assert.ok(written.length <= GROUP_OP_BYTES_MAX)
    }),
    { numRuns: 300 },
  )
})

test('bytes of a stranger are an operation or a typed error', () => {
  fc.assert(
    fc.property(draft, mutation, (drawn, change) => {
      survives(() => {
        const broken = mutated(signGroupOp(cheapCrypto, drawn, seed), change)
        const read = decodeGroupOp(broken)
        const again = signGroupOp(cheapCrypto, read, seed)
        assert.ok(equalBytes(again.subarray(0, read.body.length), read.body))
      })
    }),
    { numRuns: 1000 },
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (random) => {
      survives(() => decodeGroupOp(concatBytes(Uint8Array.of(1), random)))
      survives(() => decodeRotationMessage(random))
      survives(() => decodeGroupLink(crypto, encodeLink(crypto, LINK_KINDS.group, random)))
    }),
    { numRuns: 1000 },
  )
  assert.throws(() => decodeGroupOp(new Uint8Array(GROUP_OP_BYTES_MAX + 1)), {
    code: 'GROUP_LIMIT',
  })
  assert.throws(() => decodeRotationMessage(new Uint8Array(65_537)), { code: 'ROTATION_LIMIT' })
})

function some(count: number): GroupDevice[] {
  const names = Array.from({ length: count - 1 }, (_, at) => real(`member ${at}`))
  const { devices } = founding(real('alice'), names)
  deliver(devices[0]!.rotate(), devices)
  return devices
}

test('a rotation comes back as it was written, and broken ones are typed errors', () => {
  const [alice] = some(40) as [GroupDevice]
  const [slots] = alice.rotate().laneMessages as [Uint8Array]
  const [small] = some(3) as [GroupDevice]
  const welcome = small.rotate().pairwise[0]!.content
  for (const written of [slots, welcome]) {
    const read = decodeRotationMessage(written)
    assert.deepEqual(encodeRotationMessage(read), written)
    assert.deepEqual(encodeRotationHead(read.head), read.body)
    fc.assert(
      fc.property(mutation, (change) => {
        survives(() => {
          const again = decodeRotationMessage(mutated(written, change))
          assert.deepEqual(encodeRotationHead(again.head), again.body)
        })
      }),
      { numRuns: 300 },
    )
  }
})

test('an epoch that is handed on is taken whole or refused', () => {
  const [alice, bob] = some(5) as [GroupDevice, GroupDevice]
  const rotated = alice.rotate()
  const given = giveEpoch(crypto, alice.keys, rotated.epochId, bob.self, alice.roster)!
  const reader = {
    networkId,
    graph: bob.replica.graph,
    roster: bob.roster,
    self: bob.self,
    nowSeconds: NOW_SECONDS,
    mayHaveSent: false,
  }
  fc.assert(
    fc.property(mutation, (change) => {
      survives(() => takeEpoch(crypto, bob.keys, mutated(given, change), reader))
    }),
    { numRuns: 300 },
  )
  const elsewhere = { ...bob.keys, groupId: hashed('x') }
  assert.equal(takeEpoch(crypto, elsewhere, given, reader), null)
  const stranger = { ...reader, self: real('stranger') }
  const refusal = { code: 'ROTATION_PERMISSION' }
  assert.throws(() => takeEpoch(crypto, bob.keys, given, stranger), refusal)
  assert.throws(() => takeEpoch(crypto, bob.keys, new Uint8Array(65_537), reader), {
    code: 'ROTATION_LIMIT',
  })
  assert.equal(takeEpoch(crypto, bob.keys, given, reader)?.epochs.length, 2)
})

test('keys come back from their records after any step, and a step writes little', () => {
  const [alice, bob] = some(40) as [GroupDevice, GroupDevice]
  const disk = new Map<string, readonly [Uint8Array, Uint8Array]>()
  let written = bob.keys
  const write = (before: typeof bob.keys | null) => {
    const { put, removed } = groupKeysChanges(before, bob.keys)
    for (const key of removed) assert.ok(disk.delete(String(key)))
    for (const record of put) disk.set(String(record[0]), record)
    written = bob.keys
    return put.reduce((sum, [, value]) => sum + value.length, 0)
  }
  const readBack = () => {
    const keys = decodeGroupKeys(crypto, [...disk.values()].reverse())!
    assert.deepEqual(groupKeysChanges(null, keys), groupKeysChanges(null, bob.keys))
    bob.keys = keys
    written = keys
  }
  assert.equal(decodeGroupKeys(crypto, []), null)
  write(null)
  readBack()
  const sent = ['a', 'b', 'c', 'd'].map((text) => alice.send(text))
  for (const at of [2, 0, 3, 1]) {
    bob.receive(sent[at]!)
    assert.ok(write(written) < 1500)
    readBack()
  }
  bob.send('own')
  write(written)
  readBack()
  for (let at = 0; at < 20; at++) {
    deliver(alice.rotate(), [bob])
    write(written)
    readBack()
  }
  assert.ok(bob.receive(alice.send('still')) === 'still')
})

test('broken records are typed errors', () => {
  const [alice, bob] = some(4) as [GroupDevice, GroupDevice]
  alice.send('skipped')
  bob.receive(alice.send('read'))
  const { put } = groupKeysChanges(null, bob.keys)
  for (const [at, [key, value]] of put.entries()) {
    const without = put.toSpliced(at, 1)
    if (key[0] !== 3) assert.throws(() => decodeGroupKeys(crypto, without), { code: /^STATE_/ })
    assert.throws(
      () => decodeGroupKeys(crypto, [...without, [key.with(0, key[0]! + 7), value]]),
      ProtocolError,
    )
    fc.assert(
      fc.property(mutation, (change) => {
        survives(() => decodeGroupKeys(crypto, [...without, [key, mutated(value, change)]]))
      }),
      { numRuns: 100 },
    )
  }
})

test('a group’s mailbox is a key of prime order, and another one each day, network and epoch', () => {
  const [alice] = some(3) as [GroupDevice]
  const { lane } = alice.keys.epochs[0]!
  const other = alice.keys.epochs[0]!.header
  const lanes = [
    deriveGroupLane(crypto, lane, networkId, 1),
    deriveGroupLane(crypto, lane, networkId, 2),
    deriveGroupLane(crypto, lane, hashed('x'), 1),
    deriveGroupLane(crypto, other, networkId, 1),
  ]
  for (const { mailbox } of lanes) checkIdentityKey(mailbox)
  assert.equal(new Set(lanes.map(({ mailbox }) => String(mailbox))).size, 4)
  assert.equal(new Set(lanes.map(({ sealKey }) => String(sealKey.reveal()))).size, 4)
  assert.deepEqual(deriveGroupLane(crypto, lane, networkId, 1).mailbox, lanes[0]!.mailbox)
})

test('a link to a group carries its invite and whom to ask', () => {
  fc.assert(
    fc.property(
      identity,
      identity,
      identity,
      fc.uint8Array({ maxLength: 707 }),
      (groupId, invite, key, sponsor) => {
        const link = { groupId, invite, linkSeed: Secret.copy(key), sponsor }
        const text = encodeGroupLink(crypto, link)
        const read = decodeGroupLink(crypto, text)
        assert.deepEqual({ ...read, linkSeed: read?.linkSeed.reveal() }, { ...link, linkSeed: key })
      },
    ),
    { numRuns: 50 },
  )
  assert.equal(decodeGroupLink(crypto, 'hello'), null)
})

test('records of a sender whose messages all came go, and those of a forgotten epoch', () => {
  const [alice, bob] = some(4) as [GroupDevice, GroupDevice]
  const late = alice.send('late')
  bob.receive(alice.send('early'))
  const before = bob.keys
  bob.receive(late)
  const { removed } = groupKeysChanges(before, bob.keys)
  assert.equal(removed.length, 1)
  const without = { ...before, epochs: [] }
  assert.equal(groupKeysChanges(before, without).removed.length, 3)
  assert.deepEqual(groupKeysChanges(before, before), { put: [], removed: [] })
})
