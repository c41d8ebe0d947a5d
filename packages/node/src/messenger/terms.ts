// What every part of a messenger is given.

import { DAY_SECONDS } from '@ezchat/protocol/constants.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import type { Network } from '@ezchat/protocol/network/descriptor.ts'
import type { Clock } from '@ezchat/protocol/ports.ts'

export interface Terms {
  readonly crypto: Crypto
  readonly network: Network
  readonly clock: Clock
}

export function nowSecondsOf({ clock }: Pick<Terms, 'clock'>): number {
  return Math.max(0, Math.floor(clock.nowMs() / 1000))
}

export function ttlSecondsOf({ network }: Pick<Terms, 'network'>): number {
  return network.ttlDays * DAY_SECONDS
}
