import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, test } from 'node:test'
import type { Case, Contender, Result, Suite } from '../../bench/frame/case.ts'
import { type Host, runBench } from '../../bench/frame/command.ts'
import { inUnit, measure, WrongResult } from '../../bench/frame/measure.ts'
import { printTable } from '../../bench/frame/results.ts'
import { median, noise, percentile } from '../../bench/frame/statistics.ts'

/** A clock that moves only when somebody works. */
class WorkClock {
  #ns = 0n

  work(ns: number): void {
    this.#ns += BigInt(ns)
  }

  readonly nowNs = () => this.#ns
}

function contender(clock: WorkClock, name: string, costNs: number, result = 42): Contender {
  return {
    name,
    run: () => {
      clock.work(costNs)
      return result
    },
    check: (got) => assert.equal(got, 42),
  }
}

interface Recorded {
  readonly host: Host
  readonly printed: () => string
  readonly reported: () => string
}

function hostWith(clock: WorkClock, cases: readonly Case[]): Recorded {
  const suite: Suite = { name: 'sample', describe: 'a sample', cases: () => cases }
  let printed = ''
  let reported = ''
  const host: Host = {
    suites: async () => [suite],
    out: (text) => {
      printed += text
    },
    report: (text) => {
      reported += text
    },
    nowNs: clock.nowNs,
  }
  return { host, printed: () => printed, reported: () => reported }
}

describe('statistics', () => {
  test('the median of odd, even and one', () => {
    assert.equal(median([3, 1, 2]), 2)
    assert.equal(median([4, 1, 3, 2]), 2.5)
    assert.equal(median([7]), 7)
    assert.ok(Number.isNaN(median([])))
  })

  test('one wild run moves neither the median nor the noise', () => {
    assert.equal(median([10, 10, 10, 10, 1000]), 10)
    assert.equal(noise([10, 10, 10, 10, 1000]), 0)
    assert.equal(noise([8, 10, 12]), 0.2)
  })
})

describe('measuring', () => {
  test('the time per run does not depend on how often the work is repeated', async () => {
    const clock = new WorkClock()
    const plan = { rounds: 5, roundNs: 1e6, nowNs: clock.nowNs }
    const cost = [contender(clock, 'ours', 100), contender(clock, 'peer', 250_000)]
    const [ours, peer] = await measure(cost, plan)
    assert.deepEqual([ours!.perPieceNs, ours!.noise], [100, 0])
    assert.deepEqual([peer!.perPieceNs, peer!.noise], [250_000, 0])
  })

  test('contenders take turns, and who goes first changes', async () => {
    const clock = new WorkClock()
    const order: string[] = []
    const named = (name: string): Contender => ({
      ...contender(clock, name, 1000),
      run: () => {
        order.push(name)
        clock.work(1000)
        return 42
      },
    })
    await measure([named('a'), named('b')], { rounds: 4, roundNs: 1000, nowNs: clock.nowNs })
    assert.equal(order.join(''), 'ab' + 'ab' + 'ba' + 'ab' + 'ba')
  })

  test('a run of several pieces counts for all of them', async () => {
    const clock = new WorkClock()
    const many: Contender = { ...contender(clock, 'ours', 5000), pieces: 50 }
    const [ours] = await measure([many], { rounds: 3, roundNs: 10, nowNs: clock.nowNs })
    assert.equal(ours!.perPieceNs, 100)
  })

  test('preparing is not timed', async () => {
    const clock = new WorkClock()
    const prepared: Contender = {
      ...contender(clock, 'ours', 10),
      prepare: () => clock.work(1e9),
    }
    const [ours] = await measure([prepared], { rounds: 3, roundNs: 10, nowNs: clock.nowNs })
    assert.equal(ours!.perPieceNs, 10)
  })

  test('a wrong result is refused before anything is timed', async () => {
    const clock = new WorkClock()
    const plan = { rounds: 3, roundNs: 1000, nowNs: clock.nowNs }
    const wrong = contender(clock, 'peer', 10, 41)
    await assert.rejects(measure([contender(clock, 'ours', 10), wrong], plan), WrongResult)
    assert.equal(clock.nowNs() < 20_000n, true)
  })

  test('a result that goes wrong under repetition is refused too', async () => {
    const clock = new WorkClock()
    let runs = 0
    const tiring: Contender = {
      ...contender(clock, 'ours', 1000),
      run: () => {
        clock.work(1000)
        return runs++ < 3 ? 42 : 0
      },
    }
    const plan = { rounds: 5, roundNs: 1000, nowNs: clock.nowNs }
    await assert.rejects(measure([tiring], plan), WrongResult)
  })

  test('units', () => {
    assert.equal(inUnit(2_000_000, 'ms'), 2)
    assert.equal(inUnit(2_000_000, 'per second'), 500)
  })
})

