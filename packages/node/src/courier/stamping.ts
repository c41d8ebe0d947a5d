// Postage for what has none: a few searches at once, each nonce written before it is used, and items
// of one submission let go in their order.
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { idOf } from '@ezchat/protocol/envelope/id.ts'
import type { EnvelopeRules } from '@ezchat/protocol/envelope/rules.ts'
import { stampEnvelope } from '@ezchat/protocol/envelope/stamp.ts'
import type { Clock, PostageWorker } from '@ezchat/protocol/ports.ts'
import { thresholdOf, trialsExpectedOf } from '@ezchat/protocol/postage/price.ts'
import { EzchatError } from '../errors.ts'
import { COURIER_SEARCH_RETRY_MS, COURIER_SEARCHES_MAX } from '../limits.ts'
import type { ActiveItem } from './item.ts'

export interface StampingInit {
  readonly crypto: Crypto
  readonly network: EnvelopeRules
  readonly clock: Clock
  readonly postage: PostageWorker
  /** Resolves when the nonce is durable. */
  readonly write: (item: ActiveItem) => Promise<void>
  readonly onStamped: (item: ActiveItem, id: Uint8Array) => void
  readonly onBug: (error: unknown) => void
}

export class Stamping {
  readonly #init: StampingInit
  readonly #waiting: ActiveItem[] = []
  /** Of each submission, those that are not let go yet, in their order. */
  readonly #submissions = new Map<number, ActiveItem[]>()
  #searchCount = 0
  #isClosed = false
  #cancelRetry: (() => void) | null = null

  constructor(init: StampingInit) {
    this.#init = init
  }

  add(item: ActiveItem): void {
    const others = this.#submissions.get(item.submissionUs)
    // Most come alone, or where no work is asked for: those wait for nobody.
    if (others === undefined && this.#stampFreely(item)) {
      this.#letGo(item)
      return
    }
    if (others === undefined) this.#submissions.set(item.submissionUs, [item])
    else others.push(item)
    if (this.#stampFreely(item)) {
      this.#release(item.submissionUs)
      return
    }
    item.stage = 'stamping'
    this.#waiting.push(item)
    this.#search()
  }

  /** It is wanted no more. */
  remove(item: ActiveItem): void {
    const at = this.#waiting.indexOf(item)
    if (at >= 0) this.#waiting.splice(at, 1)
    item.cancel?.()
    const others = this.#submissions.get(item.submissionUs) ?? []
    const place = others.indexOf(item)
    if (place >= 0) others.splice(place, 1)
    this.#release(item.submissionUs)
  }

  close(): void {
    this.#isClosed = true
    this.#cancelRetry?.()
    this.#waiting.length = 0
    this.#submissions.clear()
  }

  #stampFreely(item: ActiveItem): boolean {
    const { network } = this.#init
    if (item.nonce === null && thresholdOf(trialsExpectedOf(network, item.bytesLength)) === null) {
      item.nonce = 0n
      item.hasNews = true
    }
    if (item.nonce === null) return false
    item.stage = 'stamped'
    return true
  }

  #search(): void {
    while (!this.#isClosed && this.#searchCount < COURIER_SEARCHES_MAX) {
      const item = this.#waiting.shift()
      if (item === undefined) return
      this.#searchCount += 1
      this.#searchFor(item)
        .catch((error: unknown) => this.#failed(item, error))
        .finally(() => {
          this.#searchCount -= 1
          if (this.#cancelRetry === null) this.#search()
        })
    }
  }

  async #searchFor(item: ActiveItem): Promise<void> {
    const { postage, network, write } = this.#init
    const { contentHash, bytesLength } = item
    const cancelling = new AbortController()
    item.cancel = () => cancelling.abort(new EzchatError('POSTAGE_CLOSED'))
    const task = { contentHash, trialsExpected: trialsExpectedOf(network, bytesLength) }
    const nonce = await postage.search(task, { signal: cancelling.signal })
    item.cancel = null
    if (this.#isClosed || item.stage !== 'stamping') return
    item.nonce = nonce
    item.hasNews = true
    // Two nonces are two envelopes with one content: only what is on disk is used.
    await write(item)
    if (this.#isClosed || item.stage !== 'stamping') return
    item.stage = 'stamped'
    this.#release(item.submissionUs)
  }

  #failed(item: ActiveItem, error: unknown): void {
    item.cancel = null
    if (this.#isClosed || item.stage !== 'stamping') return
    if (!(error instanceof EzchatError)) {
      this.#init.onBug(error)
      return
    }
    // A failed disk has told the courier already.
    if (item.nonce !== null) return
    this.#waiting.unshift(item)
    this.#cancelRetry ??= this.#init.clock.after(COURIER_SEARCH_RETRY_MS, () => {
      this.#cancelRetry = null
      this.#search()
    })
  }

  #release(submissionUs: number): void {
    const items = this.#submissions.get(submissionUs)
    while (items?.[0]?.stage === 'stamped') this.#letGo(items.shift()!)
    if (items?.length === 0) this.#submissions.delete(submissionUs)
  }

  #letGo(item: ActiveItem): void {
    const { crypto, onStamped } = this.#init
    const nonce = new Uint8Array(8)
    new DataView(nonce.buffer).setBigUint64(0, item.nonce!)
    if (item.nonce !== 0n) item.envelope = stampEnvelope(item.envelope, item.nonce!)
    onStamped(item, idOf(crypto, item.contentHash, nonce))
  }
}
