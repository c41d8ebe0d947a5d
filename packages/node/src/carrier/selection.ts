// One page of what is held for a selector, from a cursor on: requests.md §6.
import { compareBytes } from '@ezchat/protocol/codec/bytes.ts'
import { REQUEST_ENVELOPES_MAX } from '@ezchat/protocol/constants.ts'
import type { EnvelopeRules } from '@ezchat/protocol/envelope/rules.ts'
import type { Clock } from '@ezchat/protocol/ports.ts'
import type { Selector } from '@ezchat/protocol/request/selector.ts'
import {
  FETCH_READ_BYTES_MAX,
  FETCH_STEP_COUNT_MAX,
  READ_LOOKUP_STEPS,
  STORE_STEP_COUNT_MAX,
} from '../limits.ts'
import type { StoredEnvelope } from '../store/envelope-reader.ts'
import type { EnvelopeStore } from '../store/envelope-store.ts'
import { mailboxKey } from '../store/layout.ts'
import type { FetchCursor, FetchPass } from './fetch-cursor.ts'
import { isServed } from './served.ts'

export interface SelectionInit {
  readonly clock: Clock
  readonly network: EnvelopeRules
  readonly store: Pick<EnvelopeStore, 'fetch' | 'arrivals' | 'arrivalLast'>
}

export interface SelectionTerms {
  readonly selector: Selector
  readonly cursor: FetchCursor
  readonly bytesMax: number
}

export interface SelectionPage {
  readonly envelopes: readonly StoredEnvelope[]
  readonly cursor: FetchCursor
  /** All that had arrived when this pass began was given. */
  readonly isEnd: boolean
  /** Pages of the store that were looked through in vain. */
  readonly steps: number
}

export function readSelection(init: SelectionInit, terms: SelectionTerms): Promise<SelectionPage> {
  const { selector } = terms
  if (selector.kind === 'shard') return readShard(init, terms, selector.shard)
  const prefixes = selector.kind === 'prefix' ? [selector.prefix] : selector.mailboxes
  return new MailboxPass(init, terms).run(prefixes)
}

async function readShard(
  { store, network, clock }: SelectionInit,
  { cursor, bytesMax }: SelectionTerms,
  shard: number,
): Promise<SelectionPage> {
  const upTo = store.arrivalLast
  const page = await store.arrivals({
    ...{ shard, after: cursor.after, upTo, bytesMax },
    ...{ countMax: REQUEST_ENVELOPES_MAX, readBytesMax: FETCH_READ_BYTES_MAX },
  })
  const envelopes = page.envelopes.filter((found) => isServed(network, clock, found))
  const isEnd = page.after >= upTo
  // Numbers leap where a store was repaired.
  const passed = Math.min((page.after - cursor.after) / STORE_STEP_COUNT_MAX, FETCH_STEP_COUNT_MAX)
  const steps = Math.max(READ_LOOKUP_STEPS, passed)
  return { envelopes, cursor: { after: page.after, pass: null }, isEnd, steps }
}

class MailboxPass {
  readonly #init: SelectionInit
  readonly #after: number
  readonly #upTo: number
  readonly #begun: FetchPass | null
  readonly #bytesMax: number
  readonly #envelopes: StoredEnvelope[] = []
  #bytes = 0
  #stepsLeft = FETCH_STEP_COUNT_MAX
  #stepsInVain = 0

  constructor(init: SelectionInit, { cursor, bytesMax }: SelectionTerms) {
    this.#init = init
    this.#after = cursor.after
    this.#begun = cursor.pass
    this.#upTo = cursor.pass?.upTo ?? init.store.arrivalLast
    this.#bytesMax = bytesMax
  }

  /** Whole mailboxes, or one beginning of some; ascending. */
  async run(prefixes: readonly Uint8Array[]): Promise<SelectionPage> {
    if (this.#after < this.#upTo) {
      for (const prefix of prefixes) {
        const stopped = await this.#read(prefix)
        if (stopped !== null) return this.#page({ upTo: this.#upTo, position: stopped })
      }
    }
    return this.#page(null)
  }

  #page(pass: FetchPass | null): SelectionPage {
    const after = pass === null ? this.#upTo : this.#after
    const cursor = { after, pass }
    const steps = this.#stepsInVain
    return { envelopes: this.#envelopes, cursor, isEnd: pass === null, steps }
  }

  /** Null when it was read to its end; else from where to go on. */
  async #read(prefix: Uint8Array): Promise<Uint8Array | null> {
    const place = this.#placeIn(prefix)
    if (place === 'done') return null
    let position = place
    do {
      if (this.#stepsLeft-- === 0) return position ?? firstKeyOf(prefix, this.#after)
      const page = await this.#init.store.fetch({
        ...{ prefix, after: this.#after, position },
        countMax: REQUEST_ENVELOPES_MAX - this.#envelopes.length + 1,
        bytesMax: this.#bytesMax - this.#bytes + 1,
      })
      const isInVain = page.envelopes.length === 0 && page.position !== null
      this.#stepsInVain += isInVain ? 1 : READ_LOOKUP_STEPS
      for (const found of page.envelopes) {
        if (found.arrival > this.#upTo || !isServed(this.#init.network, this.#init.clock, found)) {
          continue
        }
        if (!this.#take(found)) return mailboxKey(found.mailbox, found.arrival)
      }
      position = page.position
    } while (position !== null)
    return null
  }

  #take(found: StoredEnvelope): boolean {
    const bytes = this.#bytes + found.bytes.length
    const { length } = this.#envelopes
    if (length === REQUEST_ENVELOPES_MAX || (length > 0 && bytes > this.#bytesMax)) return false
    this.#envelopes.push(found)
    this.#bytes = bytes
    return true
  }

  /** Those before the pass's position were read in an earlier page. */
  #placeIn(prefix: Uint8Array): Uint8Array | null | 'done' {
    if (this.#begun === null) return null
    const { position } = this.#begun
    const order = compareBytes(prefix, position.subarray(1, 1 + prefix.length))
    if (order < 0) return 'done'
    return order === 0 ? position : null
  }
}

function firstKeyOf(prefix: Uint8Array, after: number): Uint8Array {
  const mailbox = new Uint8Array(32)
  mailbox.set(prefix)
  return mailboxKey(mailbox, prefix.length === 32 ? after + 1 : 0)
}
