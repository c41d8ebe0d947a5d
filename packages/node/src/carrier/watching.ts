// Is told by carriers what arrives: the other side of watch.ts, requests.md §7.
import { WATCH_WINDOW_NOTICES } from '@ezchat/protocol/constants.ts'
import type { Envelope } from '@ezchat/protocol/envelope/decode.ts'
import type { PeerId, WireOptions } from '@ezchat/protocol/ports.ts'
import type { Selector } from '@ezchat/protocol/request/selector.ts'
import {
  type Arrived,
  decodeArrived,
  encodeSeen,
  encodeUnwatch,
  encodeWatch,
} from '@ezchat/protocol/request/watch.ts'
import { EzchatError } from '../errors.ts'
import { WATCHING_COUNT_MAX } from '../limits.ts'
import { ask, FalseAnswer, readAnswer, readNothing } from './asking.ts'
import { type FetchAsking, readSelected } from './fetch.ts'
import { readNotice } from './serving.ts'

export interface WatchQuestion {
  readonly selector: Selector
  readonly cursor: Uint8Array | null
  /**
   * Envelopes that were asked for and hold. The carrier sends on as this resolves; the cursor is
   * for the next watch or fetch.
   */
  readonly onArrived: (envelopes: readonly Envelope[], cursor: Uint8Array) => Promise<void>
  /** The connection has ended, or the carrier was false. It may be asked again, from the cursor. */
  readonly onEnd: (error: Error | null) => void
}

const NEVER_STOPPED: WireOptions = { signal: new AbortController().signal }

interface Watching extends WatchQuestion {
  readonly peer: PeerId
  readonly number: number
  /** Notices that have come, and that were handed on. */
  cameCount: number
  seenCount: number
  /** Notices are handed on one after the other. */
  handing: Promise<void>
}

export class Watcher {
  readonly #asking: FetchAsking
  readonly #watching = new Map<number, Watching>()
  readonly #endWatch: () => void
  #numberNext = 1

  constructor(asking: FetchAsking) {
    this.#asking = asking
    const { wire } = asking
    wire.handleNotices('arrived', (peer, body) => {
      const arrived = readNotice(wire, peer, () => decodeArrived(body))
      if (arrived !== null) this.#arrived(peer, arrived)
    })
    this.#endWatch = wire.watchPeers(({ kind, peer }) => {
      if (kind === 'down') this.#lost(peer)
    })
  }

  /** Resolves when the carrier has agreed; what it resolves to ends the watch. */
  async watchAt(peer: PeerId, question: WatchQuestion, options: WireOptions): Promise<() => void> {
    const { network } = this.#asking
    if (this.#watching.size >= WATCHING_COUNT_MAX) throw new EzchatError('PEER_BUSY')
    const number = this.#numberNext
    this.#numberNext = (number + 1) >>> 0
    const watching = {
      ...question,
      peer,
      number,
      cameCount: 0,
      seenCount: 0,
      handing: Promise.resolve(),
    }
    // Before the answer: the first notice may overtake it.
    this.#watching.set(number, watching)
    const { selector, cursor } = question
    const body = encodeWatch(network, { watch: number, selector, cursor })
    try {
      await ask(this.#asking, { peer, method: 'watch', body }, options, readNothing)
    } catch (error: unknown) {
      this.#watching.delete(number)
      throw error
    }
    return () => {
      if (!this.#watching.delete(number)) return
      const unwatch = { peer, method: 'unwatch', body: encodeUnwatch(number) } as const
      // Whoever is gone watches nothing any longer.
      ask(this.#asking, unwatch, NEVER_STOPPED, readNothing).catch(() => undefined)
    }
  }

  close(): void {
    this.#endWatch()
    this.#watching.clear()
  }

  #arrived(peer: PeerId, arrived: Arrived): void {
    const watching = this.#watching.get(arrived.watch)
    if (watching === undefined || watching.peer !== peer) return
    try {
      const envelopes = readAnswer(this.#asking.wire, peer, () => {
        return this.#read(watching, arrived)
      })
      watching.handing = this.#hand(watching, envelopes, arrived)
    } catch (error: unknown) {
      if (!(error instanceof EzchatError)) throw error
      this.#end(watching, error)
    }
  }

  #read(watching: Watching, { notice, envelopes }: Arrived): Envelope[] {
    if (notice !== watching.cameCount + 1) throw new FalseAnswer('malformed', `notice ${notice}`)
    watching.cameCount++
    // Whoever does not wait for us would have us keep all that it sends.
    if (watching.cameCount - watching.seenCount > WATCH_WINDOW_NOTICES) {
      throw new FalseAnswer('flood', 'more notices than there may be')
    }
    return readSelected(this.#asking, watching.selector, envelopes)
  }

  async #hand(watching: Watching, envelopes: readonly Envelope[], arrived: Arrived): Promise<void> {
    const { watch, notice, cursor } = arrived
    await watching.handing
    if (!this.#watching.has(watch)) return
    try {
      await watching.onArrived(envelopes, cursor.slice())
    } catch (error: unknown) {
      // Whoever could not take it asks again, from the cursor before.
      this.#end(watching, error instanceof Error ? error : new Error(String(error)))
      return
    }
    watching.seenCount = notice
    this.#asking.wire.notify(watching.peer, 'seen', encodeSeen({ watch, notice }))
  }

  #lost(peer: PeerId): void {
    for (const watching of [...this.#watching.values()]) {
      if (watching.peer === peer) this.#end(watching, null)
    }
  }

  #end(watching: Watching, error: Error | null): void {
    if (this.#watching.delete(watching.number)) watching.onEnd(error)
  }
}
