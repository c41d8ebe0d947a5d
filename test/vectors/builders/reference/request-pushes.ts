// hello, push, load and sync: requests.md §3 to §5.
import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { Vector } from '../../vector.ts'
import {
  bad,
  envelope,
  fill,
  good,
  HINT,
  hints,
  of,
  prefixed,
  row,
  u16,
  u32,
} from './request-body.ts'

const MAP = row(of(0b1000_0010, 0b0000_0001), new Uint8Array(30))
const NONE = new Uint8Array(32)

export function hellos(): Vector[] {
  const hello = row(of(3), MAP, hints(HINT))
  return [
    good('hello', 'hello', 'A carrier of three shards that takes part in stems.', hello, {
      ...{ isCarrier: true, shards: [1, 7, 8], isStem: true, addresses: [HINT] },
    }),
    good('hello', 'hello-light', 'A client that carries nothing.', row(of(0), NONE, of(0)), {
      ...{ isCarrier: false, shards: [], isStem: false, addresses: [] },
    }),
    bad(
      'hello',
      'hello-flags',
      'A flag of a later time.',
      'REQUEST_FIELD',
      row(of(4), NONE, of(0)),
    ),
    bad(
      'hello',
      'hello-shards-of-none',
      'Shards of who is no carrier.',
      'REQUEST_FIELD',
      row(of(2), MAP, of(0)),
    ),
    bad(
      'hello',
      'hello-foreign-shard',
      'Shard 16 where there are 16.',
      'REQUEST_FIELD',
      row(of(1, 0, 0, 1), new Uint8Array(29), of(0)),
    ),
    bad('hello', 'hello-hints-5', 'One hint too many.', 'REQUEST_LIMIT', row(of(1), MAP, of(5))),
    bad(
      'hello',
      'hello-hint-text',
      'A hint that is no multiaddr.',
      'REQUEST_TEXT',
      row(of(1), MAP, hints('192.0.2.1')),
    ),
    bad(
      'hello',
      'hello-hint-twice',
      'The same hint twice.',
      'REQUEST_ORDER',
      row(of(1), MAP, hints(HINT, HINT)),
    ),
    bad('hello', 'hello-cut', 'The hints are missing.', 'REQUEST_TRUNCATED', row(of(1), MAP)),
    bad('hello', 'hello-trailing', 'A byte is left.', 'REQUEST_TRAILING', row(hello, of(0))),
    good('shards', 'shards', 'A change of duty.', row(of(1), MAP), {
      ...{ isCarrier: true, shards: [1, 7, 8] },
    }),
    bad(
      'shards',
      'shards-stem-flag',
      'Stems are spoken of in hello alone.',
      'REQUEST_FIELD',
      row(of(3), MAP),
    ),
  ]
}

export function pushes(): Vector[] {
  const big = { body: row(of(2), envelope(1), of(4)), zeroBytes: 65_536 }
  return [
    good(
      'push',
      'push',
      'Two envelopes; whether they hold is asked elsewhere.',
      row(of(2), envelope(1), envelope(2)),
      [1024, 1024],
    ),
    good(
      'push',
      'push-largest',
      'One envelope of the largest size.',
      { body: of(1, 4), zeroBytes: 65_536 },
      [65_536],
    ),
    bad('push', 'push-none', 'Nothing is pushed.', 'REQUEST_FIELD', of(0)),
    bad(
      'push',
      'push-65',
      'One more than there may be, before any of them is read.',
      'REQUEST_LIMIT',
      of(65),
    ),
    bad('push', 'push-bytes', 'More bytes together than there may be.', 'REQUEST_LIMIT', big),
    bad('push', 'push-size-0', 'There is no size 0.', 'REQUEST_FIELD', of(1, 0)),
    bad('push', 'push-size-5', 'There is no size 5.', 'REQUEST_FIELD', of(1, 5)),
    bad('push', 'push-cut', 'The envelope lacks a byte.', 'REQUEST_TRUNCATED', {
      body: of(1, 1),
      zeroBytes: 1023,
    }),
    bad('push', 'push-trailing', 'A byte is left.', 'REQUEST_TRAILING', {
      body: of(1, 1),
      zeroBytes: 1025,
    }),
  ]
}

