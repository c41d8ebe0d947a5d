// Envelopes and receipts of one network, as the stem machine wants them read: stem.md §5 and §6.
import { toHex } from '../codec/bytes.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { decodeEnvelope, expiresAtSecondsOf } from '../envelope/decode.ts'
import { envelopeIdOf } from '../envelope/id.ts'
import { decodeLayout } from '../envelope/layout.ts'
import type { EnvelopeRules } from '../envelope/rules.ts'
import { ProtocolError } from '../errors.ts'
import { verifyReceipt } from '../receipt/receipt.ts'
import { KnownRoots } from '../receipt/tree.ts'
import type { EnvelopeReader, ReceiptVerifier } from './entry.ts'

export interface StemReaders {
  readonly readEnvelope: EnvelopeReader
  readonly verifyReceipt: ReceiptVerifier
}

export interface StemReaderOptions {
  readonly crypto: Crypto
  readonly network: EnvelopeRules
  /** Wall time; a clock of the host's. */
  readonly nowSeconds: () => number
}

export function stemReaders({ crypto, network, nowSeconds }: StemReaderOptions): StemReaders {
  const readEnvelope: EnvelopeReader = (bytes) => {
    try {
      const context = { network, nowSeconds: nowSeconds() }
      const { id, expiresAtSeconds } = decodeEnvelope(crypto, context, bytes)
      return { id, expiresAtSeconds, isTimely: true }
    } catch (error: unknown) {
      if (!(error instanceof ProtocolError) || error.failure !== 'expired') throw error
      const { timestampSeconds } = decodeLayout(network, bytes)
      const expiresAtSeconds = expiresAtSecondsOf(network, timestampSeconds)
      return { id: envelopeIdOf(crypto, network, bytes), expiresAtSeconds, isTimely: false }
    }
  }
  const roots = new KnownRoots()
  return {
    readEnvelope,
    verifyReceipt(bytes, { id, expiresAtSeconds }) {
      try {
        const receipt = verifyReceipt(crypto, bytes, {
          networkId: network.id,
          envelopeId: id,
          expiresAt: expiresAtSeconds,
          nowSeconds: nowSeconds(),
          roots,
        })
        return receipt === null ? 'forged' : { carrier: toHex(receipt.carrier) }
      } catch (error: unknown) {
        if (!(error instanceof ProtocolError)) throw error
        return error.failure === 'expired' ? 'useless' : 'forged'
      }
    },
  }
}
