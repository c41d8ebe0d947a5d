// What is known about each connected peer, and what each may ask of us: stem.md §8.
import {
  STEM_MESSAGES_BURST,
  STEM_MESSAGES_PER_SECOND,
  STEM_PEER_COUNT_MAX,
  STEM_REFUSAL_COUNT_MAX,
  STEM_SILENCE_COUNT_MAX,
  STEM_STRIKE_COUNT_MAX,
} from '../limits.ts'
import type { PeerId } from '../ports.ts'

export class Neighbour {
  readonly peer: PeerId
  isUp = true
  capable = false
  dialled = false
  #tokens = STEM_MESSAGES_BURST
  #filledAtMs: number
  #strikeCount = 0
  #silenceCount = 0
  #refusalCount = 0

  constructor(peer: PeerId, nowMs: number) {
    this.peer = peer
    this.#filledAtMs = nowMs
  }

  tokensAt(nowMs: number): number {
    const gained = ((nowMs - this.#filledAtMs) / 1000) * STEM_MESSAGES_PER_SECOND
    return Math.min(STEM_MESSAGES_BURST, this.#tokens + gained)
  }

  /** Strikes, silences and refusals: what else a fresh start would wipe out. */
  get faultCount(): number {
    return this.#strikeCount + this.#silenceCount + this.#refusalCount
  }

  /** Pays for one message. False when it came too soon. */
  spend(nowMs: number): boolean {
    this.#tokens = this.tokensAt(nowMs)
    this.#filledAtMs = nowMs
    if (this.#tokens < 1) return false
    this.#tokens -= 1
    return true
  }

  /** `flood` when it is time to say so; `deaf` when its bytes are not worth a look. */
  strike(): { readonly flood: boolean; readonly deaf: boolean } {
    this.#strikeCount += 1
    const flood = this.#strikeCount % STEM_STRIKE_COUNT_MAX === 0
    return { flood, deaf: this.#strikeCount > STEM_STRIKE_COUNT_MAX }
  }

  /** An embargo ended without a receipt through it. True when that is no longer chance. */
  silent(): boolean {
    this.#silenceCount += 1
    return this.#silenceCount % STEM_SILENCE_COUNT_MAX === 0
  }

  refused(): boolean {
    this.#refusalCount += 1
    return this.#refusalCount % STEM_REFUSAL_COUNT_MAX === 0
  }

  /** A receipt came through it. */
  served(): void {
    this.#silenceCount = 0
    this.#refusalCount = 0
  }

  forgive(): void {
    this.#strikeCount = 0
  }
}

export class Neighbours {
  readonly #byPeer = new Map<PeerId, Neighbour>()

  up(peer: PeerId, capable: boolean, dialled: boolean, nowMs: number): void {
    let neighbour = this.#byPeer.get(peer)
    if (neighbour === undefined) {
      if (this.#byPeer.size >= STEM_PEER_COUNT_MAX) this.#dropFullest(nowMs)
      if (this.#byPeer.size >= STEM_PEER_COUNT_MAX) return
      neighbour = new Neighbour(peer, nowMs)
      this.#byPeer.set(peer, neighbour)
    }
    neighbour.isUp = true
    neighbour.capable = capable
    neighbour.dialled = dialled
  }

  /** What it spent is remembered until the epoch ends: coming back must not refill its bucket. */
  down(peer: PeerId): void {
    const neighbour = this.#byPeer.get(peer)
    if (neighbour !== undefined) neighbour.isUp = false
  }

  /** Undefined for whoever is not connected. */
  get(peer: PeerId): Neighbour | undefined {
    const neighbour = this.#byPeer.get(peer)
    return neighbour?.isUp === true ? neighbour : undefined
  }

  /** Those to whom envelopes may be handed, in the order in which they came. */
  candidates(): Neighbour[] {
    return [...this.#byPeer.values()].filter(({ isUp, capable }) => isUp && capable)
  }

  beginEpoch(): void {
    this.#dropAbsent()
    for (const neighbour of this.#byPeer.values()) neighbour.forgive()
  }

  /**
   * Of those who left, the one that gains least by being forgotten: peers that come and go by the
   * hundred must not refill the bucket of one that ran it low.
   */
  #dropFullest(nowMs: number): void {
    let fullest: Neighbour | null = null
    for (const neighbour of this.#byPeer.values()) {
      if (neighbour.isUp) continue
      if (fullest === null || compareGain(neighbour, fullest, nowMs) < 0) fullest = neighbour
    }
    if (fullest !== null) this.#byPeer.delete(fullest.peer)
  }

  #dropAbsent(): void {
    for (const [peer, { isUp }] of this.#byPeer) if (!isUp) this.#byPeer.delete(peer)
  }
}

/** Below zero when `a` would gain less than `b` if both were forgotten. */
function compareGain(a: Neighbour, b: Neighbour, nowMs: number): number {
  return b.tokensAt(nowMs) - a.tokensAt(nowMs) || a.faultCount - b.faultCount
}
