import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { ProtocolError } from '@ezchat/protocol/errors.ts'
import { openRecord } from '@ezchat/protocol/identity/record.ts'
import {
  selectRecord,
  type ValidatedRecord,
  validateRecord,
} from '@ezchat/protocol/identity/record-validator.ts'
import { bytes, list, number, secret } from '../input.ts'
import type { Entries, JsonObject } from '../vector.ts'

/** Null for one that may not be kept. */
function valid(input: JsonObject, crypto: Crypto, record: Uint8Array): ValidatedRecord | null {
  try {
    const check = { networkId: bytes(input, 'networkId'), nowSeconds: number(input, 'nowSeconds') }
    return validateRecord(crypto, bytes(input, 'name'), record, check).record
  } catch (error: unknown) {
    if (error instanceof ProtocolError) return null
    throw error
  }
}

export const entries: Entries = {
  validate(input, crypto) {
    const { verdict, record } = validateRecord(
      crypto,
      bytes(input, 'name'),
      bytes(input, 'record'),
      {
        networkId: bytes(input, 'networkId'),
        nowSeconds: number(input, 'nowSeconds'),
        stored: input.stored === undefined ? null : bytes(input, 'stored'),
      },
    )
    const { mailbox, period, sequence, expiresSeconds } = record
    return {
      verdict,
      mailbox: toHex(mailbox),
      period,
      sequence: sequence.toString(),
      expiresSeconds,
    }
  },
  open(input, crypto) {
    const door = {
      networkId: bytes(input, 'networkId'),
      identityKey: bytes(input, 'identityKey'),
      doorSecret: input.doorSecret === null ? null : secret(input, 'doorSecret'),
    }
    const reader = {
      nowSeconds: number(input, 'nowSeconds'),
      shardBits: number(input, 'shardBits'),
    }
    const record = openRecord(crypto, door, bytes(input, 'record'), reader)
    if (record === null) return null
    return {
      sequence: record.sequence.toString(),
      homeShard: record.homeShard,
      profileName: record.profileName,
      hints: [...record.hints],
      log: record.log !== null,
      headSeq: record.head.seq,
      devices: [...record.devices.keys()],
      prekeys: Object.fromEntries([...record.prekeys].map(([id, bundle]) => [id, toHex(bundle)])),
      signedBy: record.signedBy === null ? null : toHex(record.signedBy.id),
    }
  },
  /** The place of the best of those that may be kept. */
  select(input, crypto) {
    const records = list(input, 'records').map((record) => valid(input, crypto, record))
    const best = selectRecord(records.filter((record) => record !== null))
    return best === null ? null : records.indexOf(best)
  },
}
