// What a daemon costs that does nothing: memory, processor, traffic. Read of the process from outside.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { initHome } from '@ezchat/node/host.ts'
import { findHome } from '../../packages/cli/src/home.ts'
import { type Daemon, Stage } from '../../test/e2e/process.ts'
import type { Context, CountedCase } from '../frame/case.ts'
import { bundled, freeNetwork, SOURCE } from '../peers/company.ts'
import { CountingProxy } from '../peers/counting-proxy.ts'
import { next, order, start } from '../peers/forked.ts'

/** Its first record, its first looks around and the first comparison are behind it then. */
const SETTLE_MS = 20_000
/** What an idle daemon says repeats once a minute: less of it would be chance. */
const QUICK_MS = 60_000
const FULL_MS = 180_000
const DAY_SECONDS = 86_400
/** Of /proc: a hundredth of a second. */
const TICKS_PER_SECOND = 100
/** As many as a daemon keeps up by itself. */
const CONNECTIONS_USUAL = 8

function residentBytes({ pid }: Daemon): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!
  return Number(kilobytes) * 1024
}

function cpuSeconds({ pid }: Daemon): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

const portOf = (address: string) => Number(/\/tcp\/(\d+)/.exec(address)![1])

interface Idle {
  readonly residentBytes: number
  readonly cpuShare: number
  /** Over one connection, both ways. */
  readonly bytesPerDay: number
}

/** One daemon and one public node, whose connection passes through a proxy that counts. */
async function idle(bin: readonly string[], forMs: number, settleMs: number): Promise<Idle> {
  const stage = await Stage.open(bin)
  const link = freeNetwork()
  const flags = ['--no-web', '--network', link]
  try {
    const node = await stage.start('node', flags, 'bootstrap')
    const proxy = await CountingProxy.open(portOf(node.address))
    const { peer } = node.ready
    const through = `/ip4/127.0.0.1/tcp/${proxy.port}/p2p/${peer}`
    const paths = findHome(stage.home('daemon'), {})
    await initHome(paths, {
      ...{ config: { network: link }, signal: new AbortController().signal },
      askPassphrase: () => Promise.reject(new Error('there is none')),
    })
    const daemon = await stage.start('daemon', [...flags, '--bootstrap', through])
    await pause(settleMs)
    assert.ok(proxy.count >= 1, 'the daemon is connected')
    const before = { bytes: proxy.bytes, cpu: cpuSeconds(daemon) }
    await pause(forMs)
    const seconds = forMs / 1000
    const measured = {
      residentBytes: residentBytes(daemon),
      cpuShare: (cpuSeconds(daemon) - before.cpu) / seconds,
      bytesPerDay: ((proxy.bytes - before.bytes) / seconds) * DAY_SECONDS,
    }
    // They compare once a minute at least: without a word they were not connected.
    assert.ok(proxy.count >= 1 && (forMs < QUICK_MS || proxy.bytes > before.bytes))
    proxy.close()
    return measured
  } finally {
    await stage.close()
  }
}

/** Of a public node, for each of so many that are connected. */
async function bytesPerConnection(count: number, bin: readonly string[]): Promise<number> {
  const stage = await Stage.open(bin)
  const link = freeNetwork()
  try {
    const node = await stage.start('node', ['--no-web', '--network', link], 'bootstrap')
    const crowd = start('crowd-process', [node.address, link])
    assert.equal(await next(crowd), 'ready')
    // The first ones bring the code into memory that all of them use.
    await order(crowd, { count: 2 })
    await pause(SETTLE_MS / 5)
    const before = residentBytes(node)
    await order(crowd, { count })
    await pause(SETTLE_MS / 5)
    const after = residentBytes(node)
    crowd.disconnect()
    return (after - before) / count
  } finally {
    await stage.close()
  }
}

export function* idleCases({ quick, check }: Context): Generator<CountedCase> {
  const forMs = check ? 500 : quick ? QUICK_MS : FULL_MS
  const settleMs = check ? 2000 : SETTLE_MS
  let measured: Promise<Idle> | null = null
  const bin = async () => (check ? SOURCE : bundled())
  const measure = () => {
    measured ??= (async () => idle(await bin(), forMs, settleMs))()
    return measured
  }
  yield {
    ...{ kind: 'counted', unit: 'MB', target: { most: 120 } },
    name: `idle daemon: resident memory after ${(settleMs + forMs) / 1000} s, as it is published`,
    count: async () => ({ ours: (await measure()).residentBytes / 1e6 }),
  }
  yield {
    ...{ kind: 'counted', unit: '%', target: { most: 1 } },
    name: `idle daemon: of one processor, over ${forMs / 1000} s`,
    count: async () => ({ ours: (await measure()).cpuShare * 100 }),
  }
  yield {
    ...{ kind: 'counted', unit: 'MB', target: { most: 50 } },
    name: `idle daemon: a day's traffic, both ways, ${CONNECTIONS_USUAL} × what one connection had in ${forMs / 1000} s, once it is idle`,
    count: async () => ({
      ours: ((await measure()).bytesPerDay * CONNECTIONS_USUAL) / 1e6,
    }),
  }
  if (!check) {
    yield {
      ...{ kind: 'counted', unit: 'MB' },
      name: `idle daemon: resident memory after ${settleMs / 1000} s, from source`,
      count: async () => ({ ours: (await idle(SOURCE, 0, settleMs)).residentBytes / 1e6 }),
    }
  }
  const peers = check ? 2 : 64
  yield {
    ...{ kind: 'counted', unit: 'KiB' },
    name: `idle node: memory per connection, ${peers} peers`,
    count: async () => ({ ours: (await bytesPerConnection(peers, await bin())) / 1024 }),
  }
}
