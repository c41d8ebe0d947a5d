import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import { decodeAddress, encodeAddress } from '@ezchat/protocol/identity/address.ts'
import { bytes, text } from '../input.ts'
import type { Entries } from '../vector.ts'

export const entries: Entries = {
  decode(input) {
    const key = decodeAddress(text(input, 'address'))
    return key === null ? null : toHex(key)
  },
  encode: (input) => encodeAddress(bytes(input, 'key')),
}
