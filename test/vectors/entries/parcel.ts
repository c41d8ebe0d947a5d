import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { Secret } from '@ezchat/protocol/crypto/secret.ts'
import { decodeParcel, encodeParcel, type ParcelItem } from '@ezchat/protocol/device/parcel.ts'
import type { DeviceLogHead } from '@ezchat/protocol/identity/device-log.ts'
import { bytes } from '../input.ts'
import type { Entries, JsonObject } from '../vector.ts'

const headOf = ({ seq, hash }: DeviceLogHead): JsonObject => ({ seq, hash: toHex(hash) })

function hexOf(secret: Secret | null): string | null {
  if (secret === null) return null
  const plain = secret.reveal()
  return toHex(plain)
}

function itemOf(item: ParcelItem): JsonObject {
  switch (item.kind) {
    case 'entry':
      return { kind: 'entry', bytes: toHex(item.bytes) }
    case 'introduction': {
      const { token, doorSecret, homeShard, hints, name } = item.introduction
      const secrets = { token: hexOf(token), doorSecret: hexOf(doorSecret) }
      return { kind: 'introduction', ...secrets, homeShard, hints: [...hints], name }
    }
    case 'log':
      return { kind: 'log', seq: item.seq, entries: item.entries.map((entry) => toHex(entry)) }
    case 'copy':
      return { kind: 'copy', identityKey: toHex(item.identityKey), bytes: toHex(item.bytes) }
  }
}

export const entries: Entries = {
  decode(input) {
    const parcel = decodeParcel(bytes(input, 'parcel'))
    const { own, yours } = parcel.heads
    return {
      heads: { own: headOf(own), yours: yours && headOf(yours) },
      items: parcel.items.map(itemOf),
      again: toHex(encodeParcel(parcel)),
    }
  },
}
