// One honest peer and a process that means harm at one daemon: the honest one is answered all the
// time, and the daemon stays as large and as quick as it should be.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, stat } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, describe, test } from 'node:test'
import { CHANNEL_MEMORY_BYTES_MAX } from '@ezchat/node/net/channel/memory-bound.ts'
import type { PushOutcome } from '@ezchat/protocol/request/push.ts'
import type { Turns } from '../turn-meter.ts'
import { statusOf, untilStatus } from './network-daemons.ts'
import {
  drawPostbox,
  Guest,
  letter,
  linkTo,
  networkNamed,
  type Postbox,
  textOf,
} from './network-peer.ts'
import { BIN, type Daemon, environment, PATIENCE_MS, Stage } from './process.ts'

const NETWORK = networkNamed('hostile')
const LINK = linkTo(NETWORK)
const FLAGS = ['--no-web', '--network', LINK, '--quota', '16MiB']
/** What the design allows of stalls, 99 times in 100. */
const STALL_MS_MAX = 100
const PUSHES_MIN = 20
const STATUS_FULL = 4
/** In the largest bucket, and more of them than the quota holds. */
const JUNK_BYTES = 60_000
const JUNK_COUNT = 264
const JUNK_AT_ONCE = 8
/** LevelDB's log, and files that it has not yet merged. */
const DISK_TIMES_MAX = 4
const ATTACKER = new URL('network-attacker.ts', import.meta.url).pathname

let stage: Stage
let victim: Daemon
let honest: Guest
let idleBytes: number

describe('a daemon under attack', () => {
  before(async () => {
    stage = await Stage.open()
    victim = await stage.start('victim', FLAGS, 'bootstrap', ['--import', meter(), BIN])
    await untilStatus(victim, ({ shards }) => shards === 2)
    honest = await Guest.open({ network: NETWORK })
    await honest.connect(victim.address)
    await pushUntil(async () => undefined)
    idleBytes = await memoryBytesMost(victim.pid)
  })
  after(async () => {
    await honest?.close()
    await stage.close()
  })

  const attacks = [
    ['connections that say nothing or nonsense', 'connections', 20],
    ['streams, tiny frames and bodies that never come', 'streams', 6],
    ['garbage and unpaid envelopes in gossip', 'gossip', 10],
    ['forged drops and a carrier that lies, again and again under new names', 'lies', 6],
  ] as const
  for (const [what, attack, rounds] of attacks) {
    test(`answers others through ${what}`, { timeout: 2 * PATIENCE_MS }, async (t) => {
      await turns()
      const attacker = start(attack, rounds)
      const times = await pushUntil(() => attacker.ended)
      const { p99Ms, longestMs } = await turns()
      const grownBytes = (await memoryBytesMost(victim.pid)) - idleBytes
      t.diagnostic(
        `${times.length} pushes, the slowest ${Math.round(times.at(-1)!)} ms; turns of ` +
          `${Math.round(p99Ms)} ms, the longest of ${Math.round(longestMs)} ms; ` +
          `${grownBytes >> 20} MiB more than idle`,
      )
      assert.ok(times.length >= PUSHES_MIN, `only ${times.length} pushes`)
      assert.ok(p99Ms < STALL_MS_MAX, `${p99Ms} ms`)
      assert.ok(grownBytes < CHANNEL_MEMORY_BYTES_MAX, `${grownBytes} bytes more than idle`)
    })
  }

  test('keeps to its quota when somebody fills it, and all that it signed for', async () => {
    const [box, junk] = [drawPostbox(NETWORK), drawPostbox(NETWORK)]
    const { peer } = victim.ready
    const first = letter(NETWORK, box, 'before the flood')
    assert.equal((await honest.push(peer, first)).kind, 'receipt')
    const before = await statusOf(victim)
    const filler = await Guest.open({ network: NETWORK })
    const outcomes: PushOutcome[] = []
    try {
      await filler.connect(victim.address)
      const words = 'j'.repeat(JUNK_BYTES)
      for (let at = 0; at < JUNK_COUNT; at += JUNK_AT_ONCE) {
        const pushes = Array.from({ length: JUNK_AT_ONCE }, () =>
          filler.push(peer, letter(NETWORK, junk, words)),
        )
        outcomes.push(...(await Promise.all(pushes)))
      }
    } finally {
      await filler.close()
    }
    const kept = outcomes.filter(({ kind }) => kind === 'receipt').length
    const full = outcomes.filter((each) => each.kind === 'refused' && each.status === STATUS_FULL)
    assert.ok(full.length > 0, 'the quota was not filled')
    assert.equal(kept + full.length, JUNK_COUNT)
    const { storeBytes, quotaBytes, envelopes } = await statusOf(victim)
    assert.equal(envelopes, before.envelopes + kept)
    assert.ok(storeBytes <= quotaBytes, `${storeBytes} of ${quotaBytes} bytes`)
    assert.ok((await diskBytes(victim.home)) < DISK_TIMES_MAX * quotaBytes)
    const [found] = await honest.fetch(peer, box.selector)
    assert.equal(found === undefined ? null : textOf(NETWORK, box, found), 'before the flood')
  })
})

interface Attacker {
  readonly ended: Promise<void>
}

function start(attack: string, rounds: number): Attacker {
  const args = [ATTACKER, attack, String(rounds), victim.address, LINK]
  const child: ChildProcess = spawn(process.execPath, args, {
    env: environment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  child.stdout?.setEncoding('utf8').on('data', (chunk) => (said += chunk))
  child.stderr?.setEncoding('utf8').on('data', (chunk) => (said += chunk))
  const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
  const ended = once(child, 'close').then(() => {
    clearTimeout(timer)
    assert.equal(said, 'done\n')
  })
  return { ended }
}

/** One letter after the other; how long each took, the shortest first. */
async function pushUntil(end: () => Promise<void>): Promise<number[]> {
  const box: Postbox = drawPostbox(NETWORK)
  const times: number[] = []
  let isOver = false
  const over = end().finally(() => {
    isOver = true
  })
  while (!isOver || times.length === 0) {
    const envelope = letter(NETWORK, box, `letter ${times.length}`)
    const startMs = performance.now()
    const { kind } = await honest.push(victim.ready.peer, envelope)
    times.push(performance.now() - startMs)
    assert.equal(kind, 'receipt')
  }
  await over
  return times.sort((a, b) => a - b)
}

/** Where the victim says how long its turns are. */
const meterSocket = () => join(stage.root, 'turns')

function meter(): string {
  const url = new URL('metered.ts', import.meta.url)
  url.searchParams.set('at', meterSocket())
  return url.href
}

/** Of the victim, since it was last asked. */
async function turns(): Promise<Turns> {
  const told = await text(createConnection(meterSocket()))
  return JSON.parse(told) as Turns
}

async function diskBytes(directory: string): Promise<number> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  const sizes = files.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size)
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}

/** The most that it ever had. */
async function memoryBytesMost(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return 1024 * Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1])
}
