// A queue of things to do at virtual times: a binary heap, first in first out at equal times.
interface Item<T> {
  readonly atMs: number
  readonly order: number
  readonly value: T
}

function isBefore<T>(a: Item<T>, b: Item<T>): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
}

export class Timeline<T> {
  readonly #heap: Item<T>[] = []
  #order = 0

  push(atMs: number, value: T): void {
    const heap = this.#heap
    let at = heap.push({ atMs, order: this.#order++, value }) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!isBefore(heap[at]!, heap[parent]!)) break
      ;[heap[at], heap[parent]] = [heap[parent]!, heap[at]!]
      at = parent
    }
  }

  /** The earliest, if it is not later than this. */
  pop(untilMs: number): { readonly atMs: number; readonly value: T } | null {
    const heap = this.#heap
    const first = heap[0]
    if (first === undefined || first.atMs > untilMs) return null
    const last = heap.pop()!
    if (heap.length > 0) {
      heap[0] = last
      this.#sink()
    }
    return first
  }

  #sink(): void {
    const heap = this.#heap
    let at = 0
    for (;;) {
      const left = 2 * at + 1
      const right = left + 1
      let least = at
      if (left < heap.length && isBefore(heap[left]!, heap[least]!)) least = left
      if (right < heap.length && isBefore(heap[right]!, heap[least]!)) least = right
      if (least === at) return
      ;[heap[at], heap[least]] = [heap[least]!, heap[at]!]
      at = least
    }
  }
}
