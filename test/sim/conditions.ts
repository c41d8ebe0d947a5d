// What the links between hosts are like. All of it may change while a run is under way.

export interface Conditions {
  /** One way, before jitter. */
  latencyMs: number
  /** A message takes up to so much longer, as a share of the latency. */
  jitterShare: number
  /** What each host can send, and receive. */
  bytesPerMs: number
  /** Chance that a message ends its connection. */
  resetShare: number
  /** Chance that a packet was lost: the message, and all behind it, are later by a round trip. */
  lossShare: number
}

export const GOOD_LINKS: Conditions = {
  latencyMs: 100,
  jitterShare: 0.1,
  bytesPerMs: 2500, // 20 Mbit/s
  resetShare: 0,
  lossShare: 0,
}

/** TCP, noise, yamux and the channel: round trips before the first request. */
export const DIAL_ROUND_TRIPS = 3
/** Nobody answers: a host without power, or behind a partition. */
export const DIAL_TIMEOUT_MS = 10_000
/** A connection is found dead when its monitor hears nothing: plan of the network layer. */
export const SILENCE_MS = 60_000
/** Headers of TCP, noise, yamux and the channel, for a message in one segment. */
export const FRAME_BYTES = 90
export const LINKS_MAX = 96
/** Requests under way to one peer; more are answered BUSY. */
export const WINDOW_COUNT_MAX = 256
/** Connections that a host chooses and keeps. */
export const DIALLED_COUNT = 8
