// Virtual time: a heap of what is to happen. Between two events every promise that can settle does.

interface Due {
  readonly atMs: number
  readonly sequence: number
  callback: (() => void) | null
}

/** How many events are taken between two looks at the real event loop. */
const BATCH_COUNT = 256

function isBefore(a: Due, b: Due): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.sequence < b.sequence)
}

export class Timeline {
  readonly #heap: Due[] = []
  #nowMs = 0
  #sequence = 0
  #eventCount = 0

  get nowMs(): number {
    return this.#nowMs
  }

  get eventCount(): number {
    return this.#eventCount
  }

  /** Calls back once; the returned function cancels. In order of time, then of being asked. */
  after(delayMs: number, callback: () => void): () => void {
    const due: Due = {
      atMs: this.#nowMs + Math.max(0, delayMs),
      sequence: this.#sequence++,
      callback,
    }
    this.#push(due)
    return () => {
      due.callback = null
    }
  }

  /** Rejects with what an event throws. Nothing waits for the real world. */
  run(untilMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      let waitingCount = 0
      let isOver = false
      const step = () => {
        waitingCount--
        if (!isOver) {
          try {
            isOver = !this.#step(untilMs)
          } catch (error: unknown) {
            isOver = true
            reject(error)
          }
        }
        if (waitingCount > 0) return
        if (isOver) finish()
        else batch()
      }
      const finish = () => {
        this.#nowMs = Math.max(this.#nowMs, untilMs)
        resolve()
      }
      // Node settles all promises after each of these, and looks at the world after all of them.
      const batch = () => {
        waitingCount = BATCH_COUNT
        for (let count = 0; count < BATCH_COUNT; count++) setImmediate(step)
      }
      batch()
    })
  }

  /** For a promise of the simulated world: runs until it has settled. */
  async settle<T>(work: Promise<T>, withinMs = 600_000): Promise<T> {
    const state = { isSettled: false }
    const done = () => {
      state.isSettled = true
    }
    work.then(done, done)
    const untilMs = this.#nowMs + withinMs
    while (!state.isSettled && this.#nowMs < untilMs) {
      await this.run(Math.min(this.#nowMs + 100, untilMs))
    }
    if (!state.isSettled) throw new Error(`nothing came of it in ${withinMs} ms`)
    return work
  }

  #step(untilMs: number): boolean {
    for (;;) {
      const due = this.#heap[0]
      if (due === undefined || due.atMs > untilMs) return false
      this.#pop()
      if (due.callback === null) continue
      this.#nowMs = due.atMs
      this.#eventCount++
      due.callback()
      return true
    }
  }

  #push(due: Due): void {
    const heap = this.#heap
    let at = heap.length
    heap.push(due)
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!isBefore(due, heap[parent]!)) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = due
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()!
    if (heap.length === 0) return
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++
      if (!isBefore(heap[child]!, last)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = last
  }
}
