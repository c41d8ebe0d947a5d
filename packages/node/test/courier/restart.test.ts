import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FaultyKeyValue } from '@ezchat/node/store/faulty-store.ts'
import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { EnvelopeRules } from '@ezchat/protocol/envelope/rules.ts'
import type { KeyValueOperation } from '@ezchat/protocol/ports.ts'
import { settled } from '../manual-clock.ts'
import { FREE, type Node, Rig } from './rig.ts'

/** 4 x 30 trials for 1 KiB: a search that takes no time and whose result differs each time. */
const PAID: EnvelopeRules = { ...FREE, price: 4 }

/** A disk whose process dies after so many writes: nothing is answered from then on. */
class MortalDisk extends FaultyKeyValue {
  writesLeft = Number.POSITIVE_INFINITY
  isDead = false

  override async write(operations: readonly KeyValueOperation[], options: { sync: boolean }) {
    if (this.writesLeft-- <= 0) this.isDead = true
    if (this.isDead) await new Promise(() => undefined)
    await super.write(operations, options)
    if (this.writesLeft === 0) this.isDead = true
    if (this.isDead) await new Promise(() => undefined)
  }
}

function newRig(): { rig: Rig; alice: Node; disk: MortalDisk } {
  const rig = new Rig(PAID)
  for (let i = 0; i < 3; i++) rig.carrier()
  const disk = new MortalDisk(5)
  const alice = rig.node({ mode: 'direct' })
  alice.disk = disk
  return { rig, alice, disk }
}

function idsOn(rig: Rig): Set<string> {
  return new Set(rig.carriers.flatMap(({ held }) => [...held.keys()]))
}

async function turns(count = 30): Promise<void> {
  for (let i = 0; i < count; i++) await settled()
}

for (const how of ['crash', 'restart'] as const) {
  test(`a process that dies after any write loses nothing and stamps nothing twice (${how})`, async () => {
    let longest = 0
    for (let writes = 1; writes < 60; writes++) {
      const { rig, alice, disk } = newRig()
      const dying = () => (disk.isDead ? new Promise<never>(() => undefined) : null)
      rig.network.intercept = (from) => (from === alice.wire.self ? dying() : null)
      await alice.start()
      disk.writesLeft = writes
      const accepted: Uint8Array[] = []
      const life = (async () => {
        for (let batch = 0; batch < 3; batch++) {
          const items = rig.items(2)
          await alice.send(items)
          accepted.push(...items.map(({ reference }) => reference))
        }
      })()
      await Promise.race([life, turns(60)])
      await turns(60)
      const isWhole = !disk.isDead
      disk.isDead = true
      disk[how]()
      disk.isDead = false
      disk.writesLeft = Number.POSITIVE_INFINITY
      rig.network.intercept = () => null
      const again = alice.reborn()
      await again.start()
      await rig.clock.advance(60_000)
      await turns()
      for (const reference of accepted) {
        const story = await again.courier.story(reference)
        assert.equal(story?.state, 'stored', `after ${writes} writes: ${toHex(reference)}`)
      }
      assert.deepEqual([...alice.bugs, ...again.bugs], [])
      // Six were drafted at most, and each has one id wherever it is.
      assert.ok(idsOn(rig).size <= 6)
      assert.ok(idsOn(rig).size >= accepted.length)
      await again.courier.close()
      longest = writes
      if (isWhole) break
    }
    assert.ok(longest > 5 && longest < 59, `${longest}`)
  })
}

test('a write that fails stops the courier and says so; the next start goes on', async () => {
  for (let failing = 1; failing <= 8; failing++) {
    const { rig, alice, disk } = newRig()
    await alice.start()
    const items = rig.items(4)
    await alice.send(items)
    disk.failWrite(failing)
    await turns()
    disk.failWrite(Number.POSITIVE_INFINITY)
    if (alice.courier.failure !== null) {
      assert.equal(alice.courier.failure.code, 'STORE_FAILED')
      assert.equal(alice.count('failed'), 1)
      assert.equal(await alice.courier.withdraw(items[0]!.reference), false)
    }
    await alice.courier.close()
    disk.restart()
    const again = alice.reborn()
    await again.start()
    await rig.clock.advance(1000)
    await turns()
    for (const { reference } of items) {
      assert.equal((await again.courier.story(reference))?.state, 'stored')
    }
    assert.equal(idsOn(rig).size, 4)
    assert.deepEqual([...alice.bugs, ...again.bugs], [])
  }
})

