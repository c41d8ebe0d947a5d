// The process that asks: as often as it is told, always so many at once. Every answer is compared.
import { Channels } from '@ezchat/node/net/channel/channels.ts'
import { nodeClock } from '@ezchat/node/node-clock.ts'
import type { Connection } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { serveOrders } from './forked.ts'
import { loopbackNode } from './loopback-node.ts'
import {
  CHANNEL_PROTOCOL,
  isAnswerTo,
  METHODS,
  request,
  SINGLE_PROTOCOL,
  UNLIMITED,
  type Work,
} from './request-work.ts'

const addresses = process.argv.slice(2).map((text) => multiaddr(text))
const node = await loopbackNode()
const connection: Connection = await node.dial(addresses)
const { signal } = new AbortController()
const channels = new Channels({
  clock: nodeClock,
  methods: METHODS,
  open: () => connection.newStream(CHANNEL_PROTOCOL),
  isConnected: () => true,
  onOffence: (_peer, offence) => {
    throw new Error(`an honest answerer is blamed: ${offence}`)
  },
  onFailure: (method, error) => {
    throw new Error(method, { cause: error })
  },
  rate: UNLIMITED,
})

async function askAlone(body: Uint8Array): Promise<Uint8Array> {
  const stream = await connection.newStream(SINGLE_PROTOCOL, { maxOutboundStreams: 128 })
  return new Promise((resolve, reject) => {
    const pieces: Uint8Array[] = []
    stream.addEventListener('message', ({ data }) => pieces.push(data.subarray()))
    stream.addEventListener('close', ({ error }) => {
      if (error === undefined) resolve(Buffer.concat(pieces))
      else reject(error)
    })
    stream.send(body)
    stream.close().catch(reject)
  })
}

async function work({ way, bodyBytes, count, inFlight }: Work): Promise<number> {
  let next = 0
  let rightCount = 0
  const lane = async () => {
    while (next < count) {
      const body = request(bodyBytes, next++)
      const answer =
        way === 'channel'
          ? await channels.request('answerer', 'turn', body, { signal })
          : await askAlone(body)
      if (isAnswerTo(answer, body)) rightCount++
    }
  }
  await Promise.all(Array.from({ length: inFlight }, lane))
  return rightCount
}

serveOrders(async (told) => ({ rightCount: await work(told as Work) }))
process.send?.('ready')
