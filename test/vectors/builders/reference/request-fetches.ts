// fetch and watch: requests.md §6 and §7.
import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { Vector } from '../../vector.ts'
import { bad, envelope, fill, good, of, prefixed, row, u16, u32 } from './request-body.ts'

const boxes = [fill(32, 1), fill(32, 2)]
const none = u16(0)
const most = u32(65_536)
const mailboxes = row(of(1, 2), ...boxes)
const fetch = (selector: Uint8Array, cursor = none, bytesMax = most) =>
  row(selector, cursor, bytesMax)

export function fetches(): Vector[] {
  return [
    good('fetch', 'fetch-mailboxes', 'Two mailboxes from the beginning.', fetch(mailboxes), {
      selector: { kind: 'mailboxes', mailboxes: boxes.map(toHex) },
      ...{ cursor: null, bytesMax: 65_536 },
    }),
    good(
      'fetch',
      'fetch-prefix',
      'All mailboxes that begin with two bytes, from a cursor.',
      fetch(of(2, 2, 1, 7), prefixed(of(5, 6)), u32(1)),
      {
        selector: { kind: 'prefix', prefix: '0107' },
        ...{ cursor: '0506', bytesMax: 1 },
      },
    ),
    good('fetch', 'fetch-shard', 'A whole shard.', fetch(of(3, 0, 15)), {
      selector: { kind: 'shard', shard: 15 },
      ...{ cursor: null, bytesMax: 65_536 },
    }),
  ]
}

export function badFetches(): Vector[] {
  return [
    bad('fetch', 'fetch-kind', 'A selector of a later time.', 'REQUEST_KIND', fetch(of(4))),
    bad('fetch', 'fetch-no-mailboxes', 'No mailboxes.', 'REQUEST_FIELD', fetch(of(1, 0))),
    bad(
      'fetch',
      'fetch-65-mailboxes',
      'One mailbox too many, before any is read.',
      'REQUEST_LIMIT',
      of(1, 65),
    ),
    bad(
      'fetch',
      'fetch-mailbox-twice',
      'The same mailbox twice.',
      'REQUEST_ORDER',
      fetch(row(of(1, 2), boxes[0]!, boxes[0]!)),
    ),
    bad(
      'fetch',
      'fetch-prefix-empty',
      'Everything that there is.',
      'REQUEST_FIELD',
      fetch(of(2, 0)),
    ),
    bad(
      'fetch',
      'fetch-prefix-32',
      'A mailbox has one form.',
      'REQUEST_FIELD',
      fetch(row(of(2, 32), boxes[0]!)),
    ),
    bad(
      'fetch',
      'fetch-foreign-shard',
      'A shard that the network does not have.',
      'REQUEST_FIELD',
      fetch(of(3, 0, 16)),
    ),
    bad(
      'fetch',
      'fetch-cursor-long',
      'A cursor of 97 bytes.',
      'REQUEST_LIMIT',
      fetch(mailboxes, prefixed(fill(97, 1))),
    ),
    bad(
      'fetch',
      'fetch-bytes-0',
      'No bytes are wanted.',
      'REQUEST_FIELD',
      fetch(mailboxes, none, u32(0)),
    ),
    bad(
      'fetch',
      'fetch-bytes-over',
      'More bytes than an answer has.',
      'REQUEST_FIELD',
      fetch(mailboxes, none, u32(65_537)),
    ),
    bad(
      'fetch',
      'fetch-trailing',
      'A byte is left.',
      'REQUEST_TRAILING',
      row(fetch(mailboxes), of(0)),
    ),
  ]
}

export function fetchAnswers(): Vector[] {
  return [
    good(
      'fetched',
      'fetched',
      'The last of them.',
      row(of(1), envelope(3), prefixed(of(5)), of(1)),
      {
        ...{ envelopes: [1024], cursor: '05', isEnd: true },
      },
    ),
    good(
      'fetched',
      'fetched-nothing-yet',
      'Nothing found so far, and more to look through.',
      row(of(0), prefixed(of(5)), of(0)),
      {
        ...{ envelopes: [], cursor: '05', isEnd: false },
      },
    ),
    bad(
      'fetched',
      'fetched-no-cursor',
      'Nothing to ask on with.',
      'REQUEST_LENGTH',
      row(of(0), none, of(1)),
    ),
    bad(
      'fetched',
      'fetched-end-2',
      'Neither the end nor not.',
      'REQUEST_FIELD',
      row(of(0), prefixed(of(5)), of(2)),
    ),
  ]
}

export function watches(): Vector[] {
  const watch = row(u32(9), of(2, 1, 7), none)
  const arrived = row(u32(9), u32(1), of(1), envelope(3), prefixed(of(5)))
  return [
    good('watch', 'watch', 'A prefix, from the beginning.', watch, {
      ...{ watch: 9, selector: { kind: 'prefix', prefix: '07' }, cursor: null },
    }),
    bad('watch', 'watch-trailing', 'A byte is left.', 'REQUEST_TRAILING', row(watch, of(0))),
    good('unwatch', 'unwatch', 'The end of a watch.', u32(9), 9),
    good('arrived', 'arrived', 'The first notice of a watch.', arrived, {
      ...{ watch: 9, notice: 1, envelopes: [1024], cursor: '05' },
    }),
    bad(
      'arrived',
      'arrived-nothing',
      'A notice of nothing.',
      'REQUEST_FIELD',
      row(u32(9), u32(1), of(0), prefixed(of(5))),
    ),
    bad(
      'arrived',
      'arrived-notice-0',
      'Notices are counted from 1.',
      'REQUEST_FIELD',
      row(u32(9), u32(0), of(1), envelope(3), prefixed(of(5))),
    ),
    good('seen', 'seen', 'Three notices have come.', row(u32(9), u32(3)), { watch: 9, notice: 3 }),
    bad('seen', 'seen-0', 'No notice has come.', 'REQUEST_FIELD', row(u32(9), u32(0))),
  ]
}
