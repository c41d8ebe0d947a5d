// What the control API says about the daemon itself and the network around it.
import { Failure } from '@ezchat/protocol/control/failures.ts'
import type { ResultOf } from '@ezchat/protocol/control/methods.ts'
import type { PeerView } from '@ezchat/protocol/control/values.ts'
import type { Verbs } from '../control/dispatcher.ts'
import { peerKeyOf } from '../net/peer-id.ts'
import { examineDaemon, problemsOf } from './examine-daemon.ts'
import { pingContact, pingPeer } from './ping.ts'
import type { Running } from './running.ts'

type PeerVerbs = Pick<Verbs, 'status' | 'peers' | 'ping' | 'doctor' | 'privacy' | 'stop'>

const PING_MS_USUAL = 10_000
const PEERS_LISTED_MAX = 1000
const ADDRESSES_LISTED_MAX = 16

export function peerVerbs(running: Running): PeerVerbs {
  const { peer, messenger } = running
  return {
    status: () => statusOf(running),
    async peers() {
      const views = peer.wire.peers().map((each) => viewOf(running, each.peer, each.isDialled))
      const sorted = views.sort((a, b) => Number(b.isDialled) - Number(a.isDialled))
      return { peers: sorted.slice(0, PEERS_LISTED_MAX) }
    },
    async ping({ peer: target, timeoutMs = PING_MS_USUAL }, { signal }) {
      const pinging = { ...running, timeoutMs, signal }
      if (peerKeyOf(target) !== null) return pingPeer(pinging, target)
      if (messenger === null) throw new Failure('PEER_UNKNOWN', target)
      const shard = messenger.contacts.homeShard(target)
      if (shard !== null) return pingContact(pinging, shard)
      const detail = 'where they live is not known yet'
      return { reached: false, by: 'nobody', latencyMs: null, carriers: 0, detail }
    },
    doctor: async () => ({ checks: await examineDaemon(running) }),
    async privacy({ mode }) {
      peer.courier.setMode(mode)
      return {}
    },
    async stop() {
      running.stop()
      return {}
    },
  }
}

function viewOf({ peer }: Running, name: string, isDialled: boolean): PeerView {
  const presence = peer.carrier.neighbours.get(name)
  const addresses = peer.wire.addressesOf(name).slice(0, ADDRESSES_LISTED_MAX)
  const isCarrier = presence?.isCarrier ?? false
  const shards = countBits(presence?.shards)
  return { peer: name, isDialled, isCarrier, addresses, shards, latencyMs: null }
}

function countBits(map: Uint8Array | undefined): number {
  let count = 0
  for (const byte of map ?? []) for (let rest = byte; rest > 0; rest &= rest - 1) count++
  return count
}

async function statusOf(running: Running): Promise<ResultOf<'status'>> {
  const { peer, messenger, network, clock, version, startedMs } = running
  const { usage, shards } = peer.carrier.status
  const own = messenger?.identity() ?? null
  const messages = (await messenger?.status()) ?? NO_MESSAGES
  const problems = [...(await problemsOf(running)), ...messages.problems]
  const { queued, stored, unread, oldestQueuedAt } = messages
  return {
    version,
    health: problems.length === 0 ? 'ok' : 'degraded',
    problems: problems.slice(0, 32),
    uptimeSeconds: Math.floor((clock.monotonicMs() - startedMs) / 1000),
    address: own?.address ?? null,
    peer: peer.wire.self,
    network: network.name,
    privacy: peer.courier.mode,
    listen: peer.wire.addresses(),
    peers: peer.wire.peers().length,
    carriers: own === null ? 0 : peer.carrier.book.known(own.homeShard).length,
    shards: shards.length,
    envelopes: usage.count,
    storeBytes: usage.bytesCharged,
    quotaBytes: usage.quotaBytes,
    ...{ queued, stored, unread, oldestQueuedAt },
    memoryBytes: process.memoryUsage.rss(),
    syncing: running.progress.current,
  }
}

const NO_MESSAGES = { queued: 0, stored: 0, unread: 0, oldestQueuedAt: null, problems: [] }
