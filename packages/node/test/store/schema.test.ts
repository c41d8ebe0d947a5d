// From one version of the keys to the next, killed anywhere.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FaultyKeyValue } from '@ezchat/node/store/faulty-store.ts'
import type { KeyValue } from '@ezchat/node/store/key-value.ts'
import { MemoryKeyValue } from '@ezchat/node/store/memory-store.ts'
import { openEnvelopeStore } from '@ezchat/node/store/open-envelope-store.ts'
import { type Migration, openSchema, SCHEMA_VERSION } from '@ezchat/node/store/schema.ts'
import { coded, crypto, INIT, several } from './envelopes.ts'

const randomBytes = (length: number) => crypto.randomBytes(length)
const COUNT = 10
const numberKey = (number: number) => Uint8Array.of(0x70, number)

/** Adds one to each of ten numbers, three a step: a step that ran twice would show. */
const migrations: readonly Migration[] = [1, 2].map((from) => ({
  from,
  step: async (keyValue: KeyValue, position: Uint8Array | null) => {
    const first = position?.[0] ?? 0
    const end = Math.min(first + 3, COUNT)
    const operations = []
    for (let number = first; number < end; number++) {
      const key = numberKey(number)
      const value = await keyValue.get(key)
      operations.push({ key, value: Uint8Array.of(value![0]! + 1) })
    }
    return { operations, position: end < COUNT ? Uint8Array.of(end) : null }
  },
}))

async function oldStore(keyValue: KeyValue): Promise<void> {
  await openSchema(keyValue, { randomBytes, version: 1 })
  const operations = Array.from({ length: COUNT }, (_, number) => ({
    key: numberKey(number),
    value: Uint8Array.of(number),
  }))
  await keyValue.write(operations, { sync: true })
}

test('a migration that is killed after any write goes on where it was', async () => {
  for (let killed = 1; killed <= 9; killed++) {
    const disk = new FaultyKeyValue(killed)
    await oldStore(disk)
    disk.failWrite(killed)
    const terms = { randomBytes, version: 3, migrations }
    await openSchema(disk, terms).catch((error: Error) => assert.match(error.message, /output/))
    disk.failWrite(Number.POSITIVE_INFINITY)
    disk.crash()
    await openSchema(disk, terms)
    for (let number = 0; number < COUNT; number++) {
      assert.deepEqual(await disk.get(numberKey(number)), Uint8Array.of(number + 2))
    }
  }
})

test('a newer version is refused, and nothing is written', async () => {
  const keyValue = new MemoryKeyValue()
  const store = await openEnvelopeStore(keyValue, INIT)
  await store.put(several(1)[0]!)
  await store.close()
  keyValue.reopen()
  const rows = keyValue.rows().length
  const schema = { version: SCHEMA_VERSION - 1, migrations: [] }
  await assert.rejects(
    openEnvelopeStore(keyValue, INIT, { schema }),
    coded('STORE_NEWER', /version 1, we know 0/),
  )
  assert.equal(keyValue.rows().length, rows)
})

test('what has keys but no version is damaged, not new', async () => {
  const keyValue = new MemoryKeyValue()
  await keyValue.write([{ key: Uint8Array.of(0x11, 1), value: Uint8Array.of(1) }])
  await assert.rejects(openEnvelopeStore(keyValue, INIT), coded('STORE_DAMAGED', /version/))
})

test('a version that no migration leads on from is damaged', async () => {
  const keyValue = new MemoryKeyValue()
  await oldStore(keyValue)
  const terms = { randomBytes, version: 3, migrations: migrations.slice(0, 1) }
  await assert.rejects(openSchema(keyValue, terms), coded('STORE_DAMAGED', /version 2/))
})
