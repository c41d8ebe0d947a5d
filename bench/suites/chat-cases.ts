// One person writes and the other one reads: real daemons, through the control API, durable at both
// ends. A message has arrived when the recipient's daemon says so.
import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import type { Context, CountedCase } from '../frame/case.ts'
import { percentile } from '../frame/statistics.ts'
import { bundled, Company, type Person, SOURCE } from '../peers/company.ts'

const MODES = ['direct', 'stem'] as const
/** Of the control API's client: requests under way at once. */
const IN_FLIGHT = 32
const TEXT_BYTES = 512
const ASK_MS = 10
/** Beyond it something is lost. */
const PATIENCE_MS = 120_000

const TARGETS = {
  direct: { 50: { most: 2.5 }, 99: { most: 15 } },
  stem: { 50: { most: 2000 }, 99: undefined },
} as const

const textOf = (at: number) => `${at} `.padEnd(TEXT_BYTES, 'ezchat ')

export interface Room {
  /** Opens it when it is first wanted, since that takes seconds. */
  readonly company: () => Promise<Company>
  readonly name: string
  readonly close: () => Promise<void>
}

export function roomOf({ check }: Context, link: string | null, name: string): Room {
  let opened: Promise<Company> | null = null
  return {
    name,
    company: () => {
      opened ??= (async () => Company.open({ bin: check ? SOURCE : await bundled(), link }))()
      return opened
    },
    close: async () => (await opened)?.close(),
  }
}

/** After the last of them nobody is in the room. */
export function closing(room: Room, cases: readonly CountedCase[]): CountedCase[] {
  const last = cases.at(-1)!
  const count = async () => {
    try {
      return await last.count()
    } finally {
      await room.close()
    }
  }
  return [...cases.slice(0, -1), { ...last, count }]
}

/** One after the other: from the call of `send` to the recipient's event. */
async function latencies(alice: Person, bob: Person, count: number): Promise<number[]> {
  const found: number[] = []
  for (let at = 0; at < count; at++) {
    const text = textOf(at)
    const before = bob.heard.length
    const from = performance.now()
    const sending = alice.client.call('send', { to: 'bob', text })
    await bob.untilHeard(before + 1)
    found.push(performance.now() - from)
    await sending
    assert.equal(bob.heard.at(-1), text)
  }
  return found
}

export function* latencyCases(context: Context, room: Room): Generator<CountedCase> {
  const { quick, check } = context
  const counts = { direct: check ? 3 : quick ? 50 : 300, stem: check ? 1 : quick ? 5 : 30 }
  for (const mode of MODES) {
    let measured: Promise<number[]> | null = null
    const measure = async () => {
      const company = await room.company()
      const [alice, bob] = [company.person('alice'), company.person('bob')]
      await alice.client.call('privacy', { mode })
      await bob.watch()
      const all = await latencies(alice, bob, counts[mode])
      await alice.client.call('privacy', { mode: 'direct' })
      return all
    }
    for (const at of [50, 99] as const) {
      const target = room.name.includes('free') ? TARGETS[mode][at] : undefined
      yield {
        ...{ kind: 'counted', unit: 'ms' },
        name: `${mode}, ${room.name}: send to the recipient's event, durable at both ends, p${at}`,
        ...(target === undefined ? {} : { target }),
        count: async () => {
          measured ??= measure()
          return { ours: percentile(await measured, at / 100) }
        },
      }
    }
  }
}

async function sendAll(alice: Person, count: number): Promise<void> {
  let next = 0
  const lane = async () => {
    while (next < count) await alice.client.call('send', { to: 'bob', text: textOf(next++) })
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane))
}

/** The last of a conversation are these, each once and in order. */
async function checkTexts(bob: Person, count: number): Promise<void> {
  const texts = (await bob.history('alice')).slice(-count).map(({ text }) => text)
  assert.deepEqual(
    texts,
    Array.from({ length: count }, (_, at) => textOf(at)),
  )
}

async function sustained(room: Room, count: number): Promise<number> {
  const company = await room.company()
  const [alice, bob] = [company.person('alice'), company.person('bob')]
  await bob.watch()
  const before = bob.heard.length
  const from = performance.now()
  await Promise.all([sendAll(alice, count), bob.untilHeard(before + count)])
  const seconds = (performance.now() - from) / 1000
  await checkTexts(bob, count)
  return count / seconds
}

/** Asks until it holds. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + PATIENCE_MS
  while (!(await holds())) {
    assert.ok(performance.now() < endMs, 'what was written has not come')
    await pause(ASK_MS)
  }
}

interface Waited {
  readonly fromStartSeconds: number
  readonly fromReadySeconds: number
  readonly residentBytes: number
}

/** Written while the recipient was away, and held by the others. */
async function waited(room: Room, count: number): Promise<Waited> {
  const company = await room.company()
  const alice = company.person('alice')
  await company.person('bob').client.call('read', { peer: 'alice', limit: 1, mark: true })
  await company.person('bob').end()
  await sendAll(alice, count)
  await until(async () => (await alice.client.call('status', {})).queued === 0)
  const from = performance.now()
  const bob = await company.start('bob')
  const ready = performance.now()
  const { unread } = await bob.client.call('status', {})
  let last = unread
  await until(async () => {
    last = (await bob.client.call('status', {})).unread
    return last >= count
  })
  const end = performance.now()
  assert.equal(last, count)
  await checkTexts(bob, count)
  const { memoryBytes } = await bob.client.call('status', {})
  return {
    fromStartSeconds: (end - from) / 1000,
    fromReadySeconds: (end - ready) / 1000,
    residentBytes: memoryBytes,
  }
}

export function* throughputCases(context: Context, room: Room): Generator<CountedCase> {
  const { quick, check } = context
  const count = check ? 20 : quick ? 1000 : 10_000
  const many = count.toLocaleString('en')
  yield {
    ...{ kind: 'counted', unit: 'per second', target: { least: 2600 } },
    name: `${room.name}: one sender, one recipient, ${many} of ${TEXT_BYTES} B, ${IN_FLIGHT} under way`,
    count: async () => ({ ours: await sustained(room, count) }),
  }
  let measured: Promise<Waited> | null = null
  const measure = () => {
    measured ??= waited(room, count)
    return measured
  }
  const what = `${room.name}: ${many} of ${TEXT_BYTES} B waited while away`
  yield {
    ...{ kind: 'counted', unit: 's', target: { most: 0.8 } },
    name: `${what}: from ready to all decrypted and durable`,
    count: async () => ({ ours: (await measure()).fromReadySeconds }),
  }
  yield {
    ...{ kind: 'counted', unit: 's' },
    name: `${what}: from the start of the process`,
    count: async () => ({ ours: (await measure()).fromStartSeconds }),
  }
  yield {
    ...{ kind: 'counted', unit: 'MB' },
    name: `${what}: resident memory of the recipient afterwards`,
    count: async () => ({ ours: (await measure()).residentBytes / 1e6 }),
  }
}
