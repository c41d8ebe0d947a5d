import assert from 'node:assert/strict'
import { test } from 'node:test'
import { POSTAGE_TASKS_MAX } from '../../src/limits.ts'
import { firstBytesOfHash } from '../../src/postage/one-block.ts'
import {
  type PostageEffect,
  PostageMachine,
  type PostageReply,
} from '../../src/postage/worker-messages.ts'

// Two turns and a bit on average; and a search that no test can wait for.
const TURN_TRIALS = 64
const SHORT = 150
const ENDLESS = 2 ** 52

function search(number: number, trialsExpected: number) {
  const contentHash = new Uint8Array(32).fill(number)
  return { kind: 'search', number, task: { contentHash, trialsExpected }, fromNonce: 0n } as const
}

/** As a host does it: replies are collected, turns given when asked for. */
class Host {
  readonly machine = new PostageMachine(TURN_TRIALS)
  readonly replies: PostageReply[] = []
  turnsDue = 0

  pass(event: Parameters<PostageMachine['handle']>[0]): void {
    if (event.kind === 'turn') this.turnsDue -= 1
    this.perform(this.machine.handle(event))
  }

  perform(effects: readonly PostageEffect[]): void {
    for (const effect of effects) {
      if (effect.kind === 'turn') this.turnsDue += 1
      else this.replies.push(effect.reply)
    }
    assert.ok(this.turnsDue <= 1, 'one turn is due at a time')
  }

  turns(most: number): void {
    for (let turn = 0; turn < most && this.turnsDue > 0; turn++) this.pass({ kind: 'turn' })
  }
}

test('finds a nonce that pays, with progress on the way, and then rests', () => {
  const host = new Host()
  host.pass(search(4, SHORT))
  assert.equal(host.replies.length, 0)
  host.turns(100)
  assert.equal(host.turnsDue, 0)
  const last = host.replies.pop() as PostageReply
  assert.equal(last.number, 4)
  assert.ok(last.kind === 'found')
  const first = firstBytesOfHash(new Uint8Array(32).fill(4), last.nonce)
  assert.ok(first < (1n << 64n) / BigInt(SHORT))
  assert.ok(host.replies.length > 0)
  for (const [at, reply] of host.replies.entries()) {
    const trials = (at + 1) * TURN_TRIALS
    assert.deepEqual(reply, { kind: 'progress', number: 4, trials })
  }
})

test('searches take turns in the order in which they came', () => {
  const host = new Host()
  for (const number of [5, 3, 9]) host.pass(search(number, ENDLESS))
  host.turns(7)
  assert.deepEqual(
    host.replies.map(({ number }) => number),
    [5, 3, 9, 5, 3, 9, 5],
  )
})

test('a short search beside an endless one is found', () => {
  const host = new Host()
  host.pass(search(1, ENDLESS))
  host.pass(search(2, SHORT))
  host.turns(100)
  assert.ok(host.replies.some(({ kind, number }) => kind === 'found' && number === 2))
  assert.equal(host.turnsDue, 1)
})

test('a cancelled search is not heard of again, and the next one works', () => {
  const host = new Host()
  host.pass(search(1, ENDLESS))
  host.turns(1)
  host.pass({ kind: 'cancel', number: 1 })
  host.pass(search(2, SHORT))
  host.turns(100)
  assert.deepEqual(
    host.replies.filter(({ number }) => number === 1),
    [{ kind: 'progress', number: 1, trials: TURN_TRIALS }],
  )
  assert.equal(host.replies.at(-1)?.kind, 'found')
})

test('cancelling the only search, or one that there is not, ends the turns', () => {
  const host = new Host()
  host.pass({ kind: 'cancel', number: 4 })
  assert.equal(host.turnsDue, 0)
  host.pass(search(1, ENDLESS))
  host.pass({ kind: 'cancel', number: 1 })
  host.turns(10)
  assert.equal(host.turnsDue, 0)
  assert.deepEqual(host.replies, [])
})

test('takes as many searches as the limit says and refuses the next one', () => {
  const host = new Host()
  for (let number = 0; number < POSTAGE_TASKS_MAX; number++) host.pass(search(number, ENDLESS))
  assert.deepEqual(host.replies, [])
  const next = POSTAGE_TASKS_MAX
  host.pass(search(next, ENDLESS))
  assert.deepEqual(host.replies, [{ kind: 'refused', number: next, reason: 'full' }])
  host.pass({ kind: 'cancel', number: 0 })
  host.pass(search(next, ENDLESS))
  assert.equal(host.replies.length, 1)
})

test('refuses a number that is in use', () => {
  const host = new Host()
  host.pass(search(1, ENDLESS))
  host.pass(search(1, ENDLESS))
  assert.deepEqual(host.replies, [{ kind: 'refused', number: 1, reason: 'number-in-use' }])
})
