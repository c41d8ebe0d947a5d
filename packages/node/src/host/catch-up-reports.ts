// Looks at the catching up while there is any, and tells whoever watches, a few times a second.
import type { SyncingView } from '@ezchat/protocol/control/values.ts'
import type { Clock } from '@ezchat/protocol/ports.ts'
import type { CatchUp, CatchUpView } from '../catch-up.ts'
import type { ProgressSource } from '../control/progress-source.ts'
import { CATCH_UP_TOLD_MS } from '../limits.ts'

/** What is told last of a run says that it is over. */
export type TellProgress = (syncing: SyncingView, isOver: boolean) => void

export interface CatchUpReportsInit {
  readonly clock: Clock
  readonly catchUp: CatchUp
  readonly tell: TellProgress
}

export class CatchUpReports implements ProgressSource {
  readonly #init: CatchUpReportsInit
  readonly #listeners = new Set<() => void>()
  readonly #stop: () => void
  #current: SyncingView | null = null
  #cancelTimer: (() => void) | null = null

  constructor(init: CatchUpReportsInit) {
    this.#init = init
    this.#stop = init.catchUp.onBegin(() => this.#lookLater())
  }

  get current(): SyncingView | null {
    return this.#current
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  close(): void {
    this.#stop()
    this.#cancelTimer?.()
  }

  #lookLater(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = this.#init.clock.after(CATCH_UP_TOLD_MS, () => this.#look())
  }

  #look(): void {
    const { catchUp, tell } = this.#init
    this.#cancelTimer = null
    const isOver = !catchUp.isUnderWay
    const seen = catchUp.lastView()
    if (!isOver) this.#lookLater()
    if (seen === null) return
    const syncing = viewOf(seen)
    this.#current = isOver ? null : syncing
    tell(syncing, isOver)
    for (const listener of this.#listeners) listener()
  }
}

function viewOf(view: CatchUpView): SyncingView {
  return { ...view, elapsedMs: Math.floor(view.elapsedMs) }
}
