// A carrier at work: pushes over one connection between two processes, through TCP, noise and yamux,
// verified, on disk and answered with signed receipts. Beside it LevelDB alone, given the same bytes.
import assert from 'node:assert/strict'
import type { Contender, Context, TimedCase } from '../frame/case.ts'
import { next, order, start } from '../peers/forked.ts'
import { ENVELOPE_BYTES, PUSH_COUNT } from '../peers/push-network.ts'
import type { PushOrder } from '../peers/push-orders.ts'
import { open, raw } from './store-cases.ts'

const IN_FLIGHT = 8

type Pusher = (told: PushOrder) => Promise<{ readonly receipts: number }>

async function startPushing(): Promise<Pusher> {
  const carrier = start('carrier-process')
  const addresses = (await next(carrier)) as string[]
  const pusher = start('pusher-process', addresses)
  assert.equal(await next(pusher), 'ready')
  return (told) => order(pusher, told)
}

/** Receipts are verified when the time is taken: that is the sender's work. */
function pushing(pusher: Pusher, count: number): Contender {
  return {
    name: 'a carrier',
    pieces: count,
    prepare: () => pusher({ kind: 'prepare', count }),
    run: () => pusher({ kind: 'push', inFlight: IN_FLIGHT }),
    check: async () => {
      const { receipts } = await pusher({ kind: 'check' })
      assert.equal(receipts, count, 'a receipt is missing, or does not hold')
    },
  }
}

export function* pushCases({ check }: Context): Generator<TimedCase> {
  const count = check ? PUSH_COUNT : 4096
  yield {
    ...{ kind: 'timed', unit: 'per second', target: { least: 10_000, ratioLeast: 1 / 3 } },
    name: `push, one connection: ${ENVELOPE_BYTES / 1024} KiB, verified, durable, receipt signed, ${PUSH_COUNT} a request, ${IN_FLIGHT} under way`,
    contenders: async () => {
      const { level } = await open()
      return [pushing(await startPushing(), count), raw(level, count, PUSH_COUNT)]
    },
  }
}
