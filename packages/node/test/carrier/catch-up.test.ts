import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CatchUp, type CatchUpView } from '@ezchat/node/catch-up.ts'
import { CatchUpReports } from '@ezchat/node/host/catch-up-reports.ts'
import {
  CATCH_UP_QUIET_MS,
  CATCH_UP_SHOWN_MS,
  CATCH_UP_TOLD_MS,
  CATCH_UP_TURN_MS,
} from '@ezchat/node/limits.ts'
import { ManualClock } from '../manual-clock.ts'
import { CarrierNetwork } from './network.ts'

/** What can be seen of a node while the clock goes on, look by look. */
async function watch(net: CarrierNetwork, catchUp: CatchUp, ms: number) {
  const seen: (CatchUpView | null)[] = []
  for (let elapsedMs = 0; elapsedMs < ms; elapsedMs += 100) {
    await net.clock.advance(100)
    seen.push(catchUp.view())
  }
  return seen
}

/** Each request takes so long. */
function slowDown(net: CarrierNetwork, requestMs: number): void {
  net.fabric.intercept = async (from, to, method, body) => {
    await new Promise<void>((resolve) => net.clock.after(requestMs, resolve))
    return net.fabric.wireOf(to)!.answer(from, method, body)
  }
}

describe('catching up', () => {
  test('of a carrier that was away is seen from its first second to its end', async () => {
    const net = new CarrierNetwork()
    const [full, empty] = await net.several(2)
    const envelopes = [1, 2, 3].flatMap((shard) => net.envelopes(40, { shard, bytes: 16_384 }))
    await net.fill(full!, envelopes)
    slowDown(net, 200)
    net.linkAll()
    const seen = await watch(net, empty!.catchUp, 60_000)
    const shown = seen.filter((view) => view !== null)
    assert.ok(shown.length > 5, `${shown.length}`)
    assert.ok(shown[0]!.elapsedMs >= CATCH_UP_SHOWN_MS && shown[0]!.elapsedMs < 1500)
    assert.ok(shown.some(({ envelopesFetched }) => envelopesFetched < 120))
    for (const [at, view] of shown.entries()) {
      assert.ok(view.envelopesFetched <= view.envelopesMissing)
      assert.ok(view.shardsDone <= view.shardsAll && view.shardsAll <= 3)
      assert.ok(view.envelopesFetched >= (shown[at - 1]?.envelopesFetched ?? 0))
    }
    const { elapsedMs: _, ...end } = empty!.catchUp.lastView()!
    assert.deepEqual(end, {
      ...{ shardsAll: 3, shardsDone: 3, envelopesMissing: 120, envelopesFetched: 120 },
      ...{ bytesFetched: envelopes.reduce((sum, { bytes }) => sum + bytes.length, 0) },
      messagesOpened: 0,
    })
    assert.equal(seen.at(-1), null)
    // Whoever lacked nothing caught up with nothing.
    assert.equal(full!.catchUp.lastView(), null)
    for (const { carrier } of net.nodes) await carrier.close()
  })

  test('that takes no second is never seen, nor is what only the others lack', async () => {
    const net = new CarrierNetwork()
    const [a, b] = await net.several(2)
    await net.fill(a!, net.envelopes(200))
    net.linkAll()
    const seen = await watch(net, b!.catchUp, 60_000)
    assert.equal(b!.store.usage.count, 200)
    assert.ok(seen.every((view) => view === null))
    assert.equal(b!.catchUp.lastView(), null)
    for (const { carrier } of net.nodes) await carrier.close()
  })

  test('goes on where a comparison has more, and ends where nothing more is under way', async () => {
    const clock = new ManualClock(0)
    const catchUp = new CatchUp(clock)
    const first = catchUp.compare([1, 2])
    first.missing(1, 100)
    await clock.advance(CATCH_UP_SHOWN_MS)
    first.fetched(60, 6000)
    first.done(1)
    first.end(true)
    await clock.advance(CATCH_UP_TURN_MS - 1)
    const second = catchUp.compare([2])
    second.missing(2, 40)
    second.fetched(40, 4000)
    second.done(2)
    second.end(false)
    const { elapsedMs, ...counts } = catchUp.view()!
    assert.equal(elapsedMs, CATCH_UP_SHOWN_MS + CATCH_UP_TURN_MS - 1)
    assert.deepEqual(counts, {
      ...{ shardsAll: 2, shardsDone: 2, envelopesMissing: 100, envelopesFetched: 100 },
      ...{ bytesFetched: 10_000, messagesOpened: 0 },
    })
    await clock.advance(CATCH_UP_QUIET_MS)
    assert.equal(catchUp.view(), null)
    catchUp.opened(5)
    assert.equal(catchUp.lastView()?.messagesOpened, 0)
    const done = catchUp.open()
    assert.equal(catchUp.lastView(), null)
    done()
  })

  test('is told a few times a second while it lasts, and its end once', async () => {
    const clock = new ManualClock(0)
    const catchUp = new CatchUp(clock)
    const told: [count: number, isOver: boolean][] = []
    const reports = new CatchUpReports({
      ...{ clock, catchUp },
      tell: ({ messagesOpened }, isOver) => told.push([messagesOpened, isOver]),
    })
    assert.equal(clock.timerCount, 0)
    const short = catchUp.open()
    await clock.advance(CATCH_UP_SHOWN_MS / 2)
    short()
    await clock.advance(60_000)
    assert.equal(told.length, 0)
    assert.equal(clock.timerCount, 0)
    const long = catchUp.open()
    for (let second = 0; second < 3; second++) {
      catchUp.opened(10)
      await clock.advance(1000)
    }
    assert.equal(reports.current?.messagesOpened, 30)
    long()
    await clock.advance(60_000)
    assert.equal(reports.current, null)
    assert.ok(told.length <= 4000 / CATCH_UP_TOLD_MS, `${told.length}`)
    assert.equal(told.filter(([, isOver]) => isOver).length, 1)
    assert.deepEqual(told.at(-1), [30, true])
    assert.equal(clock.timerCount, 0)
    reports.close()
    catchUp.open()
    assert.equal(clock.timerCount, 0)
  })
})
