import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import { type Right, verifyWarrant } from '@ezchat/protocol/mailbox/warrant.ts'
import { bytes, number, text } from '../input.ts'
import type { Entries } from '../vector.ts'

export const entries: Entries = {
  verify: (input, crypto) =>
    toHex(
      verifyWarrant(crypto, bytes(input, 'warrant'), {
        networkId: bytes(input, 'networkId'),
        mailbox: bytes(input, 'mailbox'),
        right: text(input, 'right') as Right,
        nowSeconds: number(input, 'nowSeconds'),
      }),
    ),
}
