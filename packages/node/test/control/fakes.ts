// A daemon of two verbs, and events in memory.

import { Failure } from '@ezchat/protocol/control/failures.ts'
import type { ControlEvent } from '@ezchat/protocol/control/methods.ts'
import type { Verbs } from '../../src/control/dispatcher.ts'
import type { EventSource } from '../../src/control/event-source.ts'

export const ADDRESS = `ez1${'q'.repeat(58)}`

export class FakeEvents implements EventSource {
  readonly #events: ControlEvent[] = []
  readonly #listeners = new Set<() => void>()

  get cursor(): string {
    return String(this.#events.length)
  }

  get listenerCount(): number {
    return this.#listeners.size
  }

  add(text: string): void {
    const at = new Date(0).toISOString()
    this.#events.push({ cursor: String(this.#events.length + 1), at, kind: 'notice', text })
    for (const listener of this.#listeners) listener()
  }

  async after(cursor: string, countMax: number) {
    const from = Number(cursor)
    if (!Number.isInteger(from) || from > this.#events.length)
      throw new Failure('BAD_PARAMS', 'cursor')
    const events = this.#events.slice(from, from + countMax)
    return { events, cursor: events.at(-1)?.cursor ?? cursor }
  }

  onNew(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

export interface FakeVerbs {
  readonly verbs: Verbs
  /** Lets every `stop` that waits answer. */
  readonly release: () => void
}

/** `stop` waits to be released; `peers` answers what it must not; `outbox` has a bug. */
export function fakeVerbs(): FakeVerbs {
  const waiting: (() => void)[] = []
  const verbs = {
    id: async () => ({ address: ADDRESS, name: 'bob', peer: 'peer', network: 'test' }),
    stop: () => new Promise((resolve) => waiting.push(() => resolve({}))),
    peers: async () => ({ peers: 'none' }),
    outbox: async () => {
      throw new Error('canary: a secret in the words of an error')
    },
    'contacts.show': async ({ peer }: { peer: string }) => {
      throw new Failure('PEER_UNKNOWN', peer)
    },
  }
  const release = () => {
    for (const each of waiting.splice(0)) each()
  }
  return { verbs: verbs as unknown as Verbs, release }
}