export function pushAnswers(): Vector[] {
  const receipt = row(of(1), fill(246, 5))
  const outcomes = row(of(3), receipt, of(2), prefixed(of(9, 9)), of(3), u16(4))
  return [
    good('pushed', 'pushed', 'Kept, dropped by its owner, no room.', outcomes, [
      { kind: 'receipt', receipt: toHex(fill(246, 5)) },
      { kind: 'dropped', drop: '0909' },
      { kind: 'refused', status: 4 },
    ]),
    bad('pushed', 'pushed-none', 'An answer to nothing.', 'REQUEST_FIELD', of(0)),
    bad(
      'pushed',
      'pushed-65',
      'More outcomes than envelopes can be pushed.',
      'REQUEST_LIMIT',
      of(65),
    ),
    bad('pushed', 'pushed-kind', 'An outcome of a later time.', 'REQUEST_KIND', of(1, 4)),
    bad(
      'pushed',
      'pushed-status-0',
      'A refusal that says that all is well.',
      'REQUEST_FIELD',
      of(1, 3, 0, 0),
    ),
    bad('pushed', 'pushed-drop-empty', 'A drop of no bytes.', 'REQUEST_LENGTH', of(1, 2, 0, 0)),
    bad('pushed', 'pushed-drop-long', 'A drop longer than drops are.', 'REQUEST_LIMIT', {
      body: row(of(1, 2), u16(8496)),
      zeroBytes: 8496,
    }),
    bad(
      'pushed',
      'pushed-receipt-cut',
      'A receipt lacks a byte.',
      'REQUEST_TRUNCATED',
      row(of(1, 1), fill(132, 5)),
    ),
    bad('pushed', 'pushed-long', 'More bytes than an answer may have.', 'REQUEST_LIMIT', {
      body: of(1, 3, 0, 1),
      zeroBytes: 66_000,
    }),
  ]
}

export function loads(): Vector[] {
  const ids = [fill(16, 1), fill(16, 2)]
  const load = row(u16(3), u16(2), ...ids)
  return [
    good('load', 'load', 'Two ids of shard 3.', load, { shard: 3, shortIds: ids.map(toHex) }),
    bad(
      'load',
      'load-none',
      'A load of no ids asks for nothing.',
      'REQUEST_FIELD',
      row(u16(3), u16(0)),
    ),
    bad(
      'load',
      'load-1025',
      'One id too many, before any is read.',
      'REQUEST_LIMIT',
      row(u16(3), u16(1025)),
    ),
    bad(
      'load',
      'load-twice',
      'The same id twice.',
      'REQUEST_ORDER',
      row(u16(3), u16(2), ids[0]!, ids[0]!),
    ),
    bad(
      'load',
      'load-descending',
      'Ids that descend.',
      'REQUEST_ORDER',
      row(u16(3), u16(2), ids[1]!, ids[0]!),
    ),
    bad(
      'load',
      'load-foreign-shard',
      'A shard that the network does not have.',
      'REQUEST_FIELD',
      row(u16(16), u16(1), ids[0]!),
    ),
    bad('load', 'load-cut', 'An id lacks a byte.', 'REQUEST_TRUNCATED', load.subarray(0, -1)),
    bad('load', 'load-trailing', 'A byte is left.', 'REQUEST_TRAILING', row(load, of(0))),
  ]
}

export function loadAnswers(): Vector[] {
  return [
    good(
      'loaded',
      'loaded',
      'Two ids were dealt with, one is held.',
      row(u16(2), of(1), envelope(1)),
      {
        takenCount: 2,
        envelopes: [1024],
      },
    ),
    bad(
      'loaded',
      'loaded-none-taken',
      'Whoever asks on would ask for ever.',
      'REQUEST_FIELD',
      row(u16(0), of(0)),
    ),
    bad(
      'loaded',
      'loaded-more',
      'More envelopes than ids.',
      'REQUEST_FIELD',
      row(u16(1), of(2), envelope(1), envelope(2)),
    ),
    good('sync', 'sync', 'A message of sync.md, to the end.', row(u32(7), of(1, 2)), {
      exchange: 7,
      message: '0102',
    }),
    bad('sync', 'sync-empty', 'A step that says nothing.', 'REQUEST_LENGTH', u32(7)),
    bad('sync', 'sync-long', 'More than a message of sync.md may have.', 'REQUEST_LIMIT', {
      body: u32(7),
      zeroBytes: 65_537,
    }),
  ]
}
