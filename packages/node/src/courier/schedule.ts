// When what was not achieved is tried again, and what counts as achieved: receipts.md §4.
import type { RandomSource } from '@ezchat/protocol/crypto/crypto.ts'
import type { PeerId } from '@ezchat/protocol/ports.ts'
import { drawFrom } from '@ezchat/protocol/stem/chance.ts'
import {
  COURIER_CARRIERS_WANTED,
  COURIER_COVER_MS_MEAN,
  COURIER_MORE_DIRECT_MS,
  COURIER_MORE_MS,
  COURIER_MORE_MS_MAX,
  COURIER_RESEND_MS,
  COURIER_RETRY_MS,
  COURIER_RETRY_MS_MAX,
} from '../limits.ts'
import type { CourierMode } from './event.ts'

const DOUBLINGS_MAX = 16
/** 1 hour, 4, 16, 64, 256: five times in 30 days. */
const RESEND_GROWTH = 4
/** Added at random, at most: what failed together is not tried again together. */
const SPREAD_SHARE = 0.25

export class Schedule {
  readonly #draw: () => number

  constructor(randomBytes: RandomSource) {
    this.#draw = drawFrom(randomBytes)
  }

  /** Nobody has signed for it, and nobody on a stem has seen it. */
  retryMs(attemptCount: number): number {
    return this.#spread(doubled(COURIER_RETRY_MS, attemptCount, COURIER_RETRY_MS_MAX))
  }

  /** It went into the stem, and nothing came back. */
  anotherWayMs(): number {
    return this.#spread(COURIER_MORE_MS)
  }

  /** Somebody has, but too few. */
  moreMs(mode: CourierMode, attemptCount: number): number {
    const first = mode === 'direct' ? COURIER_MORE_DIRECT_MS : COURIER_MORE_MS
    return this.#spread(doubled(first, attemptCount, COURIER_MORE_MS_MAX))
  }

  /** It is stored, and nobody has confirmed it. */
  resendMs(resendCount: number): number {
    return this.#spread(COURIER_RESEND_MS * RESEND_GROWTH ** Math.min(resendCount, DOUBLINGS_MAX))
  }

  /** Until the next dummy: exponential, so that the last one says nothing about it. */
  coverMs(): number {
    return Math.max(1, Math.round(-Math.log(1 - this.#draw()) * COURIER_COVER_MS_MEAN))
  }

  /** One of `count`, the first one far more often than the others. */
  coverSize(count: number): number {
    const isFirst = this.#draw() < 0.85 || count === 1
    return isFirst ? 0 : 1
  }

  #spread(delayMs: number): number {
    return Math.round(delayMs * (1 + this.#draw() * SPREAD_SHARE))
  }
}

function doubled(firstMs: number, count: number, mostMs: number): number {
  return Math.min(firstMs * 2 ** Math.min(count, DOUBLINGS_MAX), mostMs)
}

export interface Promises {
  /** Who has signed. */
  readonly carriers: ReadonlySet<PeerId>
  /** Who could have: all of whom anybody has told us, ourselves included. */
  readonly known: readonly PeerId[]
}

export function hasEnough({ carriers }: Pick<Promises, 'carriers'>): boolean {
  return carriers.size >= COURIER_CARRIERS_WANTED
}

/** All that there are, where there are fewer than would be enough. */
export function hasAll({ carriers, known }: Promises): boolean {
  return carriers.size > 0 && known.length > 0 && known.every((peer) => carriers.has(peer))
}
