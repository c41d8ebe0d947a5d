// Daemons of one network, and what they say about it.
import { setTimeout as pause } from 'node:timers/promises'
import { initHome } from '@ezchat/node/host.ts'
import type { ResultOf } from '@ezchat/protocol/control/methods.ts'
import { connectTo } from '../../packages/cli/src/client.ts'
import { findHome } from '../../packages/cli/src/home.ts'
import { type Daemon, PATIENCE_MS, type Stage } from './process.ts'

/** No event tells of a connection: whoever wants to know asks again, as `ezchat status --wait`. */
const ASK_MS = 100

export interface Crew {
  readonly stage: Stage
  /** Flags that all of them have: of their network. */
  readonly flags: readonly string[]
}

export async function startNode(
  { stage, flags }: Crew,
  name: string,
  more: readonly string[] = [],
) {
  return stage.start(name, ['--no-web', ...flags, ...more], 'bootstrap')
}

/** Somebody's daemon, with an identity; makes the home when there is none. */
export async function startDaemon(
  { stage, flags }: Crew,
  name: string,
  more: readonly string[] = [],
): Promise<Daemon> {
  await makeHome({ stage, flags }, name)
  return stage.start(name, ['--no-web', ...flags, ...more])
}

async function makeHome({ stage, flags }: Crew, name: string): Promise<void> {
  const at = flags.indexOf('--network')
  await initHome(findHome(stage.home(name), {}), {
    config: at === -1 ? {} : { network: flags[at + 1] ?? null },
    askPassphrase: () => Promise.reject(new Error('there is none')),
    signal: new AbortController().signal,
  })
}

type Peers = ResultOf<'peers'>['peers']

/** Asks until it holds. */
export function untilPeers(daemon: Daemon, holds: (peers: Peers) => boolean): Promise<Peers> {
  return asking(daemon, async (client) => (await client.call('peers', {})).peers, holds)
}

type Status = ResultOf<'status'>

export function untilStatus(daemon: Daemon, holds: (status: Status) => boolean): Promise<Status> {
  return asking(daemon, (client) => client.call('status', {}), holds)
}

export function statusOf(daemon: Daemon): Promise<Status> {
  return ask(daemon, (client) => client.call('status', {}))
}

/** Of its control API, once. */
export function ask<T>(daemon: Daemon, question: (client: Client) => Promise<T>): Promise<T> {
  return asking(daemon, question, () => true)
}

type Client = NonNullable<Awaited<ReturnType<typeof connectTo>>>

async function asking<T>(
  daemon: Daemon,
  ask: (client: Client) => Promise<T>,
  holds: (answer: T) => boolean,
): Promise<T> {
  const client = await connectTo(findHome(daemon.home, {}).socket)
  if (client === null) throw new Error(`no daemon in ${daemon.home}\n${daemon.log}`)
  const endMs = performance.now() + PATIENCE_MS
  try {
    for (;;) {
      const answer = await ask(client)
      if (holds(answer)) return answer
      if (performance.now() > endMs) throw new Error(`it stays at ${JSON.stringify(answer)}`)
      await pause(ASK_MS)
    }
  } finally {
    client.close()
  }
}
