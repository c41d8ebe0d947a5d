import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DayBook } from '@ezchat/node/store/day-book.ts'
import { Draft } from '@ezchat/node/store/draft.ts'
import { DropBook } from '@ezchat/node/store/drop-book.ts'
import { MemoryKeyValue } from '@ezchat/node/store/memory-store.ts'
import type { VerifiedDrop } from '@ezchat/protocol/mailbox/drop.ts'
import { ownerOf } from '../../../../test/compliance/envelope-store/drops.ts'
import { FREE, NOW_SECONDS } from './envelopes.ts'

const dropOf = (byte: number) => ownerOf(byte).drop({ kind: 'before', before: NOW_SECONDS })
const [idle, useful, late] = [dropOf(1), dropOf(2), dropOf(3)]
const ROOM_FOR_TWO = idle!.bytes.length * 2

async function learn(keyValue: MemoryKeyValue, book: DropBook, drop: VerifiedDrop, count: number) {
  const draft = new Draft(new DayBook(), 1)
  const { verdict } = book.learn(draft, drop, { ids: new Set(), count })
  await keyValue.write(draft.operations())
  return verdict
}

test('a drop that covers more takes the place of one that covers least, on disk too', async () => {
  const keyValue = new MemoryKeyValue()
  const book = new DropBook(keyValue, FREE.ttlDays, ROOM_FOR_TWO)
  assert.equal(await learn(keyValue, book, idle!, 0), 'new')
  assert.equal(await learn(keyValue, book, useful!, 5), 'new')
  assert.equal(await learn(keyValue, book, late!, 3), 'new')
  const names = (await book.page(null, { countMax: 10, bytesMax: 2 ** 20, bytesEach: 0 })).page.map(
    ({ drop }) => Buffer.from(drop.bytes),
  )
  assert.deepEqual(
    names.sort(Buffer.compare),
    [useful!, late!].map(({ bytes }) => Buffer.from(bytes)).sort(Buffer.compare),
  )
  // What each was worth is known after a restart.
  const reopened = new DropBook(keyValue, FREE.ttlDays, ROOM_FOR_TWO)
  assert.equal((await reopened.load()).pending.length, 2)
  assert.equal(await learn(keyValue, reopened, idle!, 3), 'full')
  assert.equal(await learn(keyValue, reopened, idle!, 4), 'new')
  assert.equal(reopened.count, 2)
  assert.equal(
    (await reopened.page(null, { countMax: 10, bytesMax: 2 ** 20, bytesEach: 0 })).page.length,
    2,
  )
})
