// What a disk can do to a store, by seed.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { EnvelopeStore } from '@ezchat/node/store/envelope-store.ts'
import { FaultyKeyValue, openFaultyStore } from '@ezchat/node/store/faulty-store.ts'
import { encodeArrival, prefixOf, TABLE } from '@ezchat/node/store/layout.ts'
import type { Envelope } from '@ezchat/protocol/envelope/decode.ts'
import { ownerOf } from '../../../../test/compliance/envelope-store/drops.ts'
import { envelopeOf, isExact } from '../../../../test/compliance/envelope-store.ts'
import { coded, INIT, NOW_SECONDS, several } from './envelopes.ts'

/** What was acknowledged; failures are what the test is about. */
async function offer(store: EnvelopeStore, envelopes: readonly Envelope[]): Promise<Envelope[]> {
  const results = await Promise.allSettled(envelopes.map((one) => store.put(one)))
  return envelopes.filter((_, at) => results[at]!.status === 'fulfilled')
}

/** Holds all of `least`, nothing but what was offered, and is exact. */
async function isComplete(
  store: EnvelopeStore,
  least: readonly Envelope[],
  offered: readonly Envelope[],
): Promise<void> {
  const held: Envelope[] = []
  for (const one of offered) if (await store.has(one.id)) held.push(one)
  for (const one of least) assert.ok(held.includes(one), 'an acknowledged envelope is gone')
  await isExact(store, held)
}

describe('a crash', () => {
  test('loses nothing that was acknowledged, whatever was not synced', async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const disk = new FaultyKeyValue(seed)
      const offered: Envelope[] = []
      const acknowledged: Envelope[] = []
      for (let round = 0; round < 4; round++) {
        const store = await openFaultyStore(disk, INIT)
        await isComplete(store, acknowledged, offered)
        const some = several(20, round * 20)
        offered.push(...some)
        acknowledged.push(...(await offer(store, some.slice(0, 10 + (seed % 10)))))
        disk.crash()
      }
      await isComplete(await openFaultyStore(disk, INIT), acknowledged, offered)
    }
  })

  test('in the middle of a drop leaves a drop that is carried out at the next start', async () => {
    const owner = ownerOf(0xb0)
    for (let number = 1; number <= 6; number++) {
      const disk = new FaultyKeyValue(number)
      const store = await openFaultyStore(disk, INIT)
      const all = Array.from({ length: 600 }, (_, at) =>
        envelopeOf({ number: at, mailbox: owner.mailbox, timestampSeconds: NOW_SECONDS - 600 }),
      )
      await offer(store, all)
      disk.failWrite(number)
      const drop = owner.drop({ kind: 'before', before: NOW_SECONDS })
      const isDone = await store.drop(drop).then(
        () => true,
        () => false,
      )
      disk.failWrite(Number.POSITIVE_INFINITY)
      disk.crash()
      const reopened = await openFaultyStore(disk, INIT)
      if (isDone || reopened.usage.dropCount === 1) await isExact(reopened, [])
      else await isExact(reopened, all)
      await reopened.drop(drop)
      await isExact(reopened, [])
    }
  })
})

describe('a write that fails', () => {
  test('acknowledges nothing, and nothing is written until the store is opened again', async () => {
    for (let number = 1; number <= 30; number++) {
      const disk = new FaultyKeyValue(number)
      const store = await openFaultyStore(disk, INIT)
      disk.failWrite(number)
      const acknowledged: Envelope[] = []
      const offered = several(40)
      for (const one of offered) acknowledged.push(...(await offer(store, [one])))
      assert.equal(acknowledged.length, number - 1)
      assert.equal(store.usage.failure?.code, 'STORE_FAILED')
      await assert.rejects(store.put(offered[39]!), coded('STORE_FAILED'))
      if (number > 1) assert.ok(await store.has(offered[0]!.id), 'it still reads')
      disk.crash()
      const reopened = await openFaultyStore(disk, INIT)
      await isComplete(reopened, acknowledged, offered)
      await offer(reopened, offered)
      await isExact(reopened, offered)
    }
  })

  test('for lack of room says so, and goes on when there is room', async () => {
    const disk = new FaultyKeyValue(1)
    disk.set({ capacityBytes: 20_000 })
    const store = await openFaultyStore(disk, INIT)
    const offered = several(40)
    const acknowledged: Envelope[] = []
    for (const one of offered) acknowledged.push(...(await offer(store, [one])))
    assert.ok(acknowledged.length > 5 && acknowledged.length < 20)
    await assert.rejects(store.put(offered[39]!), coded('STORE_DISK_FULL', /make room/))
    assert.equal(store.usage.failure?.retriable, true)
    await isExact(store, acknowledged)
    await store.close()
    disk.set({})
    disk.restart()
    const reopened = await openFaultyStore(disk, INIT)
    await offer(reopened, offered)
    await isExact(reopened, offered)
  })

  test('a read that fails is an error, never an absence', async () => {
    const disk = new FaultyKeyValue(1)
    const store = await openFaultyStore(disk, INIT)
    const [one] = several(1)
    await store.put(one!)
    disk.set({ readFailureShare: 1 })
    await assert.rejects(store.get(one!.id), coded('STORE_FAILED'))
    disk.set({})
    assert.ok(await store.has(one!.id))
  })
})