describe('the command', () => {
  const clock = new WorkClock()
  const timed: Case = {
    kind: 'timed',
    name: 'open',
    unit: 'per second',
    target: { least: 1000 },
    contenders: () => [contender(clock, 'ours', 1000), contender(clock, 'peer', 2000)],
  }
  const counted: Case = {
    kind: 'counted',
    name: 'size',
    unit: 'bytes',
    target: { most: 16 },
    count: () => ({ ours: 20 }),
  }

  test('--json prints the array and nothing else', async () => {
    const { host, printed } = hostWith(clock, [timed, counted])
    assert.equal(await runBench(['sample', '--quick', '--json'], host), 0)
    const results = JSON.parse(printed()) as Result[]
    assert.deepEqual(results, [
      {
        suite: 'sample',
        name: 'open',
        value: 1e6,
        unit: 'per second',
        peer: 'peer',
        ratio: 2,
        target: '>= 1000',
        met: true,
      },
      {
        suite: 'sample',
        name: 'size',
        value: 20,
        unit: 'bytes',
        peer: null,
        ratio: null,
        target: '<= 16',
        met: false,
      },
    ])
  })

  test('a target for the ratio is judged beside each peer, and nowhere else', async () => {
    const verdicts = async (ratioLeast: number, peers: { [name: string]: number }) => {
      const figures = { ours: 30, peers }
      const one: Case = { ...counted, target: { ratioLeast }, count: () => figures }
      const { host, printed } = hostWith(clock, [one])
      await runBench(['sample', '--quick', '--json'], host)
      return (JSON.parse(printed()) as Result[]).map(({ target, met }) => [target, met])
    }
    const peers = { slow: 10, fast: 21, equal: 20 }
    const target = '>= 1.5 ×'
    assert.deepEqual(await verdicts(1.5, peers), [
      [target, true],
      [target, false],
      [target, true],
    ])
    assert.deepEqual(await verdicts(1.5, {}), [[target, true]])
  })

  test('without it prints a table', async () => {
    const { host, printed, reported } = hostWith(clock, [timed, counted])
    assert.equal(await runBench(['sample', '--quick'], host), 0)
    assert.match(printed(), /^open +1,000,000 +per second +2 × peer +met >= 1000$/m)
    assert.match(printed(), /^size +20 +bytes +NOT MET <= 16$/m)
    assert.match(reported(), /peer: 500,000 per second ± 0 %/)
  })

  test('a wrong result ends with 1 and prints no figure', async () => {
    const wrong: Case = { ...timed, contenders: () => [contender(clock, 'ours', 1000, 41)] }
    const miscounted: Case = {
      ...counted,
      count: () => {
        throw new Error('5 ids are missing')
      },
    }
    for (const broken of [wrong, miscounted]) {
      const { host, printed, reported } = hostWith(clock, [counted, broken])
      assert.equal(await runBench(['sample', '--json'], host), 1)
      assert.equal(printed(), '')
      assert.match(reported(), /wrong result, nothing is reported: sample: (open|size): /)
    }
  })

  test('no suite, an unknown suite and an unknown flag end with 2 and the usage', async () => {
    for (const words of [[], ['other'], ['sample', '--fast'], ['--json']]) {
      const { host, printed, reported } = hostWith(clock, [timed])
      assert.equal(await runBench(words, host), 2)
      assert.equal(printed(), '')
      assert.match(reported(), /npm run bench -- <suite…>[\s\S]*sample +a sample/)
    }
  })

  test('a case with several peers shows its value once', () => {
    const row = { suite: 's', name: 'n', value: 2, unit: 'u', ratio: 1, target: null, met: null }
    const table = printTable([
      { ...row, peer: 'a' },
      { ...row, peer: 'b' },
      { ...row, peer: 'c', ratio: 1 / 585_000 },
      { ...row, peer: 'd', ratio: null },
    ])
    assert.equal(table.split('\n').filter((line) => line.startsWith('n ')).length, 1)
    assert.match(table, /1 × b$/m)
    assert.match(table, /1\/585,000 of c$/m)
    assert.match(table, /beside d$/m)
  })
})

test('the real command knows its suites', () => {
  const main = new URL('../../bench/main.ts', import.meta.url).pathname
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'nothing'])
  assert.equal(status, 2)
  assert.equal(String(stdout), '')
  assert.match(String(stderr), /^ {2}protocol +/m)
})

test('a percentile is one of the values', () => {
  const values = [5, 1, 4, 2, 3]
  assert.equal(percentile(values, 0.5), 3)
  assert.equal(percentile(values, 0.99), 5)
  assert.equal(percentile(values, 0), 1)
  assert.ok(Number.isNaN(percentile([], 0.5)))
})

test('what takes a while to make is waited for, and so is a check', async () => {
  const clock = new WorkClock()
  let checked = 0
  const slow: Contender = {
    name: 'slow',
    prepare: async () => 41,
    run: (prepared) => {
      clock.work(100)
      return Number(prepared) + 1
    },
    check: async (result) => {
      await null
      assert.equal(result, 42)
      checked++
    },
  }
  await measure([slow], { rounds: 1, roundNs: 100, nowNs: clock.nowNs })
  assert.equal(checked, 2)
  const wrong = { ...slow, check: async () => assert.fail('not that') }
  const plan = { rounds: 1, roundNs: 100, nowNs: clock.nowNs }
  await assert.rejects(measure([wrong], plan), WrongResult)
})
