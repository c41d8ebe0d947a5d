// The network that everybody is in who says nothing else: network.md §6 has the reasons.
import type { NetworkTerms } from './descriptor.ts'

export const DEFAULT_NETWORK = {
  name: 'ezchat',
  shardBits: 8,
  ttlDays: 30,
  price: 137,
  bucketsMask: 0b1111,
  keyCheck: null,
} as const satisfies NetworkTerms
