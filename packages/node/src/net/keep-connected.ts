// A few connections of our own choosing, always: whoever only answers can be surrounded. Two of the
// places are for peers that served well, before this start of the program or an earlier one.
import type { RandomSource } from '@ezchat/protocol/crypto/crypto.ts'
import type { Clock, ConnectedPeer, PeerId } from '@ezchat/protocol/ports.ts'
import { within } from '../deadline.ts'
import {
  ANCHORS_COUNT,
  CONNECT_MS_MAX,
  DIALS_AT_ONCE_MAX,
  GROUP_OUTGOING_MAX,
  KNOWN_PEERS_MAX,
  REDIAL_MS_LEAST,
  REDIAL_MS_MAX,
} from '../limits.ts'
import { hostOf, parseAddress, peerOf } from './addresses.ts'
import type { PeerMemory } from './peer-memory.ts'

const LOOK_MS = 10_000
const LOOK_SOON_MS = 500

export interface KeepConnectedInit {
  readonly clock: Clock
  readonly randomBytes: RandomSource
  readonly self: PeerId
  readonly memory: PeerMemory
  /** Multiaddrs to begin with, and to come back to when nobody else is left. */
  readonly bootstraps: readonly string[]
  readonly countWanted: number
  readonly peers: () => readonly ConnectedPeer[]
  readonly isRefused: (peer: PeerId) => boolean
  readonly connect: (target: string, signal: AbortSignal) => Promise<PeerId>
}

interface Backoff {
  readonly failures: number
  readonly untilMs: number
}

interface Candidate {
  /** A peer id, or a multiaddr. */
  readonly target: string
  readonly peer: PeerId | null
  readonly groups: readonly string[]
}

export class KeepConnected {
  readonly #init: KeepConnectedInit
  readonly #backoffs = new Map<string, Backoff>()
  readonly #stop = new AbortController()
  readonly #dialling = new Set<string>()
  /** Whom we found at addresses that do not say whose they are. */
  readonly #found = new Map<string, PeerId>()
  #cancel: (() => void) | null = null

  constructor(init: KeepConnectedInit) {
    this.#init = init
  }

  start(): void {
    this.#look()
  }

  /** Somebody went away, or somebody became known. */
  lookSoon(): void {
    if (!this.#stop.signal.aborted) this.#wait(LOOK_SOON_MS)
  }

  close(): void {
    this.#cancel?.()
    this.#stop.abort()
  }

  #look(): void {
    if (this.#stop.signal.aborted) return
    const room = DIALS_AT_ONCE_MAX - this.#dialling.size
    for (const { target } of this.#chosen().slice(0, Math.max(0, room))) this.#dial(target)
    this.#wait(LOOK_MS)
  }

  #wait(ms: number): void {
    this.#cancel?.()
    this.#cancel = this.#init.clock.after(this.#spread(ms), () => this.#look())
  }

  #dial(target: string): void {
    const { clock, connect } = this.#init
    this.#dialling.add(target)
    const signal = this.#stop.signal
    within(clock, CONNECT_MS_MAX, (limit) => connect(target, limit), signal)
      .then(
        (peer) => {
          this.#backoffs.delete(target)
          if (target.startsWith('/')) this.#found.set(target, peer)
        },
        () => this.#backOff(target),
      )
      .finally(() => {
        this.#dialling.delete(target)
        if (!signal.aborted) this.lookSoon()
      })
  }

  #backOff(target: string): void {
    const nowMs = this.#init.clock.monotonicMs()
    const failures = (this.#backoffs.get(target)?.failures ?? 0) + 1
    const delayMs = Math.min(REDIAL_MS_MAX, REDIAL_MS_LEAST * 2 ** Math.min(failures - 1, 16))
    this.#backoffs.set(target, { failures, untilMs: nowMs + this.#spread(delayMs) })
    if (this.#backoffs.size <= KNOWN_PEERS_MAX) return
    const [oldest] = this.#backoffs.keys()
    if (oldest !== undefined) this.#backoffs.delete(oldest)
  }

  /** Between half of it and one and a half, so that those who lost one peer do not return at once. */
  #spread(ms: number): number {
    const [high = 0, low = 0] = this.#init.randomBytes(2)
    return ms * (0.5 + (high * 256 + low) / 65_536)
  }