test('a disk that cannot be read stops the courier, and hides nothing', async () => {
  const { rig, alice, disk } = newRig()
  await alice.start()
  disk.set({ readFailureShare: 1 })
  await alice.courier.withdraw(rig.item().reference)
  assert.equal(alice.courier.failure?.code, 'STORE_FAILED')
  await assert.rejects(alice.reborn().start(), { code: 'STORE_FAILED' })
})

test('postage is searched for once, however often the process starts', async () => {
  const { rig, alice } = newRig()
  for (const carrier of rig.carriers) rig.set(carrier, 'away')
  await alice.start()
  await alice.send(rig.items(3))
  await turns()
  assert.equal(alice.postage.searchCount, 3)
  let node = alice
  for (let start = 0; start < 3; start++) {
    await node.courier.close()
    node = node.reborn()
    await node.start()
    await turns()
    assert.equal(node.postage.searchCount, 0)
  }
  for (const carrier of rig.carriers) rig.set(carrier, 'honest')
  await rig.clock.advance(60_000)
  assert.equal(idsOn(rig).size, 3)
  assert.equal(node.count('stored'), 3)
})

test('what is damaged on the disk is said, and the rest goes on', async () => {
  const { rig, alice, disk } = newRig()
  for (const carrier of rig.carriers) rig.set(carrier, 'away')
  await alice.start()
  const items = rig.items(6)
  await alice.send(items)
  await turns()
  await alice.courier.close()
  assert.ok(disk.flipBit((key) => key[1] === 1 && key[17] === items[1]!.reference[15]))
  assert.ok(disk.flipBit((key) => key[1] === 2 && key[17] === items[4]!.reference[15]))
  for (const carrier of rig.carriers) rig.set(carrier, 'honest')
  disk.restart()
  const again = alice.reborn()
  await again.start()
  await rig.clock.advance(60_000)
  const damaged = again.events.flatMap((event) =>
    event.kind === 'damaged' ? [toHex(event.reference)] : [],
  )
  assert.deepEqual(
    damaged.sort(),
    [items[1]!, items[4]!].map(({ reference }) => toHex(reference)),
  )
  assert.equal(again.count('stored'), 4)
  await again.courier.close()
})

test('nothing of a withdrawn message is sent again after a restart', async () => {
  const { rig, alice } = newRig()
  await alice.start()
  const [kept, gone] = rig.items(2)
  await alice.send([kept!, gone!])
  await turns()
  assert.equal(await alice.courier.withdraw(gone!.reference), true)
  await alice.courier.close()
  const again = alice.reborn()
  await again.start()
  await rig.clock.advance(2 * 3_600_000)
  assert.deepEqual(
    again.events.flatMap((event) => (event.kind === 'resent' ? [event.reference] : [])),
    [kept!.reference],
  )
  assert.equal((await again.courier.story(gone!.reference))?.state, 'done')
})

test('a message can be withdrawn at any moment of its life', async () => {
  for (let turn = 0; turn < 12; turn++) {
    const { rig, alice } = newRig()
    await alice.start()
    const item = rig.item()
    await alice.send([item])
    for (let i = 0; i < turn; i++) await null
    if (turn > 6) await turns(turn - 6)
    assert.equal(await alice.courier.withdraw(item.reference), true, `turn ${turn}`)
    await turns()
    assert.equal((await alice.courier.story(item.reference))?.state, 'done')
    await rig.clock.advance(8 * 86_400_000)
    assert.equal(await alice.courier.story(item.reference), null)
    assert.equal(alice.courier.status.activeCount, 0)
    assert.deepEqual(alice.bugs, [])
    assert.equal(rig.clock.timerCount, 0)
  }
})
