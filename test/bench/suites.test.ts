// Every case of every suite is right: each contender runs and is checked, nothing is timed.
import { readdirSync } from 'node:fs'
import { describe, test } from 'node:test'
import type { Suite } from '../../bench/frame/case.ts'
import { measure } from '../../bench/frame/measure.ts'

const folder = new URL('../../bench/suites/', import.meta.url)
const ONCE = { rounds: 1, roundNs: 0, nowNs: () => 0n }

for (const name of readdirSync(folder).sort()) {
  const module: { suite?: Suite } = await import(new URL(name, folder).href)
  if (module.suite === undefined) continue
  const { suite } = module
  describe(`bench ${suite.name}`, async () => {
    for await (const one of suite.cases({ quick: true, check: true })) {
      test(one.name, async () => {
        if (one.kind === 'counted') await one.count()
        else await measure(await one.contenders(), ONCE)
      })
    }
  })
}
