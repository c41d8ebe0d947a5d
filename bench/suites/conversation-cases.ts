import assert from 'node:assert/strict'
import { compose } from '@ezchat/protocol/conversation/compose.ts'
import { encodeContent } from '@ezchat/protocol/conversation/content.ts'
import { type Author, hashEntry } from '@ezchat/protocol/conversation/entry.ts'
import { applyChanges, type LogState, newLog } from '@ezchat/protocol/conversation/log-state.ts'
import { receive } from '@ezchat/protocol/conversation/receive.ts'
import type { Contender, Context, TimedCase } from '../frame/case.ts'
import { native } from './implementations.ts'

const NOW_MS = 1_800_000_000_000
const conversation = native.randomBytes(32)

const deviceOf = (): Author => ({
  identity: native.randomBytes(32),
  device: native.randomBytes(16),
})
const alice = deviceOf()
const bob = deviceOf()

const logOf = (own: Author): LogState =>
  newLog({
    conversation,
    own,
    authority: { kind: 'sessions', participants: [alice.identity, bob.identity] },
    history: 'whole',
  })

const content = encodeContent({
  kind: 'text',
  text: 'x'.repeat(512),
  mentions: [],
  disappearSeconds: 0,
  replyTo: null,
})

function monologue(count: number): Uint8Array[] {
  const log = logOf(alice)
  return Array.from({ length: count }, (_, at) => {
    const draft = { id: native.randomBytes(16), quiet: false, nowMs: NOW_MS + at, ...content }
    const { bytes, changes } = compose(log, native, draft, null)
    applyChanges(log, changes)
    return bytes
  })
}

function hearAll(entries: readonly Uint8Array[]): number {
  const log = logOf(bob)
  let appended = 0
  for (const [at, bytes] of entries.entries()) {
    const witness = { kind: 'session', peer: alice } as const
    const outcome = receive(log, native, { bytes, witness, nowMs: NOW_MS + at })
    assert.ok(outcome?.kind === 'done')
    applyChanges(log, outcome.changes)
    appended += outcome.effects.length
  }
  return appended
}

function contenders(count: number): readonly Contender[] {
  const entries = monologue(count)
  const check = (result: unknown) => assert.equal(result, count)
  const hashAll = () => entries.filter((bytes) => hashEntry(native, bytes).length === 32).length
  return [
    { name: 'ezchat', run: () => hearAll(entries), pieces: count, check },
    { name: 'its hash alone', run: hashAll, pieces: count, check },
  ]
}

export function conversationCases({ check, quick }: Context): TimedCase[] {
  return [
    {
      kind: 'timed',
      name: 'conversation: receive entries of 512 B in order',
      unit: 'per second',
      target: { least: 30_000 },
      contenders: () => contenders(check ? 20 : quick ? 1_000 : 10_000),
    },
  ]
}
