// What a postage worker is told and what it answers. A thread of Node and a Web Worker host the
// same machine: they pass it messages, post its replies, and give it turns.
import { POSTAGE_TASKS_MAX, POSTAGE_TURN_TRIALS } from '../limits.ts'
import type { PostageTask } from '../ports.ts'
import { type SearchState, startSearch, stepSearch } from './search.ts'

export type PostageRequest =
  | {
      readonly kind: 'search'
      /** Chosen by whoever asks; not in use by another search. */
      readonly number: number
      readonly task: PostageTask
      readonly fromNonce: bigint
    }
  | { readonly kind: 'cancel'; readonly number: number }

export type PostageReply =
  | { readonly kind: 'found'; readonly number: number; readonly nonce: bigint }
  | { readonly kind: 'progress'; readonly number: number; readonly trials: number }
  | { readonly kind: 'refused'; readonly number: number; readonly reason: 'full' | 'number-in-use' }

export type PostageEvent = PostageRequest | { readonly kind: 'turn' }

/** `turn` asks for one `turn` event, as soon as the messages that wait have been handled. */
export type PostageEffect =
  | { readonly kind: 'reply'; readonly reply: PostageReply }
  | { readonly kind: 'turn' }

const reply = (it: PostageReply): PostageEffect => ({ kind: 'reply', reply: it })

/**
 * Searches take turns, so that a short text does not wait for a large file to be paid for. It costs
 * the large one nothing on average: a search has no memory, whoever is on turn may be the lucky one.
 */
export class PostageMachine {
  // In the order of their turns.
  readonly #searches = new Map<number, SearchState>()
  readonly #turnTrials: number
  #turnIsDue = false

  /** A simulator, where nothing waits, may choose other turns. */
  constructor(turnTrials: number = POSTAGE_TURN_TRIALS) {
    this.#turnTrials = turnTrials
  }

  handle(event: PostageEvent): readonly PostageEffect[] {
    if (event.kind === 'search') return this.#search(event)
    if (event.kind === 'turn') return this.#turn()
    this.#searches.delete(event.number)
    return []
  }

  #search(request: PostageRequest & { kind: 'search' }): PostageEffect[] {
    const { number, task, fromNonce } = request
    if (this.#searches.has(number)) {
      return [reply({ kind: 'refused', number, reason: 'number-in-use' })]
    }
    if (this.#searches.size >= POSTAGE_TASKS_MAX) {
      return [reply({ kind: 'refused', number, reason: 'full' })]
    }
    this.#searches.set(number, startSearch(task.contentHash, task.trialsExpected, fromNonce))
    return this.#askForTurn()
  }

  #turn(): PostageEffect[] {
    this.#turnIsDue = false
    const next = this.#searches.entries().next()
    if (next.done === true) return []
    const [number, state] = next.value
    this.#searches.delete(number)
    const step = stepSearch(state, this.#turnTrials)
    if (step.found !== null) {
      return [reply({ kind: 'found', number, nonce: step.found }), ...this.#askForTurn()]
    }
    this.#searches.set(number, step.state)
    const { trials } = step.state
    return [reply({ kind: 'progress', number, trials }), ...this.#askForTurn()]
  }

  #askForTurn(): PostageEffect[] {
    if (this.#turnIsDue || this.#searches.size === 0) return []
    this.#turnIsDue = true
    return [{ kind: 'turn' }]
  }
}
