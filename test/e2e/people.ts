// People of one small network: two shards, and postage that takes a millisecond.
import { setTimeout as pause } from 'node:timers/promises'
import { nativeCrypto } from '@ezchat/node/crypto/native.ts'
import { initHome } from '@ezchat/node/host.ts'
import { Failure } from '@ezchat/protocol/control/failures.ts'
import type { MethodName, ParamsOf, ResultOf } from '@ezchat/protocol/control/methods.ts'
import type { MessageView } from '@ezchat/protocol/control/values.ts'
import { createNetwork } from '@ezchat/protocol/network/descriptor.ts'
import { encodeNetworkLink } from '@ezchat/protocol/network/invite.ts'
import { type Client, connectTo } from '../../packages/cli/src/client.ts'
import { findHome } from '../../packages/cli/src/home.ts'
import { type Daemon, PATIENCE_MS, Stage } from './process.ts'

const BUCKETS_ALL = 15
const ASK_MS = 100

export function smallNetwork(name: string): string {
  const crypto = nativeCrypto()
  const network = createNetwork(crypto, {
    ...{ name, shardBits: 1, ttlDays: 30, price: 1, bucketsMask: BUCKETS_ALL },
    keyCheck: null,
  })
  const expiresAt = Math.floor(Date.now() / 1000) + 3600
  return encodeNetworkLink(crypto, { network, key: null, bootstraps: [], expiresAt })
}

export class People {
  readonly stage: Stage
  readonly link: string
  readonly #clients: Client[] = []

  private constructor(stage: Stage, link: string) {
    this.stage = stage
    this.link = link
  }

  static async open(name: string): Promise<People> {
    return new People(await Stage.open(), smallNetwork(name))
  }

  home(name: string): string {
    return this.stage.home(name)
  }

  /** A public node: a carrier, and nobody's. */
  node(name = 'node', flags: readonly string[] = []): Promise<Daemon> {
    return this.stage.start(name, ['--no-web', '--network', this.link, ...flags], 'bootstrap')
  }

  /** Their address. Again is harmless, as `ezchat init`. */
  async init(name: string): Promise<string> {
    const paths = findHome(this.home(name), {})
    const made = await initHome(paths, {
      name,
      config: { network: this.link },
      askPassphrase: () => Promise.reject(new Failure('PASSPHRASE_NEEDED')),
      signal: new AbortController().signal,
    })
    return made.address
  }

  daemon(name: string, flags: readonly string[] = []): Promise<Daemon> {
    return this.stage.start(name, ['--no-web', '--network', this.link, ...flags])
  }

  async client(name: string): Promise<Client> {
    const client = await connectTo(findHome(this.home(name), {}).socket)
    if (client === null) throw new Failure('NO_DAEMON', name)
    this.#clients.push(client)
    return client
  }

  async ask<N extends MethodName>(
    name: string,
    method: N,
    params: ParamsOf<N>,
  ): Promise<ResultOf<N>> {
    const client = await this.client(name)
    try {
      return await client.call(method, params)
    } finally {
      client.close()
    }
  }

  /** Looks again whenever something has happened there, until it holds. */
  async until(name: string, holds: (client: Client) => Promise<boolean>): Promise<void> {
    const client = await this.client(name)
    let hasHappened = true
    let wake: () => void = () => undefined
    const late = setTimeout(() => client.close(), PATIENCE_MS)
    const rouse = () => {
      hasHappened = true
      wake()
    }
    client.onEvent(rouse)
    try {
      await client.call('watch', {})
      while (hasHappened) {
        hasHappened = false
        if (await holds(client)) return
        const happens = new Promise<void>((resolve) => {
          wake = resolve
        })
        if (!hasHappened) await Promise.race([happens, client.closed])
      }
      throw new Error(`${name} waited in vain`)
    } finally {
      clearTimeout(late)
      client.close()
    }
  }

  untilPeer(name: string, peer: string): Promise<void> {
    return asking(`${name} meets ${peer}`, async () => {
      const { peers } = await this.ask(name, 'peers', {})
      return peers.some((each) => each.peer === peer && each.isCarrier)
    })
  }

  untilHop(name: string, id: string, what: string): Promise<void> {
    return asking(`${id} is ${what}`, async () => {
      const { hops } = await this.ask(name, 'show', { id })
      return hops.at(-1)?.what === what
    })
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.close()
    await this.stage.close()
  }
}

/** No event tells of it: whoever wants to know asks again. */
async function asking(what: string, holds: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + PATIENCE_MS
  while (!(await holds())) {
    if (performance.now() > endMs) throw new Error(`in vain: ${what}`)
    await pause(ASK_MS)
  }
}

/** All of a conversation, the oldest first. */
export async function allWith(client: Client, peer: string): Promise<MessageView[]> {
  const all: MessageView[] = []
  for (;;) {
    const before = all[0] === undefined ? {} : { before: all[0].place }
    const page = await client.call('read', { peer, limit: 500, ...before })
    all.unshift(...page.messages)
    if (!page.hasMore || page.messages.length === 0) return all
  }
}

export async function textsWith(client: Client, peer: string): Promise<string[]> {
  return (await allWith(client, peer)).map(({ text }) => text)
}
