import { ENVELOPE_BOUND_BYTES } from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { XCHACHA_NONCE_BYTES } from '../crypto/lengths.ts'
import type { Secret } from '../crypto/secret.ts'
import { ProtocolError } from '../errors.ts'
import { associatedData, decodeLayout, type EnvelopeHeader } from './layout.ts'
import { unpad } from './padding.ts'
import type { EnvelopeRules } from './rules.ts'

export interface OpenedEnvelope {
  readonly header: EnvelopeHeader
  readonly content: Uint8Array
  /** Cover traffic, to be forgotten. */
  readonly isDummy: boolean
}

/**
 * envelope.md §4. Null when `keyOf` knows no such mailbox. Asks nothing about time and postage:
 * these were the carriers' concern, and their clocks are not ours.
 */
export function openEnvelope(
  crypto: Crypto,
  network: EnvelopeRules,
  envelope: Uint8Array,
  keyOf: (mailbox: Uint8Array) => Secret | null,
): OpenedEnvelope | null {
  const { shard, mailbox, timestampSeconds, body } = decodeLayout(network, envelope)
  const key = keyOf(mailbox)
  if (key === null) return null
  const padded = crypto.xchachaOpen(
    key,
    body.subarray(0, XCHACHA_NONCE_BYTES),
    associatedData(network, envelope.subarray(0, ENVELOPE_BOUND_BYTES)),
    body.subarray(XCHACHA_NONCE_BYTES),
  )
  if (padded === null) throw new ProtocolError('ENVELOPE_SEAL')
  const content = unpad(padded)
  const header = { shard, mailbox, timestampSeconds }
  return { header, content, isDummy: content.length === 0 }
}
