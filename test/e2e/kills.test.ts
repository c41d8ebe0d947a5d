// A thousand messages while everybody is killed again and again, without a word to anybody.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Client } from '../../packages/cli/src/client.ts'
import { allWith, People } from './people.ts'
import { freePort } from './ports.ts'
import type { Daemon } from './process.ts'
import { seededDraws, seedOf } from './seed.ts'

const COUNTS = { alice: 700, bob: 300 }
/** Under way at once, so that a kill always catches some. */
const UNDER_WAY_MAX = 16
/** On a stem, what a killed neighbour swallows waits for an embargo of minutes. */
const PRIVACY = process.env.EZCHAT_KILLS_PRIVACY ?? 'direct'
const SEED = seedOf('EZCHAT_KILLS_SEED')

type Author = keyof typeof COUNTS

let people: People

/** One process of the play, which comes back whenever it is killed. */
class Actor {
  readonly #start: () => Promise<Daemon>
  #daemon: Promise<Daemon>
  #killCount = 0

  constructor(start: () => Promise<Daemon>) {
    this.#start = start
    this.#daemon = start()
  }

  get daemon(): Promise<Daemon> {
    return this.#daemon
  }

  get killCount(): number {
    return this.#killCount
  }

  async kill(): Promise<void> {
    this.#daemon = this.#daemon.then(async (daemon) => {
      await daemon.end('SIGKILL')
      this.#killCount++
      return this.#start()
    })
    await this.#daemon
  }
}

interface Letter {
  readonly id: string
  readonly text: string
}

function lettersOf(author: Author): Letter[] {
  const letters: Letter[] = []
  for (let at = 0; at < COUNTS[author]; at++) {
    const tail = (at + 1).toString(16).padStart(12, '0')
    const id = `00000000-0000-4000-8000-${author === 'alice' ? 'a' : 'b'}${tail.slice(1)}`
    letters.push({ id, text: `${author} ${at}` })
  }
  return letters
}

/** All of them in order, the same ids again after a kill: what was not confirmed may be there. */
async function write(
  author: Author,
  { to, actor, onAccepted }: { to: string; actor: Actor; onAccepted: () => void },
): Promise<void> {
  const letters = lettersOf(author)
  let accepted = 0
  while (accepted < letters.length) {
    await actor.daemon
    const client = await people.client(author).catch(() => null)
    if (client === null) continue
    accepted = await writeThrough(client, { letters, accepted, to, onAccepted })
    client.close()
  }
}

interface Writing {
  readonly letters: readonly Letter[]
  readonly accepted: number
  readonly to: string
  readonly onAccepted: () => void
}

/** How many are accepted when the daemon hangs up, or all are. */
async function writeThrough(client: Client, writing: Writing): Promise<number> {
  const { letters, to, onAccepted } = writing
  let { accepted } = writing
  const underWay: Promise<boolean>[] = []
  for (const { id, text } of letters.slice(accepted)) {
    const sent = client.call('send', { to, text, id })
    underWay.push(
      sent.then(
        (message) => message.id === id,
        () => false,
      ),
    )
    if (underWay.length < UNDER_WAY_MAX) continue
    if (!(await underWay.shift())) return accepted
    accepted++
    onAccepted()
  }
  for (const isAccepted of underWay) {
    if (!(await isAccepted)) return accepted
    accepted++
    onAccepted()
  }
  return accepted
}

const NONE = { lost: [], twice: [], first: null }

/** What is wrong with it, in few words. */
function faultsOf(actual: readonly string[], expected: readonly string[]) {
  const there = new Set(actual)
  const at = expected.findIndex((text, place) => actual[place] !== text)
  return {
    lost: expected.filter((text) => !there.has(text)),
    twice: actual.filter((text, place) => actual.indexOf(text) !== place),
    first: at === -1 ? null : actual.slice(Math.max(0, at - 3), at + 20).join(', '),
  }
}

describe('a thousand messages', () => {
  before(async () => {
    people = await People.open('kills')
  })
  after(() => people.close())

  test(`survive kill -9 of everybody (EZCHAT_KILLS_SEED=${SEED})`, async (t) => {
    const draw = seededDraws(SEED)
    // It is found again where it was.
    const listen = ['--listen', `/ip4/127.0.0.1/tcp/${await freePort()}`]
    const node = new Actor(() => people.node('node', listen))
    const { address } = await node.daemon
    await Promise.all(['alice', 'bob', 'carl'].map((name) => people.init(name)))
    const flags = ['--bootstrap', address, '--privacy', PRIVACY]
    const [alice, bob, carl] = ['alice', 'bob', 'carl'].map(
      (name) => new Actor(() => people.daemon(name, flags)),
    ) as [Actor, Actor, Actor]
    await Promise.all([alice.daemon, bob.daemon, carl.daemon])
    const { invite } = await people.ask('bob', 'invite', {})
    await people.ask('alice', 'add', { target: invite, name: 'bob' })
    const own = await people.ask('alice', 'invite', {})
    await people.ask('bob', 'add', { target: own.invite, name: 'alice' })

    const actors = [alice, bob, carl, node]
    const total = COUNTS.alice + COUNTS.bob
    const blows = Array.from({ length: 12 }, (_, at) => ({
      after: 1 + Math.floor(draw() * (total - 1)),
      victim: actors[at % actors.length]!,
    }))
    let acceptedCount = 0
    const falls: Promise<void>[] = []
    const onAccepted = () => {
      acceptedCount++
      for (const { after: count, victim } of blows) {
        if (count === acceptedCount) falls.push(victim.kill())
      }
    }
    await Promise.all([
      write('alice', { to: 'bob', actor: alice, onAccepted }),
      write('bob', { to: 'alice', actor: bob, onAccepted }),
    ])
    await Promise.all(falls)
    assert.equal(
      actors.reduce((sum, { killCount }) => sum + killCount, 0),
      blows.length,
    )

    // Who wrote them learns that all are there.
    for (const author of ['alice', 'bob']) {
      await people.until(author, async (client) => {
        const { count } = await client.call('outbox', { limit: 1 })
        return count === 0
      })
    }
    for (const [reader, author] of [
      ['bob', 'alice'],
      ['alice', 'bob'],
    ] as const) {
      const all = await allWith(await people.client(reader), author)
      const textsOf = (isWanted: boolean) =>
        all.filter(({ isOwn }) => isOwn === isWanted).map(({ text }) => text)
      const written = (by: Author) => lettersOf(by).map(({ text }) => text)
      assert.deepEqual(faultsOf(textsOf(false), written(author)), NONE)
      assert.deepEqual(faultsOf(textsOf(true), written(reader)), NONE)
    }
    t.diagnostic(`${actors.map(({ killCount }) => killCount).join(', ')} kills`)
  })
})
