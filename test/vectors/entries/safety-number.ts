import { safetyNumber, safetyNumberGroups } from '@ezchat/protocol/identity/safety-number.ts'
import { bytes } from '../input.ts'
import type { Entries } from '../vector.ts'

export const entries: Entries = {
  number: (input, crypto) =>
    safetyNumber(crypto, bytes(input, 'identityKey'), bytes(input, 'otherKey')),
  groups: (input, crypto) => [
    ...safetyNumberGroups(crypto, bytes(input, 'identityKey'), bytes(input, 'otherKey')),
  ],
}
