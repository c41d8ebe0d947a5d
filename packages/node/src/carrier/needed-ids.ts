// Short ids that are still to be loaded from a peer, as many as fit.
import { compareBytes } from '@ezchat/protocol/codec/bytes.ts'
import { SHORT_ID_BYTES } from '@ezchat/protocol/constants.ts'

export class NeededIds {
  readonly #countMax: number
  /** As they came: a view of each would weigh five times as much. */
  #packed: Uint8Array[] = []
  #count = 0

  constructor(countMax: number) {
    this.#countMax = countMax
  }

  get count(): number {
    return this.#count
  }

  /** What is beyond the limit is found by a later exchange. */
  add(packed: Uint8Array): void {
    const room = (this.#countMax - this.#count) * SHORT_ID_BYTES
    const taken = packed.slice(0, Math.min(packed.length, room))
    if (taken.length === 0) return
    this.#packed.push(taken)
    this.#count += taken.length / SHORT_ID_BYTES
  }

  /** Takes out the next ones, each once and ascending as a request names them. */
  take(countMax: number): Uint8Array[] {
    const taken: Uint8Array[] = []
    while (taken.length < countMax) {
      const first = this.#packed[0]
      if (first === undefined) break
      const bytes = Math.min(first.length, (countMax - taken.length) * SHORT_ID_BYTES)
      for (let at = 0; at < bytes; at += SHORT_ID_BYTES) {
        taken.push(first.subarray(at, at + SHORT_ID_BYTES))
      }
      if (bytes === first.length) this.#packed.shift()
      else this.#packed[0] = first.subarray(bytes)
    }
    this.#count -= taken.length
    taken.sort(compareBytes)
    return taken.filter((id, at) => at === 0 || compareBytes(taken[at - 1]!, id) !== 0)
  }
}
