// A libp2p node with what requests need: TCP, noise and yamux, on loopback.
import { noise } from '@chainsafe/libp2p-noise'
import { STREAM_WINDOW_BYTES_MAX } from '@ezchat/node/limits.ts'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p, type Libp2p } from 'libp2p'

export function loopbackNode(): Promise<Libp2p> {
  return createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux({ streamOptions: { maxStreamWindowSize: STREAM_WINDOW_BYTES_MAX } })],
    connectionMonitor: { enabled: false },
  })
}
