// The fixed layout, without a judgement on time or postage.
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import {
  type BucketBytes,
  ENVELOPE_BOUND_BYTES,
  ENVELOPE_HEADER_BYTES,
  ENVELOPE_VERSION,
  TIMESTAMP_STEP_SECONDS,
} from '../constants.ts'
import { isAcceptableEd25519Key } from '../crypto/ed25519-rules.ts'
import { PUBLIC_KEY_BYTES } from '../crypto/lengths.ts'
import { assert, ProtocolError } from '../errors.ts'
import { assertShard, checkShard } from '../network/shard.ts'
import { type EnvelopeRules, isAllowedSize } from './rules.ts'

/** All that a carrier learns. */
export interface EnvelopeHeader {
  readonly shard: number
  readonly mailbox: Uint8Array
  /** A multiple of TIMESTAMP_STEP_SECONDS. */
  readonly timestampSeconds: number
}

export interface EnvelopeFields extends EnvelopeHeader {
  readonly nonce: bigint
  readonly body: Uint8Array
}

/** The sealed body's length in an envelope of this size. */
export function bodyBytesOf(bucketBytes: BucketBytes): number {
  return bucketBytes - ENVELOPE_HEADER_BYTES
}

/** The header that a writer uses now. The exact second would help whoever links sends to people. */
export function envelopeHeader(to: {
  readonly shard: number
  readonly mailbox: Uint8Array
  readonly nowSeconds: number
}): EnvelopeHeader {
  const { shard, mailbox, nowSeconds } = to
  assert(Number.isSafeInteger(nowSeconds), 'expected whole seconds')
  return { shard, mailbox, timestampSeconds: nowSeconds - (nowSeconds % TIMESTAMP_STEP_SECONDS) }
}

// envelope.md §1
export function encodeHeader(network: EnvelopeRules, header: EnvelopeHeader): Uint8Array {
  const { shard, mailbox, timestampSeconds } = header
  assertShard(network, shard)
  assert(isAcceptableEd25519Key(mailbox), 'expected a mailbox key that readers accept')
  assert(timestampSeconds % TIMESTAMP_STEP_SECONDS === 0, 'expected a rounded timestamp')
  return new Writer(ENVELOPE_BOUND_BYTES)
    .u8(ENVELOPE_VERSION)
    .u16(shard)
    .bytes(mailbox, PUBLIC_KEY_BYTES)
    .u32(timestampSeconds)
    .finish()
}

export function encodeEnvelope(network: EnvelopeRules, fields: EnvelopeFields): Uint8Array {
  const bytes = ENVELOPE_HEADER_BYTES + fields.body.length
  assert(isAllowedSize(network, bytes), 'expected the size of a bucket of this network')
  return new Writer(bytes)
    .bytes(encodeHeader(network, fields))
    .u64(fields.nonce)
    .bytes(fields.body)
    .finish()
}

// envelope.md §3, the steps before time and postage. What it returns are views of `bytes`.
export function decodeLayout(network: EnvelopeRules, bytes: Uint8Array): EnvelopeFields {
  if (!isAllowedSize(network, bytes.length)) {
    throw new ProtocolError('ENVELOPE_LENGTH', `${bytes.length} bytes`)
  }
  const reader = new Reader(bytes, 'ENVELOPE')
  reader.version(ENVELOPE_VERSION)
  const shard = checkShard(network, reader.u16(), 'ENVELOPE')
  const mailbox = reader.bytes(PUBLIC_KEY_BYTES)
  // Only what is cheap: a mailbox that is no point on the curve is merely one that nobody owns.
  if (!isAcceptableEd25519Key(mailbox)) throw new ProtocolError('MAILBOX_INVALID')
  const timestampSeconds = reader.u32()
  if (timestampSeconds % TIMESTAMP_STEP_SECONDS !== 0) reader.fail('FIELD', 'timestamp not rounded')
  const nonce = reader.u64()
  const body = reader.bytes(reader.left)
  return { shard, mailbox, timestampSeconds, nonce, body }
}

/** What a sealed body is bound to: network id ‖ header. envelope.md §4 */
export function associatedData(network: EnvelopeRules, header: Uint8Array): Uint8Array {
  return new Writer(network.id.length + ENVELOPE_BOUND_BYTES)
    .bytes(network.id)
    .bytes(header, ENVELOPE_BOUND_BYTES)
    .finish()
}
