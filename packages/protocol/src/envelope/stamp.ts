// From a sealed envelope to one that carriers accept.
import { ENVELOPE_BOUND_BYTES } from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { assert } from '../errors.ts'
import type { PostageTask } from '../ports.ts'
import { trialsExpectedOf } from '../postage/price.ts'
import { contentHashOf } from './id.ts'
import { type EnvelopeRules, isAllowedSize } from './rules.ts'

/** What the postage worker has to find a nonce for. */
export function postageTaskOf(
  crypto: Crypto,
  network: EnvelopeRules,
  envelope: Uint8Array,
): PostageTask {
  assert(isAllowedSize(network, envelope.length), 'expected an envelope of this network')
  return {
    contentHash: contentHashOf(crypto, network, envelope),
    trialsExpected: trialsExpectedOf(network, envelope.length),
  }
}

/** The same envelope with another nonce. */
export function stampEnvelope(envelope: Uint8Array, nonce: bigint): Uint8Array {
  const stamped = Uint8Array.from(envelope)
  new DataView(stamped.buffer).setBigUint64(ENVELOPE_BOUND_BYTES, nonce)
  return stamped
}
