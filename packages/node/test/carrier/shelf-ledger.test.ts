import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ShelfEntry, ShelfLedger } from '@ezchat/node/carrier/shelf-ledger.ts'
import fc from 'fast-check'

const QUOTA = { bytesMax: 2000, ownerBytesMax: 700, chargeMin: 50 }
const PEERS = ['bob', 'eve', 'mallory', 'relay', 'holder']

const steps = fc.array(
  fc.record({
    name: fc.integer({ min: 0, max: 40 }).map((number) => `${number}`),
    owner: fc.constantFrom(...PEERS),
    bytesLength: fc.integer({ min: 1, max: 400 }),
    expiresSeconds: fc.nat(100),
    isGone: fc.boolean(),
  }),
  { maxLength: 120 },
)

test('whatever comes and goes, no quota is exceeded and all is counted', () => {
  fc.assert(
    fc.property(steps, (list) => {
      const ledger = new ShelfLedger(QUOTA)
      const model = new Map<string, ShelfEntry>()
      for (const { name, isGone, ...entry } of list) {
        const leaving = ledger.roomFor(entry.owner, name, entry.bytesLength)
        for (const gone of leaving ?? []) {
          assert.notEqual(gone, name)
          ledger.delete(gone)
          model.delete(gone)
        }
        if (leaving !== null) {
          ledger.set(name, entry)
          model.set(name, entry)
        }
        if (isGone) {
          ledger.delete(name)
          model.delete(name)
        }
        const charges = [...model.values()].map(({ owner, bytesLength }) => {
          return { owner, charge: Math.max(50, bytesLength) }
        })
        const sum = (owner?: string) =>
          charges.reduce((all, one) => all + (owner && one.owner !== owner ? 0 : one.charge), 0)
        assert.equal(ledger.bytesCharged, sum())
        assert.equal(ledger.count, model.size)
        assert.ok(sum() <= QUOTA.bytesMax)
        for (const peer of PEERS) assert.ok(sum(peer) <= QUOTA.ownerBytesMax)
      }
      const expired = [...model].filter(([, { expiresSeconds }]) => expiresSeconds < 50)
      assert.deepEqual(ledger.expired(50).sort(), expired.map(([name]) => name).sort())
    }),
  )
})

test('nobody who has less is put out by somebody who has more', () => {
  fc.assert(
    fc.property(steps, (list) => {
      const ledger = new ShelfLedger(QUOTA)
      const bytes = new Map<string, number>(PEERS.map((peer) => [peer, 0]))
      const charges = new Map<string, { owner: string; charge: number }>()
      const change = (name: string, owner: string, charge: number) => {
        bytes.set(owner, bytes.get(owner)! + charge)
        if (charge > 0) charges.set(name, { owner, charge })
        else charges.delete(name)
      }
      for (const { name, ...entry } of list) {
        const leaving = ledger.roomFor(entry.owner, name, entry.bytesLength)
        if (leaving === null) continue
        const replaced = charges.get(name)
        if (replaced) change(name, replaced.owner, -replaced.charge)
        const charge = Math.max(50, entry.bytesLength)
        change(name, entry.owner, charge)
        for (const gone of leaving) {
          const { owner, charge: freed } = charges.get(gone)!
          assert.ok(owner === entry.owner || bytes.get(owner)! >= bytes.get(entry.owner)!)
          change(gone, owner, -freed)
          ledger.delete(gone)
        }
        ledger.set(name, entry)
      }
    }),
  )
})
