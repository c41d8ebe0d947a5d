// What a client watches: numbered events that are on disk, and word of new ones.
import type { ControlEvent } from '@ezchat/protocol/control/methods.ts'

export interface EventPage {
  readonly events: readonly ControlEvent[]
  /** Of the last of them, or where the reader was when there are none. */
  readonly cursor: string
}

export interface EventSource {
  /** Of the newest event. */
  readonly cursor: string
  /** Throws Failure BAD_PARAMS for a cursor that was never given out. */
  after(cursor: string, countMax: number): Promise<EventPage>
  onNew(listener: () => void): () => void
}
