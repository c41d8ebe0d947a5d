import { DAY_SECONDS, TIMESTAMP_AHEAD_SECONDS_MAX } from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { assert, ProtocolError } from '../errors.ts'
import { checkNonce, checkPaid } from '../postage/check.ts'
import { effortOf, thresholdOf, trialsExpectedOf } from '../postage/price.ts'
import { envelopeIdOf } from './id.ts'
import { decodeLayout, type EnvelopeFields } from './layout.ts'
import type { EnvelopeRules } from './rules.ts'

/** An envelope that this network accepted at one time. Its parts are views of `bytes`. */
export interface Envelope extends EnvelopeFields {
  readonly bytes: Uint8Array
  readonly id: Uint8Array
  /** The first second in which carriers no longer keep it. */
  readonly expiresAtSeconds: number
  /** The trials that its id is worth; at least what the network asks for. */
  readonly effort: number
}

export interface DecodeContext {
  readonly network: EnvelopeRules
  readonly nowSeconds: number
}

/** What a full carrier evicts last. */
export function effortPerKibOf(envelope: Pick<Envelope, 'bytes' | 'effort'>): number {
  return Math.floor(envelope.effort / (envelope.bytes.length / 1024))
}

export function expiresAtSecondsOf(network: EnvelopeRules, timestampSeconds: number): number {
  return timestampSeconds + network.ttlDays * DAY_SECONDS
}

/** envelope.md §3, in its order: what costs nothing first, the hash last. */
export function decodeEnvelope(
  crypto: Crypto,
  { network, nowSeconds }: DecodeContext,
  bytes: Uint8Array,
): Envelope {
  assert(Number.isSafeInteger(nowSeconds), 'expected whole seconds')
  const fields = decodeLayout(network, bytes)
  const { timestampSeconds, nonce } = fields
  const expiresAtSeconds = expiresAtSecondsOf(network, timestampSeconds)
  if (nowSeconds >= expiresAtSeconds) throw new ProtocolError('ENVELOPE_EXPIRED')
  if (timestampSeconds > nowSeconds + TIMESTAMP_AHEAD_SECONDS_MAX) {
    throw new ProtocolError('ENVELOPE_FUTURE')
  }
  const threshold = thresholdOf(trialsExpectedOf(network, bytes.length))
  checkNonce(nonce, threshold)
  const id = envelopeIdOf(crypto, network, bytes)
  checkPaid(id, threshold)
  return { ...fields, bytes, id, expiresAtSeconds, effort: effortOf(id) }
}
