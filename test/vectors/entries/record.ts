import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import { openRecord } from '@ezchat/protocol/identity/record.ts'
import { selectRecord, validateRecord } from '@ezchat/protocol/identity/record-validator.ts'
import { bytes, list, number, secret } from '../input.ts'
import type { Entries } from '../vector.ts'

export const entries: Entries = {
  validate(input, crypto) {
    const header = validateRecord(crypto, bytes(input, 'name'), bytes(input, 'record'), {
      networkId: bytes(input, 'networkId'),
      nowSeconds: number(input, 'nowSeconds'),
      stored: input.stored === undefined ? null : bytes(input, 'stored'),
    })
    const { mailbox, period, sequence, expiresSeconds } = header
    return { mailbox: toHex(mailbox), period, sequence: sequence.toString(), expiresSeconds }
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
  select: (input) => selectRecord(list(input, 'records')),
}
