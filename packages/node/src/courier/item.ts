// One message in the outbox, as it is in memory and on disk.
import { equalBytes } from '@ezchat/protocol/codec/bytes.ts'
import { Reader } from '@ezchat/protocol/codec/reader.ts'
import { Writer } from '@ezchat/protocol/codec/writer.ts'
import { ID_BYTES, RECEIPT_BYTES } from '@ezchat/protocol/constants.ts'
import { ProtocolError } from '@ezchat/protocol/errors.ts'
import { COURIER_RECEIPTS_MAX } from '../limits.ts'
import { withCheck, withoutCheck } from '../store/checked-record.ts'
import type { Place, Queue } from './layout.ts'
import { type Hop, readHops, writeHops } from './story.ts'

const ITEM_VERSION = 1
/** Numbers are on disks: new ones go to the end. */
const STATES = ['trying', 'stored', 'done', 'dropped', 'expired'] as const
const QUEUES: readonly Queue[] = ['trying', 'resting']
const CARRIER_AT = 37

/** trying and stored ones are looked after; the others are remembered for a while. */
export type ItemState = (typeof STATES)[number]

export interface ItemRecord {
  state: ItemState
  /** Cover traffic: treated like any other, and told to nobody. */
  readonly isDummy: boolean
  /** Where its row is. */
  place: Place
  /** Drafted together, handed over in their order. */
  readonly submissionUs: number
  /** What the postage is for; also shows whether the disk has kept the envelope as it was. */
  readonly contentHash: Uint8Array
  readonly bytesLength: number
  readonly shard: number
  readonly expiresAtSeconds: number
  /** Found and written, and never searched for again. */
  nonce: bigint | null
  /** Tries since something was last achieved. */
  attemptCount: number
  /** Of distinct carriers. */
  readonly receipts: Uint8Array[]
  readonly hops: Hop[]
}

export function encodeItem(item: ItemRecord): Uint8Array {
  const { place, nonce, receipts } = item
  const writer = new Writer(160 + receipts.length * RECEIPT_BYTES + item.hops.length * 24)
    .u8(ITEM_VERSION)
    .u8(STATES.indexOf(item.state))
    .u8(item.isDummy ? 1 : 0)
    .u8(QUEUES.indexOf(place.queue))
    .u64(BigInt(place.atUs))
    .u64(BigInt(item.submissionUs))
    .bytes(item.contentHash, ID_BYTES)
    .u32(item.bytesLength)
    .u16(item.shard)
    .u32(item.expiresAtSeconds)
    .u8(nonce === null ? 0 : 1)
    .u64(nonce ?? 0n)
    .u16(Math.min(item.attemptCount, 0xffff))
    .u8(receipts.length)
  for (const receipt of receipts) writer.bytes(receipt, RECEIPT_BYTES)
  writeHops(writer, item.hops)
  return withCheck(writer.finish())
}

/** Null when the disk has changed it. */
export function decodeItem(checked: Uint8Array): ItemRecord | null {
  const bytes = withoutCheck(checked)
  if (bytes === null) return null
  try {
    return readItem(new Reader(bytes, 'STATE'))
  } catch (error: unknown) {
    // A newer version's record is none of ours to touch.
    if (error instanceof ProtocolError && error.code !== 'STATE_VERSION') return null
    throw error
  }
}

function readItem(reader: Reader): ItemRecord {
  reader.version(ITEM_VERSION)
  const state = STATES[reader.u8()] ?? reader.fail('KIND', 'a state')
  const isDummy = reader.within(reader.u8(), 0, 1, 'dummy') === 1
  const queue = QUEUES[reader.u8()] ?? reader.fail('KIND', 'a queue')
  const place = { queue, atUs: Number(reader.u64()) }
  const submissionUs = Number(reader.u64())
  const contentHash = reader.bytes(ID_BYTES).slice()
  const bytesLength = reader.u32()
  const shard = reader.u16()
  const expiresAtSeconds = reader.u32()
  const isStamped = reader.within(reader.u8(), 0, 1, 'stamp') === 1
  const found = reader.u64()
  const attemptCount = reader.u16()
  const count = reader.within(reader.u8(), 0, COURIER_RECEIPTS_MAX, 'count of receipts')
  const receipts = Array.from({ length: count }, () => reader.bytes(RECEIPT_BYTES).slice())
  const hops = readHops(reader)
  reader.end()
  const nonce = isStamped ? found : null
  const rest = { bytesLength, shard, expiresAtSeconds, nonce, attemptCount, receipts, hops }
  return { state, isDummy, place, submissionUs, contentHash, ...rest }
}

/** Of a receipt that was verified, or of one that we kept. */
export function carrierKeyOf(receipt: Uint8Array): Uint8Array {
  return receipt.subarray(CARRIER_AT, CARRIER_AT + 32)
}

/** False when this carrier's is there already, or there is no room for more. */
export function addReceipt({ receipts }: ItemRecord, receipt: Uint8Array): boolean {
  if (receipts.length >= COURIER_RECEIPTS_MAX) return false
  const carrier = carrierKeyOf(receipt)
  if (receipts.some((other) => equalBytes(carrierKeyOf(other), carrier))) return false
  receipts.push(receipt.slice())
  return true
}

/**
 * waits: there is no stem peer to hand it to. paced: there is, and others come first. unsure: it has
 * expired, if the clock is right.
 */
export type Stage =
  | 'loaded'
  | 'stamping'
  | 'stamped'
  | 'waits'
  | 'unsure'
  | 'paced'
  | 'stem'
  | 'delivery'
  | 'leaving'

/** One that is being looked after, whose envelope is in memory. */
export interface ActiveItem extends ItemRecord {
  readonly reference: Uint8Array
  /** The reference as a key of maps. */
  readonly name: string
  stage: Stage
  envelope: Uint8Array
  /** Known once it is stamped. */
  id: Uint8Array | null
  /** On the monotonic clock; infinite when nobody waits for a time. */
  checkAtMs: number
  /** When what is going on began, on the same clock. */
  sinceMs: number
  /** Ends a search or a delivery. */
  cancel: (() => void) | null
  hasNews: boolean
}
