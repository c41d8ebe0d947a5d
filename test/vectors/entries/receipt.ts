import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import {
  countDistinctCarriers,
  signReceipt,
  type VerifiedReceipt,
  verifyReceipt,
} from '@ezchat/protocol/receipt/receipt.ts'
import { bytes, list, number, secret } from '../input.ts'
import type { Entries, JsonObject } from '../vector.ts'

function verify(input: JsonObject, crypto: Crypto, receipt: Uint8Array): VerifiedReceipt | null {
  return verifyReceipt(crypto, receipt, {
    networkId: bytes(input, 'networkId'),
    envelopeId: bytes(input, 'envelopeId'),
    expiresAt: number(input, 'expiresAt'),
    nowSeconds: number(input, 'nowSeconds'),
  })
}

export const entries: Entries = {
  sign: (input, crypto) =>
    toHex(
      signReceipt(crypto, secret(input, 'carrierSeed'), bytes(input, 'networkId'), {
        envelopeId: bytes(input, 'envelopeId'),
        keptUntil: number(input, 'keptUntil'),
      }),
    ),
  verify(input, crypto) {
    const receipt = verify(input, crypto, bytes(input, 'receipt'))
    if (receipt === null) return null
    return { carrier: toHex(receipt.carrier), keptUntil: receipt.keptUntil }
  },
  count(input, crypto) {
    const receipts = list(input, 'receipts').map((receipt) => verify(input, crypto, receipt))
    return countDistinctCarriers(receipts.filter((receipt) => receipt !== null))
  },
}
