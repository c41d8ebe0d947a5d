import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ControlEvent } from '@ezchat/protocol/control/methods.ts'
import { event } from '@ezchat/protocol/control/methods.ts'
import { decodeRpc, encodeRequest } from '@ezchat/protocol/control/rpc.ts'
import type { SyncingView } from '@ezchat/protocol/control/values.ts'
import { ControlConnection } from '../../src/control/connection.ts'
import type { ProgressSource } from '../../src/control/progress-source.ts'
import { settled } from '../manual-clock.ts'
import { FakeEvents, fakeVerbs } from './fakes.ts'

class FakeProgress implements ProgressSource {
  current: SyncingView | null = null
  readonly #listeners = new Set<() => void>()

  get listenerCount(): number {
    return this.#listeners.size
  }

  set(messagesOpened: number | null): void {
    const none = { elapsedMs: 1000, shardsAll: 0, shardsDone: 0, envelopesMissing: 0 }
    this.current =
      messagesOpened === null
        ? null
        : { ...none, envelopesFetched: 0, bytesFetched: 0, messagesOpened }
    for (const listener of this.#listeners) listener()
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }
}

/** A client that reads only when it is let. */
function watching(progress: ProgressSource, events: FakeEvents) {
  const heard: ControlEvent[] = []
  let gate: Promise<void> = Promise.resolve()
  const connection = new ControlConnection({
    ...{ verbs: fakeVerbs().verbs, events, progress, onBug: () => assert.fail() },
    pipe: {
      async write(line) {
        await gate
        const incoming = decodeRpc(line)
        if (incoming.kind === 'request') heard.push(event.check(incoming.request.params))
      },
      close: () => undefined,
    },
  })
  connection.receive(encodeRequest(1, 'watch', {}))
  const hold = () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    gate = promise
    return resolve
  }
  return { connection, heard, hold }
}

async function turns(): Promise<void> {
  for (let i = 0; i < 20; i++) await settled()
}

test('who watches hears how far it is, and its end, beside what is kept', async () => {
  const progress = new FakeProgress()
  const events = new FakeEvents()
  events.add('before')
  const { connection, heard } = watching(progress, events)
  await turns()
  assert.equal(heard.length, 0)
  progress.set(10)
  await turns()
  events.add('between')
  await turns()
  progress.set(null)
  await turns()
  assert.deepEqual(
    heard.map(({ kind, cursor, syncing }) => [kind, cursor, syncing?.messagesOpened ?? null]),
    [
      ['progress', '1', 10],
      ['notice', '2', null],
      ['progress', '2', null],
    ],
  )
  assert.equal(heard[2]?.syncing, null)
  connection.end()
  await turns()
  assert.equal(progress.listenerCount, 0)
})

test('who comes in between hears at once, and who is slow hears only the newest', async () => {
  const progress = new FakeProgress()
  progress.set(1)
  const { connection, heard, hold } = watching(progress, new FakeEvents())
  await turns()
  const release = hold()
  for (let count = 2; count <= 1000; count++) {
    progress.set(count)
    await settled()
  }
  release()
  await turns()
  const counts = heard.map(({ syncing }) => syncing?.messagesOpened)
  assert.deepEqual(counts, [1, 2, 1000])
  connection.end()
})
