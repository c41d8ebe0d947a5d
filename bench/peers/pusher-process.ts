// Pushes to a carrier over one connection, as fast as it answers. What is pushed is made before,
// and receipts are verified after the time is taken: both cost the sender, not the carrier.
import { openWire } from '@ezchat/node/net/open-wire.ts'
import { peerKeyOf } from '@ezchat/node/net/peer-id.ts'
import { PROFILES } from '@ezchat/node/net/profiles.ts'
import { nodeClock } from '@ezchat/node/node-clock.ts'
import { MemoryKeyValue } from '@ezchat/node/store/memory-store.ts'
import { equalBytes } from '@ezchat/protocol/codec/bytes.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import { expiresAtSecondsOf } from '@ezchat/protocol/envelope/decode.ts'
import { envelopeIdOf } from '@ezchat/protocol/envelope/id.ts'
import { decodeLayout, encodeEnvelope } from '@ezchat/protocol/envelope/layout.ts'
import { verifyReceipt } from '@ezchat/protocol/receipt/receipt.ts'
import { decodePushed, encodePush } from '@ezchat/protocol/request/push.ts'
import { serveOrders } from './forked.ts'
import { crypto, ENVELOPE_BYTES, PUSH_NETWORK as network, PUSH_COUNT } from './push-network.ts'
import type { PushOrder } from './push-orders.ts'

const HEADER_BYTES = 47
const STEP_SECONDS = 600
const nowSeconds = () => Math.floor(Date.now() / 1000)
const { signal } = new AbortController()

const wire = await openWire({
  ...{ crypto, clock: nodeClock, network, networkKey: null, keyValue: new MemoryKeyValue() },
  peerSeed: Secret.adopt(crypto.randomBytes(32)),
  listen: ['/ip4/127.0.0.1/tcp/0'],
  profile: PROFILES.test,
  onFailure: (error) => {
    throw new Error('the wire fails', { cause: error })
  },
})
const carrier = await wire.connect(process.argv[2]!, { signal })

interface Push {
  readonly envelopes: readonly Uint8Array[]
  readonly body: Uint8Array
  answer: Uint8Array
}

const prepared: Push[][] = []
let last: Push[] = []

function envelope(): Uint8Array {
  const mailbox = crypto.randomBytes(32)
  mailbox[31]! &= 0x3f
  const timestampSeconds = nowSeconds() - (nowSeconds() % STEP_SECONDS)
  const body = crypto.randomBytes(ENVELOPE_BYTES - HEADER_BYTES)
  const shard = mailbox[0]! % 2 ** network.shardBits
  return encodeEnvelope(network, { shard, mailbox, timestampSeconds, nonce: 0n, body })
}

function prepare(count: number): void {
  const pushes = Array.from({ length: count / PUSH_COUNT }, () => {
    const envelopes = Array.from({ length: PUSH_COUNT }, envelope)
    return { envelopes, body: encodePush(envelopes), answer: new Uint8Array() }
  })
  prepared.push(pushes)
}

/** So many requests are always under way. */
async function push(inFlight: number): Promise<void> {
  last = prepared.shift() ?? []
  const waiting = last.values()
  const lane = async () => {
    for (const one of waiting)
      one.answer = await wire.request(carrier, 'push', one.body, { signal })
  }
  await Promise.all(Array.from({ length: inFlight }, lane))
}

function countReceipts(): number {
  let count = 0
  for (const { envelopes, answer } of last) {
    for (const [at, outcome] of decodePushed(answer).entries()) {
      if (outcome.kind === 'receipt' && isHolding(envelopes[at]!, outcome.receipt)) count++
    }
  }
  return count
}

function isHolding(bytes: Uint8Array, receipt: Uint8Array): boolean {
  const { timestampSeconds } = decodeLayout(network, bytes)
  const verified = verifyReceipt(crypto, receipt, {
    networkId: network.id,
    envelopeId: envelopeIdOf(crypto, network, bytes),
    expiresAt: expiresAtSecondsOf(network, timestampSeconds),
    nowSeconds: nowSeconds(),
  })
  return verified !== null && equalBytes(verified.carrier, peerKeyOf(carrier)!)
}

serveOrders(async (message) => {
  const told = message as PushOrder
  if (told.kind === 'prepare') prepare(told.count)
  if (told.kind === 'push') await push(told.inFlight)
  return { receipts: told.kind === 'check' ? countReceipts() : 0 }
})
process.send?.('ready')
