// The process that answers requests. Ends with the one that started it.
import { Channels } from '@ezchat/node/net/channel/channels.ts'
import { nodeClock } from '@ezchat/node/node-clock.ts'
import { loopbackNode } from './loopback-node.ts'
import { answerTo, CHANNEL_PROTOCOL, METHODS, SINGLE_PROTOCOL, UNLIMITED } from './request-work.ts'

const node = await loopbackNode()
const channels = new Channels({
  clock: nodeClock,
  methods: METHODS,
  open: () => Promise.reject(new Error('it only answers')),
  isConnected: () => false,
  onOffence: (_peer, offence) => {
    throw new Error(`an honest asker is blamed: ${offence}`)
  },
  onFailure: (method, error) => {
    throw new Error(method, { cause: error })
  },
  // What one peer may ask is a limit of its own, and not what is measured.
  rate: UNLIMITED,
})
channels.handle('turn', async (_peer, body) => answerTo(body))

await node.handle(CHANNEL_PROTOCOL, (stream, connection) =>
  channels.accept(stream, connection.remotePeer.toString()),
)
await node.handle(
  SINGLE_PROTOCOL,
  (stream) => {
    const pieces: Uint8Array[] = []
    stream.addEventListener('message', ({ data }) => pieces.push(data.subarray()))
    stream.addEventListener('remoteCloseWrite', () => {
      // What came with the end is dispatched after it.
      queueMicrotask(() => {
        stream.send(answerTo(Buffer.concat(pieces)))
        void stream.close()
      })
    })
  },
  { maxInboundStreams: 128 },
)

process.on('disconnect', () => process.exit())
process.send?.(node.getMultiaddrs().map(String))
