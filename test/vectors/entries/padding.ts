import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import { BUCKETS_BYTES } from '@ezchat/protocol/constants.ts'
import { capacityOf, pad, smallestBucket, unpad } from '@ezchat/protocol/envelope/padding.ts'
import { bytes, number } from '../input.ts'
import type { Entries } from '../vector.ts'

export const entries: Entries = {
  pad: (input) => toHex(pad(bytes(input, 'content'), number(input, 'paddedBytes'))),
  unpad: (input) => toHex(unpad(bytes(input, 'padded'))),
  capacities: () => BUCKETS_BYTES.map(capacityOf),
  bucket: (input) => ({
    bytes: smallestBucket(number(input, 'contentBytes'), number(input, 'bucketsMask')),
  }),
}
