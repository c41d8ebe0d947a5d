// What a client watches beside events: how far something is that takes a while. It is not kept.
import type { SyncingView } from '@ezchat/protocol/control/values.ts'

export interface ProgressSource {
  /** Null when nothing is under way. */
  readonly current: SyncingView | null
  onChange(listener: () => void): () => void
}

export const NO_PROGRESS: ProgressSource = {
  current: null,
  onChange: () => () => undefined,
}
