// What the verbs of a daemon speak about.

import type { Network } from '@ezchat/protocol/network/descriptor.ts'
import type { Clock } from '@ezchat/protocol/ports.ts'
import type { ProgressSource } from '../control/progress-source.ts'
import type { Messenger } from '../messenger/messenger.ts'
import type { Peer } from './compose-peer.ts'

export interface Running {
  readonly peer: Peer
  /** Null for a public node. */
  readonly messenger: Messenger | null
  readonly clock: Clock
  readonly network: Network
  readonly version: string
  /** On whose disk it lives. */
  readonly directory: string
  readonly startedMs: number
  readonly progress: ProgressSource
  /** Begins the end; who asked is answered before it comes. */
  readonly stop: () => void
}
