import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fetchFrom } from '@ezchat/node/carrier/fetch.ts'
import { encodeFetchCursor } from '@ezchat/node/carrier/fetch-cursor.ts'
import { loadFrom } from '@ezchat/node/carrier/load.ts'
import { ReadAllowance } from '@ezchat/node/carrier/read-allowance.ts'
import { EzchatError } from '@ezchat/node/errors.ts'
import { READ_STEPS_BURST, READ_STEPS_PER_SECOND } from '@ezchat/node/limits.ts'
import { compareBytes } from '@ezchat/protocol/codec/bytes.ts'
import { LOAD_IDS_MAX, SHORT_ID_BYTES } from '@ezchat/protocol/constants.ts'
import type { Selector } from '@ezchat/protocol/request/selector.ts'
import { encodeWatch } from '@ezchat/protocol/request/watch.ts'
import { mailboxOf } from '../../../../test/compliance/envelope-store/subject.ts'
import { ManualClock, settled } from '../manual-clock.ts'
import { ALWAYS, type Asker, coded, crypto, FREE, type Served, serve, several } from './handlers.ts'

const mailbox = mailboxOf(1)
const prefix: Selector = { kind: 'prefix', prefix: mailbox.slice(0, 1) }

/** Until it is refused as busy; how often it was answered. */
async function untilBusy(ask: () => Promise<unknown>): Promise<number> {
  for (let count = 0; count < 10_000; count++) {
    try {
      await ask()
    } catch (error: unknown) {
      assert.ok(error instanceof EzchatError && error.code === 'PEER_BUSY', String(error))
      return count
    }
  }
  return assert.fail('never refused')
}

test('what finds nothing is paid out of a bucket that fills with time, and may leave a debt', async () => {
  const clock = new ManualClock(0)
  const allowance = new ReadAllowance(clock, { perSecond: 10, burst: 100 })
  allowance.spend('eve', 150)
  assert.equal(allowance.isOpen('eve'), false)
  assert.equal(allowance.isOpen('alice'), true)
  await clock.advance(5000)
  assert.equal(allowance.isOpen('eve'), false)
  await clock.advance(1000)
  assert.equal(allowance.isOpen('eve'), true)
})

test('whoever has the store looked through for nothing is refused after a while, nobody else', async () => {
  const { alice, eve, peer, store, clock } = await serve()
  for (const one of several(2000, { mailbox })) await store.put(one)
  const end = { after: store.arrivalLast - 1, pass: null }
  const cursor = encodeFetchCursor(store, end)
  const look = (asker: Asker) => () => fetchFrom(asker, peer, { selector: prefix, cursor }, ALWAYS)
  const count = await untilBusy(look(eve))
  assert.ok(count * 7 >= READ_STEPS_BURST / 2 && count * 7 <= READ_STEPS_BURST * 2, `${count}`)
  await look(alice)()
  await clock.advance(1000)
  assert.ok((await untilBusy(look(eve))) * 7 <= READ_STEPS_PER_SECOND * 2)
})

test('whoever is given what it asks for is not refused', async () => {
  const { alice, peer, store } = await serve()
  for (const one of several(1000, { mailbox })) await store.put(one)
  for (let round = 0; round < 20; round++) {
    let cursor: Uint8Array | null = null
    for (let isEnd = false; !isEnd; ) {
      const page = await fetchFrom(alice, peer, { selector: prefix, cursor }, ALWAYS)
      ;({ cursor, isEnd } = page)
    }
  }
})

test('ids that nobody holds are looked up so often and no oftener', async () => {
  const { eve, peer, clock } = await serve()
  const shortIds = Array.from({ length: LOAD_IDS_MAX }, (_, at) =>
    crypto.sha256(Uint8Array.of(at >> 8, at)).subarray(0, SHORT_ID_BYTES),
  ).sort(compareBytes)
  const look = () => loadFrom(eve, peer, { shard: 3, shortIds }, ALWAYS)
  assert.ok((await untilBusy(look)) <= 64)
  await clock.advance(5000)
  await look()
})

test('a watch that is begun again and again is read for once at a time', async () => {
  const served = await serve()
  const { eve, peer, store, watches } = served
  for (const one of several(300, { mailbox })) await store.put(one)
  const reads = countedReads(served)
  const body = encodeWatch(FREE, { watch: 5, selector: prefix, cursor: null })
  const asking = Array.from({ length: 500 }, () => eve.wire.request(peer, 'watch', body, ALWAYS))
  await Promise.all(asking)
  assert.ok(watches.waitingCount <= 1, `${watches.waitingCount} wait`)
  for (let round = 0; round < 50; round++) await settled()
  assert.equal(watches.count, 1)
  assert.ok(reads() < 500, `${reads()} reads`)
  await assert.rejects(
    (async () => {
      for (let number = 0; number < 20; number++) {
        const other = encodeWatch(FREE, { watch: number, selector: prefix, cursor: null })
        await eve.wire.request(peer, 'watch', other, ALWAYS)
      }
    })(),
    coded('PEER_FULL'),
  )
})

function countedReads({ store }: Served): () => number {
  let count = 0
  const fetch = store.fetch.bind(store)
  store.fetch = (terms) => {
    count++
    return fetch(terms)
  }
  return () => count
}
