import type { Answerer } from './answerer.ts'
import type { Asker } from './asker.ts'

/** The two channels with one peer: ours, on which we ask, and its own, on which we answer. */
export interface PeerChannels {
  readonly asker: Asker
  readonly answerer: Answerer
  usedMs: number
}

export function isIdle({ asker, answerer }: PeerChannels): boolean {
  return asker.isIdle && answerer.isIdle
}
