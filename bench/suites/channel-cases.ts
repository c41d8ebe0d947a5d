// Requests and answers between two processes, over TCP, noise and yamux on loopback. Beside the
// channel a stream for each request, which is what libp2p offers by itself.
import assert from 'node:assert/strict'
import type { Contender, Context, TimedCase } from '../frame/case.ts'
import { next, order, start } from '../peers/forked.ts'
import type { Way, Work } from '../peers/request-work.ts'

const IN_FLIGHT = 32

interface Pair {
  /** How many answers were right. */
  readonly run: (work: Work) => Promise<number>
}

async function startPair(): Promise<Pair> {
  const answerer = start('request-answerer')
  const addresses = (await next(answerer)) as string[]
  const asker = start('request-asker', addresses)
  assert.equal(await next(asker), 'ready')
  return {
    async run(work) {
      const { rightCount } = await order<{ rightCount: number }>(asker, work)
      return rightCount
    },
  }
}

let started: Promise<Pair> | null = null

/** One pair for all cases: it lives as long as this process. */
function pair(): Promise<Pair> {
  started ??= startPair()
  return started
}

function asking(pairOf: Pair, name: string, work: Work): Contender {
  return {
    name,
    pieces: work.count,
    run: () => pairOf.run(work),
    check: (rightCount) => assert.equal(rightCount, work.count, 'an answer was wrong'),
  }
}

export function* channelCases({ check }: Context): Generator<TimedCase> {
  const sizes = [
    { bodyBytes: 512, count: check ? 64 : 4000, singles: check ? 64 : 400, least: 12_000 },
    { bodyBytes: 16_384, count: check ? 64 : 1000, singles: check ? 64 : 400, least: 4000 },
  ]
  for (const { bodyBytes, count, singles, least } of sizes) {
    yield {
      kind: 'timed',
      name: `requests of ${bodyBytes} B, answers as large, ${IN_FLIGHT} at once`,
      unit: 'per second',
      target: { least },
      contenders: async () => {
        const processes = await pair()
        const work = (way: Way, some: number) => ({
          way,
          bodyBytes,
          count: some,
          inFlight: IN_FLIGHT,
        })
        return [
          asking(processes, 'a channel', work('channel', count)),
          asking(processes, 'a stream for each', work('stream each', singles)),
        ]
      },
    }
  }
}
