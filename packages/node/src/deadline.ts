// Time limits by the host's own clock, so that the simulator's time is the only time there is.
import type { Clock } from '@ezchat/protocol/ports.ts'
import { EzchatError } from './errors.ts'

export interface Deadline {
  readonly signal: AbortSignal
  /** When it is no longer needed: else it keeps its timer and the listener on its parent. */
  end(): void
}

/** Aborts with PEER_TIMEOUT after `delayMs`, or with the parent's reason when that is sooner. */
export function deadline(clock: Clock, delayMs: number, parent?: AbortSignal): Deadline {
  const controller = new AbortController()
  const follow = () => controller.abort(parent?.reason)
  const cancel = clock.after(delayMs, () => controller.abort(new EzchatError('PEER_TIMEOUT')))
  if (parent?.aborted) follow()
  else parent?.addEventListener('abort', follow, { once: true })
  return {
    signal: controller.signal,
    end() {
      cancel()
      parent?.removeEventListener('abort', follow)
    },
  }
}

/** What the work gives, or rejects with PEER_TIMEOUT, or with the parent's reason. */
export async function within<T>(
  clock: Clock,
  delayMs: number,
  work: (signal: AbortSignal) => Promise<T>,
  parent?: AbortSignal,
): Promise<T> {
  const limit = deadline(clock, delayMs, parent)
  try {
    return await work(limit.signal)
  } finally {
    limit.end()
  }
}