  #chosen(): Candidate[] {
    const { memory, countWanted } = this.#init
    const connected = new Set(this.#init.peers().map(({ peer }) => peer))
    const dialled = this.#init.peers().filter(({ isDialled }) => isDialled)
    const outgoing = dialled.length + this.#dialling.size
    const anchors = memory.anchors()
    const anchorsDialled = dialled.filter(({ peer }) =>
      anchors.some((known) => known.peer === peer),
    )
    const chosen = anchors
      .map(({ peer }) => this.#known(peer))
      .filter((candidate) => this.#isFree(candidate, connected))
      .slice(0, ANCHORS_COUNT - anchorsDialled.length)
    const others = this.#shuffled(memory.all().map(({ peer }) => this.#known(peer))).filter(
      (candidate) => this.#isFree(candidate, connected) && !chosen.some(sameAs(candidate)),
    )
    const taken = this.#groupCounts(dialled)
    for (const candidate of others) {
      if (outgoing + chosen.length >= countWanted) return chosen
      if (this.#takesGroup(candidate, taken)) chosen.push(candidate)
    }
    // Only those who found nobody go back to the doors that everybody knows.
    if (chosen.length > 0 || (connected.size > 0 && outgoing >= countWanted)) return chosen
    return this.#init.bootstraps
      .map((address) => this.#bootstrap(address))
      .filter((candidate) => this.#isFree(candidate, connected))
  }

  #known(peer: PeerId): Candidate {
    const hosts = (this.#init.memory.get(peer)?.addresses ?? []).map((text) => {
      const address = parseAddress(text)
      return address === null ? null : hostOf(address)
    })
    const groups = hosts.flatMap((host) => (host === null || host.isLocal ? [] : [host.group]))
    return { target: peer, peer, groups: [...new Set(groups)] }
  }

  #bootstrap(target: string): Candidate {
    const address = parseAddress(target)
    const named = address === null ? null : peerOf(address)
    return { target, peer: named ?? this.#found.get(target) ?? null, groups: [] }
  }

  #isFree({ target, peer }: Candidate, connected: ReadonlySet<PeerId>): boolean {
    if (this.#dialling.has(target) || peer === this.#init.self) return false
    if (peer !== null && (connected.has(peer) || this.#init.isRefused(peer))) return false
    const backoff = this.#backoffs.get(target)
    return backoff === undefined || this.#init.clock.monotonicMs() >= backoff.untilMs
  }

  #groupCounts(dialled: readonly ConnectedPeer[]): Map<string, number> {
    const counts = new Map<string, number>()
    for (const { peer } of dialled) {
      for (const group of this.#known(peer).groups) counts.set(group, (counts.get(group) ?? 0) + 1)
    }
    return counts
  }

  /** Whoever rents one /24 gets few of our places, however many peers it runs there. */
  #takesGroup({ groups }: Candidate, counts: Map<string, number>): boolean {
    if (groups.some((group) => (counts.get(group) ?? 0) >= GROUP_OUTGOING_MAX)) return false
    for (const group of groups) counts.set(group, (counts.get(group) ?? 0) + 1)
    return true
  }

  #shuffled(candidates: Candidate[]): Candidate[] {
    const lots = this.#init.randomBytes(Math.max(1, 4 * candidates.length))
    const view = new DataView(lots.buffer, lots.byteOffset, lots.byteLength)
    return candidates
      .map((candidate, at) => ({ candidate, lot: view.getUint32(4 * at) }))
      .sort((a, b) => a.lot - b.lot)
      .map(({ candidate }) => candidate)
  }
}

const sameAs = (one: Candidate) => (other: Candidate) => one.target === other.target