describe('a bit that flips', () => {
  for (const [name, table] of Object.entries(TABLE)) {
    // Nothing is stored under the keys by day, and the quarantine is for people.
    if (name === 'day' || name === 'quarantine') continue
    test(`in the table ${name} is found, said, and does not outlive the next start`, async () => {
      for (let seed = 1; seed <= 12; seed++) await flip(table, seed)
    })
  }

  test('in an envelope moves it aside, and another copy may come in its place', async () => {
    const disk = new FaultyKeyValue(5)
    const damaged: Uint8Array[] = []
    const store = await openFaultyStore(disk, { ...INIT, onDamage: (key) => damaged.push(key) })
    const all = several(10)
    await offer(store, all)
    const key = disk.flipBit(([first]) => first === TABLE.body)
    const intact = await store.load(all.map(({ id }) => id))
    assert.equal(intact.length, 9)
    assert.deepEqual(damaged, [key])
    assert.equal(store.usage.damagedCount, 1)
    const lost = all.filter(({ id }) => !intact.some((one) => Buffer.compare(one.id, id) === 0))
    // The next write waits behind the one that moves it.
    const other = envelopeOf({ number: 999 })
    await store.put(other)
    await isExact(store, [...all.filter((one) => !lost.includes(one)), other])
    assert.equal((await store.put(lost[0]!)).kind, 'stored')
    await isExact(store, [...all, other])
  })
})

describe('a damaged index', () => {
  test('takes an envelope again, acknowledged like any other, and counted once', async () => {
    const disk = new FaultyKeyValue(3)
    const store = await openFaultyStore(disk, INIT)
    const [one] = several(1)
    await store.put(one!)
    disk.flipBit(([first]) => first === TABLE.entry)
    assert.equal((await store.put(one!)).kind, 'stored')
    assert.equal((await store.put(one!)).kind, 'known')
    assert.equal(store.usage.count, 1)
    assert.equal(store.usage.damagedCount, 1)
    disk.crash()
    await isExact(await openFaultyStore(disk, INIT), [one!])
  })

  test('is rebuilt, and bodies that are no envelopes are moved aside', async () => {
    const disk = new FaultyKeyValue(4)
    const all = several(40)
    const store = await openFaultyStore(disk, INIT)
    await offer(store, all)
    const [held] = await store.load([all[7]!.id])
    const body = prefixOf(TABLE.body, encodeArrival(held!.arrival).subarray(0, 6))
    await disk.write([{ key: body, value: new Uint8Array(1000) }], { sync: true })
    disk.flipBit(([first]) => first === TABLE.digest)
    disk.crash()
    const damaged: number[] = []
    const onDamage = (key: Uint8Array) => damaged.push(key[0]!)
    const reopened = await openFaultyStore(disk, { ...INIT, onDamage })
    await isExact(
      reopened,
      all.filter((one) => one !== all[7]),
    )
    // That a digest was, the body, and the entry that it leaves behind.
    assert.deepEqual(damaged, [TABLE.meta, TABLE.body, TABLE.entry])
    const aside = await disk.page({
      from: Uint8Array.of(TABLE.quarantine),
      before: Uint8Array.of(TABLE.quarantine + 1),
      countMax: 10,
    })
    assert.equal(aside.length, 1)
    assert.equal((await reopened.put(all[7]!)).kind, 'stored')
    await isExact(reopened, all)
  })
})

test('a repair that is killed is begun again', async () => {
  for (let killed = 1; killed <= 14; killed++) {
    const disk = new FaultyKeyValue(killed)
    const all = several(300)
    await offer(await openFaultyStore(disk, INIT), all)
    disk.flipBit(([first]) => first === TABLE.digest)
    disk.flipBit(([first]) => first === TABLE.entry)
    disk.failWrite(killed)
    await openFaultyStore(disk, INIT).catch((error: Error) => assert.match(error.message, /output/))
    disk.failWrite(Number.POSITIVE_INFINITY)
    disk.crash()
    const store = await openFaultyStore(disk, INIT)
    await offer(store, all)
    await isExact(store, all)
  }
})

const owner = ownerOf(0xd0)

async function flip(table: number, seed: number): Promise<void> {
  const disk = new FaultyKeyValue(seed)
  const store = await openFaultyStore(disk, INIT)
  const all = several(30)
  await offer(store, all)
  await store.drop(owner.drop({ kind: 'before', before: NOW_SECONDS }))
  await store.close()
  disk.restart()
  const key = disk.flipBit(([first]) => first === table)
  assert.ok(key !== null)
  if (table === TABLE.meta && key[1] === 1) {
    await assert.rejects(openFaultyStore(disk, INIT), coded('STORE_DAMAGED', /version/))
    return
  }
  const first = await openFaultyStore(disk, INIT)
  await first.load(all.map(({ id }) => id))
  const page = await first.fetch({ prefix: new Uint8Array(0), after: 0, position: null })
  for (const { id, bytes } of page.envelopes) {
    assert.ok(
      all.some((one) => Buffer.compare(one.id, id) === 0 && one.bytes.length === bytes.length),
    )
  }
  await first.put(envelopeOf({ number: 500 + seed }))
  await first.close()
  disk.restart()
  const second = await openFaultyStore(disk, INIT)
  const offered = [...all, envelopeOf({ number: 500 + seed })]
  await offer(second, offered)
  await isExact(second, offered)
}
