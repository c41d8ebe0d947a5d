// The window: what is being looked after, in memory. The rest waits on disk.
import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import { COURIER_WINDOW_BYTES_MAX, COURIER_WINDOW_COUNT_MAX } from '../limits.ts'
import type { ActiveItem } from './item.ts'

/** Not for every one that leaves is the disk read: room for several comes first. */
const REFILL_SHARE = 0.75

export class ActiveItems {
  readonly #byName = new Map<string, ActiveItem>()
  readonly #byId = new Map<string, ActiveItem>()
  #bytes = 0

  get count(): number {
    return this.#byName.size
  }

  get bytes(): number {
    return this.#bytes
  }

  get roomCount(): number {
    if (this.#bytes >= COURIER_WINDOW_BYTES_MAX) return 0
    return Math.max(0, COURIER_WINDOW_COUNT_MAX - this.#byName.size)
  }

  get wantsMore(): boolean {
    return (
      this.#byName.size <= COURIER_WINDOW_COUNT_MAX * REFILL_SHARE &&
      this.#bytes <= COURIER_WINDOW_BYTES_MAX * REFILL_SHARE
    )
  }

  has(name: string): boolean {
    return this.#byName.has(name)
  }

  get(name: string): ActiveItem | undefined {
    return this.#byName.get(name)
  }

  byId(id: Uint8Array): ActiveItem | undefined {
    return this.#byId.get(toHex(id))
  }

  all(): ActiveItem[] {
    return [...this.#byName.values()]
  }

  add(item: ActiveItem): void {
    this.#byName.set(item.name, item)
    this.#bytes += item.bytesLength
  }

  identify(item: ActiveItem, id: Uint8Array): void {
    item.id = id
    this.#byId.set(toHex(id), item)
  }

  remove(item: ActiveItem): void {
    if (!this.#byName.delete(item.name)) return
    this.#bytes -= item.bytesLength
    if (item.id !== null) this.#byId.delete(toHex(item.id))
  }
}
