// libp2p walks the DHT at random for whoever looks for a relay, or for somebody to confirm an
// address, and begins the next walk when one ends. Where there is nobody, or few, a walk ends at
// once: libp2p 3.3 then does nothing else. So there is a while between two walks.
import type { Clock } from '@ezchat/protocol/ports.ts'
import { type PeerRouting, peerRoutingSymbol } from '@libp2p/interface'
import type { KadDHT } from '@libp2p/kad-dht'
import { DHT_WALK_MS_LEAST } from '../limits.ts'

interface Router {
  readonly [peerRoutingSymbol]: PeerRouting
}

/** Only libp2p's walks ask the router for the closest peers; lookups of ours do not pass here. */
export function withPacedWalks(clock: Clock, dht: KadDHT): KadDHT {
  const router = (dht as unknown as Router)[peerRoutingSymbol]
  let nextMs = clock.monotonicMs()
  const paced: PeerRouting = {
    findPeer: (peer, options) => router.findPeer(peer, options),
    async *getClosestPeers(key, options) {
      const waitMs = nextMs - clock.monotonicMs()
      if (waitMs > 0) await passed(clock, waitMs, options?.signal ?? null)
      nextMs = clock.monotonicMs() + DHT_WALK_MS_LEAST
      yield* router.getClosestPeers(key, options)
    },
  }
  Object.defineProperty(dht, peerRoutingSymbol, { value: paced })
  return dht
}

function passed(clock: Clock, ms: number, signal: AbortSignal | null): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      cancel()
      reject(signal?.reason)
    }
    const cancel = clock.after(ms, () => {
      signal?.removeEventListener('abort', stop)
      resolve()
    })
    if (signal?.aborted) stop()
    else signal?.addEventListener('abort', stop, { once: true })
  })
}
