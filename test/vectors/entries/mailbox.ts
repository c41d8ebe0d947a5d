import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { MailboxBook } from '@ezchat/protocol/mailbox/book.ts'
import { doorPeriod, doorPeriods } from '@ezchat/protocol/mailbox/door.ts'
import {
  type Direction,
  deriveLane,
  laneDay,
  laneDays,
  laneWindow,
} from '@ezchat/protocol/mailbox/lane.ts'
import { type MailboxKind, readableWindow } from '@ezchat/protocol/mailbox/window.ts'
import { bytes, number, secret, text } from '../input.ts'
import type { Entries, JsonObject } from '../vector.ts'

const direction = (input: JsonObject): Direction => (number(input, 'direction') === 0 ? 0 : 1)
const kind = (input: JsonObject): MailboxKind => (text(input, 'kind') === 'door' ? 'door' : 'lane')

function bookOf(input: JsonObject, crypto: Crypto): MailboxBook<string> {
  const book = new MailboxBook<string>(number(input, 'ttlDays'))
  const window = {
    networkId: bytes(input, 'networkId'),
    direction: direction(input),
    firstDay: number(input, 'firstDay'),
    lastDay: number(input, 'lastDay'),
  }
  for (const { mailbox, day } of laneWindow(crypto, secret(input, 'secret'), window)) {
    book.add(mailbox, { owner: 'bob', kind: 'lane', day })
  }
  return book
}

export const entries: Entries = {
  doorPeriod: (input) => doorPeriod(number(input, 'nowSeconds')),
  doorPeriods: (input) => [...doorPeriods(number(input, 'nowSeconds'))],
  laneDay: (input) => laneDay(number(input, 'nowSeconds')),
  laneDays: (input) => [...laneDays(number(input, 'nowSeconds'))],
  lane(input, crypto) {
    const lane = deriveLane(crypto, secret(input, 'secret'), {
      networkId: bytes(input, 'networkId'),
      direction: direction(input),
      day: number(input, 'day'),
    })
    return { mailbox: toHex(lane.mailbox), sealKey: toHex(lane.sealKey.reveal()) }
  },
  window: (input) => ({
    ...readableWindow(kind(input), number(input, 'nowSeconds'), number(input, 'ttlDays')),
  }),
  /** The day of the lane that the mailbox is, or null. */
  find(input, crypto) {
    const book = bookOf(input, crypto)
    book.expire(number(input, 'nowSeconds'))
    return book.find(bytes(input, 'mailbox'))?.day ?? null
  },
}
