// Whether somebody can be reached now: a peer by asking it, a contact by asking the carriers that
// keep what is written to them. Nobody learns more from it than that this node asks.

import type { ResultOf } from '@ezchat/protocol/control/methods.ts'
import type { Network } from '@ezchat/protocol/network/descriptor.ts'
import type { Clock, PeerId } from '@ezchat/protocol/ports.ts'
import { encodeCarriersRequest } from '@ezchat/protocol/request/carriers.ts'
import { within } from '../deadline.ts'
import { EzchatError } from '../errors.ts'
import { PING_CARRIERS_MAX } from '../limits.ts'
import type { Peer } from './compose-peer.ts'

export type PingResult = ResultOf<'ping'>

export interface Pinging {
  readonly peer: Peer
  readonly clock: Clock
  readonly network: Network
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

export async function pingPeer(pinging: Pinging, target: PeerId): Promise<PingResult> {
  const latencyMs = await latencyOf(pinging, target)
  if (latencyMs === null) return { ...NOBODY, detail: 'the peer did not answer' }
  const detail = `the peer answered in ${latencyMs} ms`
  return { reached: true, by: 'peer', latencyMs, carriers: 0, detail }
}

export async function pingContact(pinging: Pinging, shard: number): Promise<PingResult> {
  const { peer, clock, timeoutMs, signal } = pinging
  const search = (limit: AbortSignal) => peer.carrier.book.carriersOf(shard, { signal: limit })
  const found = await within(clock, timeoutMs, search, signal).catch(noneWhenLate)
  const asked = found.slice(0, PING_CARRIERS_MAX)
  const times = await Promise.all(asked.map((each) => latencyOf(pinging, each)))
  const answered = times.filter((time) => time !== null)
  const [best] = answered.sort((a, b) => a - b)
  if (best === undefined) {
    const detail = `none of ${asked.length} carriers answered: messages wait here`
    return { ...NOBODY, detail }
  }
  const count = answered.length
  const detail = `${count} of ${asked.length} carriers answered, the first in ${best} ms`
  return { reached: true, by: 'carriers', latencyMs: best, carriers: count, detail }
}

const NOBODY = { reached: false, by: 'nobody', latencyMs: null, carriers: 0 } as const

/** Null for one that does not answer in time. */
async function latencyOf(pinging: Pinging, target: PeerId): Promise<number | null> {
  const { peer, clock, network, timeoutMs, signal } = pinging
  const body = encodeCarriersRequest(network, 0)
  const startMs = clock.monotonicMs()
  try {
    await within(
      clock,
      timeoutMs,
      (limit) => peer.wire.request(target, 'carriers', body, { signal: limit }),
      signal,
    )
  } catch (error: unknown) {
    // One that refuses is there.
    const isThere = error instanceof EzchatError && /REFUSED|BUSY|FULL/.test(error.code)
    if (!isThere) return null
  }
  return Math.max(1, Math.round(clock.monotonicMs() - startMs))
}

function noneWhenLate(error: unknown): readonly PeerId[] {
  if (error instanceof EzchatError) return []
  throw error
}
