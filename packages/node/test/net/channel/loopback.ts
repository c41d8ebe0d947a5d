// Two real libp2p nodes over TCP, noise and yamux: what the channel stands on is part of the test.
import { noise } from '@chainsafe/libp2p-noise'
import { CHANNEL_READ_BUFFER_BYTES } from '@ezchat/node/limits.ts'
import type { Stream } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p, type Libp2p } from 'libp2p'

export const PROTOCOL = '/ezchat/test/request/1'

export interface Node {
  readonly libp2p: Libp2p
  readonly id: string
  /** Each stream that somebody opened to this node, before anything was awaited. */
  onStream: (stream: Stream, peer: string) => void
  open(to: Node, signal?: AbortSignal): Promise<Stream>
  stop(): Promise<void>
}

export async function startNode(): Promise<Node> {
  const streamOptions = { maxStreamWindowSize: CHANNEL_READ_BUFFER_BYTES }
  const libp2p = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux({ streamOptions })],
    connectionMonitor: { enabled: false },
    connectionManager: { inboundConnectionThreshold: 1000 },
  })
  const node: Node = {
    libp2p,
    id: libp2p.peerId.toString(),
    onStream: (stream) => stream.abort(new Error('nobody takes it')),
    open: (to, signal) =>
      libp2p.dialProtocol(
        to.libp2p.getMultiaddrs(),
        PROTOCOL,
        signal === undefined ? {} : { signal },
      ),
    stop: async () => {
      await libp2p.stop()
    },
  }
  const limits = { maxInboundStreams: 64, maxOutboundStreams: 64 }
  await libp2p.handle(
    PROTOCOL,
    (stream, connection) => node.onStream(stream, connection.remotePeer.toString()),
    limits,
  )
  return node
}
