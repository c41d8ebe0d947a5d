// Two people and a public node on loopback: daemons in processes of their own, as they are run by
// those who have installed the package.
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { nativeCrypto } from '@ezchat/node/crypto/native.ts'
import type { ControlEvent } from '@ezchat/protocol/control/methods.ts'
import type { MessageView } from '@ezchat/protocol/control/values.ts'
import { createNetwork } from '@ezchat/protocol/network/descriptor.ts'
import { encodeNetworkLink } from '@ezchat/protocol/network/invite.ts'
import { type Client, connectTo } from '../../packages/cli/src/client.ts'
import { findHome } from '../../packages/cli/src/home.ts'
import { buildPackage } from '../../scripts/build.ts'
import { type Daemon, ezchat, Stage } from '../../test/e2e/process.ts'

const ROOT = new URL('../../', import.meta.url).pathname
const BUCKETS_ALL = 15
const PAGE_COUNT = 500
/** Beyond it something hangs. */
const PATIENCE_MS = 120_000

let bundle: Promise<readonly string[]> | null = null

/** What is published: built once for all cases. */
export function bundled(): Promise<readonly string[]> {
  bundle ??= (async () => {
    const out = join(ROOT, 'dist', `bench-${process.pid}`)
    process.on('exit', () => rmSync(out, { recursive: true, force: true }))
    await buildPackage(out)
    return [join(out, 'lib', 'bin.js')]
  })()
  return bundle
}

export const SOURCE = [join(ROOT, 'packages/cli/src/bin.ts')] as const

/** In which nobody works for postage. */
export function freeNetwork(): string {
  const crypto = nativeCrypto()
  const terms = { name: 'bench', shardBits: 1, ttlDays: 30, price: 0, bucketsMask: BUCKETS_ALL }
  const network = createNetwork(crypto, { ...terms, keyCheck: null })
  const expiresAt = Math.floor(Date.now() / 1000) + 3600
  return encodeNetworkLink(crypto, { network, key: null, bootstraps: [], expiresAt })
}

export interface CompanyTerms {
  readonly bin: readonly string[]
  /** Null for the default network. */
  readonly link: string | null
}

export class Person {
  readonly daemon: Daemon
  readonly client: Client
  /** Texts that came, in the order in which they did. */
  readonly heard: string[] = []
  #waiting: (() => void) | null = null

  private constructor(daemon: Daemon, client: Client) {
    this.daemon = daemon
    this.client = client
    client.onEvent((event) => this.#hear(event))
  }

  static async of(daemon: Daemon): Promise<Person> {
    const client = await connectTo(findHome(daemon.home, {}).socket)
    assert.ok(client, daemon.log)
    return new Person(daemon, client)
  }

  async watch(): Promise<void> {
    await this.client.call('watch', {})
  }

  /** Resolves when so many texts have come since it watches. */
  async untilHeard(count: number): Promise<void> {
    const late = AbortSignal.timeout(PATIENCE_MS)
    late.addEventListener('abort', () => this.#waiting?.())
    while (this.heard.length < count) {
      assert.ok(!late.aborted, `${this.heard.length} of ${count} have come`)
      await new Promise<void>((wake) => (this.#waiting = wake))
    }
  }

  /** All of a conversation, the oldest first. */
  async history(peer: string): Promise<MessageView[]> {
    const pages: MessageView[][] = []
    let before: string | undefined
    for (;;) {
      const place = before === undefined ? {} : { before }
      const page = await this.client.call('read', { peer, limit: PAGE_COUNT, ...place })
      pages.unshift([...page.messages])
      if (!page.hasMore) return pages.flat()
      before = page.messages[0]!.place
    }
  }

  async end(): Promise<void> {
    this.client.close()
    await this.daemon.end('SIGTERM')
  }

  #hear({ kind, message }: ControlEvent): void {
    if (kind !== 'message' || message === undefined || message.isOwn) return
    this.heard.push(message.text)
    this.#waiting?.()
  }
}

export class Company {
  readonly stage: Stage
  readonly #flags: readonly string[]
  readonly #names = new Map<string, Person>()
  #node: Daemon | null = null

  private constructor(stage: Stage, { link }: CompanyTerms) {
    this.stage = stage
    this.#flags = ['--no-web', ...(link === null ? [] : ['--network', link])]
    process.on('exit', () => this.#abandon())
  }

  /** Alice and bob, who have written to each other. */
  static async open(terms: CompanyTerms): Promise<Company> {
    const company = new Company(await Stage.open(terms.bin), terms)
    await company.#meet()
    return company
  }

  get node(): Daemon {
    assert.ok(this.#node)
    return this.#node
  }

  person(name: 'alice' | 'bob'): Person {
    return this.#names.get(name)!
  }

  async start(name: 'alice' | 'bob'): Promise<Person> {
    const flags = [...this.#flags, '--bootstrap', this.node.address, '--privacy', 'direct']
    const person = await Person.of(await this.stage.start(name, flags))
    this.#names.set(name, person)
    return person
  }

  async close(): Promise<void> {
    for (const { client } of this.#names.values()) client.close()
    await this.stage.close()
  }

  /** Where something went wrong: daemons outlive whoever started them. */
  #abandon(): void {
    const daemons = [this.#node, ...[...this.#names.values()].map(({ daemon }) => daemon)]
    for (const daemon of daemons) if (daemon?.isRunning) process.kill(daemon.pid, 'SIGKILL')
    rmSync(this.stage.root, { recursive: true, force: true, maxRetries: 5 })
  }

  async #meet(): Promise<void> {
    this.#node = await this.stage.start('node', this.#flags, 'bootstrap')
    for (const name of ['alice', 'bob'] as const) {
      const network = this.#flags.slice(1)
      const args = ['init', '--name', name, ...network]
      const { code, err } = await ezchat(this.stage.home(name), args, { bin: this.stage.bin })
      assert.equal(code, 0, err)
      await this.start(name)
    }
    const [alice, bob] = [this.person('alice'), this.person('bob')]
    const { invite } = await bob.client.call('invite', {})
    await alice.client.call('add', { target: invite, name: 'bob' })
    const wait = { wait: 'delivered', timeoutMs: PATIENCE_MS } as const
    const there = await alice.client.call('send', { to: 'bob', text: 'hello', ...wait })
    assert.equal(there.state, 'delivered')
    const back = await bob.client.call('send', { to: 'alice', text: 'hello', ...wait })
    assert.equal(back.state, 'delivered')
  }
}
