// How long it takes until something answers: processes that begin anew each time.
import assert from 'node:assert/strict'
import { ezchat } from '../../test/e2e/process.ts'
import type { Context, CountedCase } from '../frame/case.ts'
import { median } from '../frame/statistics.ts'
import type { Room } from './chat-cases.ts'

async function medianMs(count: number, once: () => Promise<void>): Promise<number> {
  const found: number[] = []
  for (let at = 0; at < count; at++) {
    const from = performance.now()
    await once()
    found.push(performance.now() - from)
  }
  return median(found)
}

async function verb(room: Room, args: readonly string[]): Promise<void> {
  const { stage } = await room.company()
  const { code, err } = await ezchat(stage.home('alice'), args, { bin: stage.bin })
  assert.equal(code, 0, err)
}

export function* startCases({ quick, check }: Context, room: Room): Generator<CountedCase> {
  const count = check ? 1 : quick ? 3 : 11
  yield {
    ...{ kind: 'counted', unit: 'ms', target: { most: 150 } },
    name: 'cold process: ezchat send, daemon running, until it has ended, median',
    count: async () => {
      await room.company()
      return { ours: await medianMs(count, () => verb(room, ['send', 'bob', 'good morning'])) }
    },
  }
  yield {
    ...{ kind: 'counted', unit: 'ms', target: { most: 150 } },
    name: 'cold process: ezchat status, daemon running, until it has ended, median',
    count: async () => {
      await room.company()
      return { ours: await medianMs(count, () => verb(room, ['status'])) }
    },
  }
  yield {
    ...{ kind: 'counted', unit: 'ms', target: { most: 1500 } },
    name: 'cold process: ezchat daemon to ready, median',
    count: async () => {
      const company = await room.company()
      const each: number[] = []
      for (let at = 0; at < Math.min(count, 5); at++) {
        await company.person('bob').end()
        const from = performance.now()
        await company.start('bob')
        each.push(performance.now() - from)
      }
      return { ours: median(each) }
    },
  }
}
