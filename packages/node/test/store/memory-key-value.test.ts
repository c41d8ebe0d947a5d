import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryKeyValue } from '@ezchat/node/store/memory-store.ts'
import fc from 'fast-check'

const key = fc.uint8Array({ minLength: 1, maxLength: 2, max: 12 })
const operation = fc.record({ key, value: fc.option(fc.uint8Array({ maxLength: 2 })) })
const step = fc.record({
  operations: fc.array(operation, { maxLength: 100 }),
  from: key,
  before: key,
  countMax: fc.integer({ min: 1, max: 20 }),
  isReverse: fc.boolean(),
})

test('pages are what sorting a map gives, whatever was written, removed and written again', () =>
  fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const keyValue = new MemoryKeyValue()
      const model = new Map<string, Buffer>()
      for (const { operations, ...page } of steps) {
        await keyValue.write(operations)
        for (const { key, value } of operations) {
          const name = Buffer.from(key).toString('hex')
          if (value === null) model.delete(name)
          else model.set(name, Buffer.from(value))
        }
        const [from, before] = [page.from, page.before].map((one) => Buffer.from(one))
        const names = [...model.keys()]
          .map((name) => Buffer.from(name, 'hex'))
          .filter((one) => Buffer.compare(one, from!) >= 0 && Buffer.compare(one, before!) < 0)
          .sort((a, b) => Buffer.compare(a, b) * (page.isReverse ? -1 : 1))
          .slice(0, page.countMax)
          .map((one) => one.toString('hex'))
        const rows = await keyValue.page(page)
        assert.deepEqual(
          rows.map(([key]) => Buffer.from(key).toString('hex')),
          names,
        )
        for (const [at, [, value]] of rows.entries()) {
          assert.equal(Buffer.compare(value, model.get(names[at]!)!), 0)
        }
      }
    }),
  ))
