// Offences add up per peer and fade; whoever has too many is shown the door for a time.
import { assert } from '@ezchat/protocol/errors.ts'
import type { Clock, Offence, PeerId } from '@ezchat/protocol/ports.ts'
import {
  PENALTY_HALF_LIFE_MS,
  PENALTY_PEERS_MAX,
  PENALTY_POINTS_MAX,
  REFUSAL_MS,
} from '../limits.ts'

// What no honest peer does by accident weighs most; what a bad line does too weighs least.
const POINTS: { readonly [offence in Offence]: number } = {
  forged: 50,
  malformed: 25,
  lies: 25,
  invalid: 10,
  flood: 10,
  silent: 2,
  refuses: 2,
}

interface Account {
  points: number
  atMs: number
  refusedUntilMs: number
}

export interface PenaltiesInit {
  readonly clock: Clock
  /** Called once for each refusal. */
  readonly onRefused: (peer: PeerId) => void
}

export class Penalties {
  readonly #init: PenaltiesInit
  readonly #accounts = new Map<PeerId, Account>()

  constructor(init: PenaltiesInit) {
    this.#init = init
  }

  get size(): number {
    return this.#accounts.size
  }

  add(peer: PeerId, offence: Offence): void {
    const nowMs = this.#init.clock.monotonicMs()
    const account = this.#accounts.get(peer) ?? this.#open(peer, nowMs)
    account.points = pointsNow(account, nowMs) + POINTS[offence]
    account.atMs = nowMs
    if (account.points < PENALTY_POINTS_MAX || nowMs < account.refusedUntilMs) return
    account.refusedUntilMs = nowMs + REFUSAL_MS
    // Whoever comes back is on probation: half of what it took.
    account.points = PENALTY_POINTS_MAX / 2
    this.#init.onRefused(peer)
  }

  isRefused(peer: PeerId): boolean {
    const account = this.#accounts.get(peer)
    return account !== undefined && this.#init.clock.monotonicMs() < account.refusedUntilMs
  }

  pointsOf(peer: PeerId): number {
    const account = this.#accounts.get(peer)
    return account === undefined ? 0 : pointsNow(account, this.#init.clock.monotonicMs())
  }

  #open(peer: PeerId, nowMs: number): Account {
    if (this.#accounts.size >= PENALTY_PEERS_MAX) this.#forgetOne(nowMs)
    const account = { points: 0, atMs: nowMs, refusedUntilMs: 0 }
    this.#accounts.set(peer, account)
    return account
  }

  /** The one that matters least: a crowd of small offenders does not free a refused one. */
  #forgetOne(nowMs: number): void {
    const rank = (account: Account) =>
      Math.max(0, account.refusedUntilMs - nowMs) * PENALTY_POINTS_MAX + pointsNow(account, nowMs)
    let least: PeerId | null = null
    let leastRank = Number.POSITIVE_INFINITY
    for (const [peer, account] of this.#accounts) {
      const value = rank(account)
      if (value < leastRank) [least, leastRank] = [peer, value]
    }
    assert(least !== null, 'expected somebody to forget')
    this.#accounts.delete(least)
  }
}

function pointsNow(account: Account, nowMs: number): number {
  return account.points * 0.5 ** ((nowMs - account.atMs) / PENALTY_HALF_LIFE_MS)
}
