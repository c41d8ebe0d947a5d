import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Draft } from '@ezchat/node/messenger/desk.ts'
import type { Parts } from '@ezchat/node/messenger/household.ts'
import type { Opened } from '@ezchat/node/messenger/opening.ts'
import type { Post } from '@ezchat/node/messenger/post.ts'
import type { Sending } from '@ezchat/node/messenger/sending.ts'
import { TakingIn } from '@ezchat/node/messenger/taking-in.ts'
import type { PairEffect } from '@ezchat/protocol/session/pair-receive.ts'

const EFFECTS: readonly PairEffect[] = [
  { kind: 'send', frame: { kind: 'resend', references: [new Uint8Array(16)] } },
  { kind: 'renew' },
]

/** What is done by itself for whoever stands so. */
async function doneFor(standing: string): Promise<string[]> {
  const done: string[] = []
  const party = { identityKey: new Uint8Array(32).fill(1) }
  const parts = {
    people: { standing: () => standing },
    self: { identityKey: new Uint8Array(32).fill(2) },
    pairs: { of: () => ({ active: {} }) },
  }
  const post = { sendFrame: () => done.push('frame') }
  const draft = { after: (effect: () => void) => effect() }
  const nothing = () => undefined
  const takingIn = new TakingIn(parts as unknown as Parts, post as unknown as Post, {} as Sending, {
    ...{ lookUp: nothing, oweReceipt: nothing, repairAt: nothing, rosterEffects: nothing },
    renew: () => done.push('renewal'),
  })
  const opened = { party, received: { effects: EFFECTS } }
  await takingIn.take(draft as unknown as Draft, opened as unknown as Opened)
  return done
}

test('what a session wants by itself is done for contacts only', async () => {
  assert.deepEqual(await doneFor('contact'), ['frame', 'renewal'])
  for (const standing of ['request', 'stranger', 'blocked']) {
    assert.deepEqual(await doneFor(standing), [])
  }
})
