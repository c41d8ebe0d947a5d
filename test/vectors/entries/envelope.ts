import { equalBytes, toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { BucketBytes } from '@ezchat/protocol/constants.ts'
import { decodeEnvelope } from '@ezchat/protocol/envelope/decode.ts'
import { openEnvelope } from '@ezchat/protocol/envelope/open.ts'
import type { EnvelopeRules } from '@ezchat/protocol/envelope/rules.ts'
import { sealEnvelopeWith } from '@ezchat/protocol/envelope/seal.ts'
import { bytes, number, secret } from '../input.ts'
import type { Entries, JsonObject } from '../vector.ts'

function rules(input: JsonObject): EnvelopeRules {
  return {
    id: bytes(input, 'networkId'),
    shardBits: number(input, 'shardBits'),
    ttlDays: number(input, 'ttlDays'),
    price: number(input, 'price'),
    bucketsMask: number(input, 'bucketsMask'),
  }
}

export const entries: Entries = {
  decode(input, crypto) {
    const context = { network: rules(input), nowSeconds: number(input, 'nowSeconds') }
    const envelope = decodeEnvelope(crypto, context, bytes(input, 'envelope'))
    return {
      id: toHex(envelope.id),
      shard: envelope.shard,
      mailbox: toHex(envelope.mailbox),
      timestamp: envelope.timestampSeconds,
      nonce: envelope.nonce.toString(16).padStart(16, '0'),
      bodyBytes: envelope.body.length,
      expiresAt: envelope.expiresAtSeconds,
      effort: envelope.effort,
    }
  },
  seal(input, crypto) {
    const bucketBytes = number(input, 'bucketBytes') as BucketBytes
    const request = {
      shard: number(input, 'shard'),
      mailbox: bytes(input, 'mailbox'),
      key: secret(input, 'key'),
      nowSeconds: number(input, 'nowSeconds'),
      content: bytes(input, 'content'),
      bucketBytes,
    }
    return toHex(sealEnvelopeWith(crypto, rules(input), request, bytes(input, 'sealNonce')))
  },
  open(input, crypto) {
    const mine = bytes(input, 'mailbox')
    const key = secret(input, 'key')
    const keyOf = (mailbox: Uint8Array) => (equalBytes(mailbox, mine) ? key : null)
    const opened = openEnvelope(crypto, rules(input), bytes(input, 'envelope'), keyOf)
    if (opened === null) return null
    return { content: toHex(opened.content), isDummy: opened.isDummy }
  },
}
