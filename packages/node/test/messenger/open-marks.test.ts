import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Draft } from '@ezchat/node/messenger/desk.ts'
import { OpenMarks } from '@ezchat/node/messenger/open-marks.ts'
import { TABLE } from '@ezchat/node/messenger/table.ts'
import { Vault } from '@ezchat/node/messenger/vault.ts'
import { keyBeyond } from '@ezchat/node/store/key-value.ts'
import { MemoryKeyValue } from '@ezchat/node/store/memory-store.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import fc from 'fast-check'
import { crypto } from './world.ts'

const places = fc.record({
  conversation: fc.integer({ min: 1, max: 3 }),
  sequence: fc.oneof(fc.integer({ min: 1, max: 600 }), fc.integer({ min: 1, max: 2 ** 40 })),
})
const pageOf = (name: string) => {
  const [conversation, sequence] = name.split('/').map(Number)
  return `${conversation}/${Math.floor(sequence! / 256)}`
}
const step = fc.record({ place: places, isOpen: fc.boolean(), isWritten: fc.boolean() })

test('what was marked is open after a restart, and nothing else', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 200 }), async (steps) => {
      const keyValue = new MemoryKeyValue()
      const vault = await Vault.open({ keyValue, crypto, key: Secret.adopt(new Uint8Array(32)) })
      const marks = await OpenMarks.load(vault)
      const open = new Set<string>()
      const write = async () => {
        const draft = new Draft(vault)
        marks.save(draft)
        await vault.write(draft.finish())
      }
      for (const { place, isOpen, isWritten } of steps) {
        const name = `${place.conversation}/${place.sequence}`
        if (isOpen) open.add(name)
        else open.delete(name)
        marks.mark(place, isOpen)
        if (isWritten) await write()
      }
      await write()
      const loaded = await OpenMarks.load(vault)
      const found = [...loaded.all()].map((one) => `${one.conversation}/${one.sequence}`)
      assert.deepEqual(found.toSorted(), [...open].toSorted())
      const pages = new Set([...open].map((name) => pageOf(name)))
      const prefix = vault.key(TABLE.open)
      const rows = await vault.page({ from: prefix, before: keyBeyond(prefix), countMax: 1000 })
      assert.equal(rows.length, pages.size)
    }),
    { numRuns: 50 },
  )
})
