import { concatBytes, toHex, utf8 } from '@ezchat/protocol/codec/bytes.ts'
import { ed25519 } from '@noble/curves/ed25519.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import type { Json, JsonObject, Vector } from '../vector.ts'

const NETWORK_ID = sha256(utf8('vector mailbox: network'))
const OTHER_NETWORK_ID = sha256(utf8('vector mailbox: other network'))
const SECRET = sha256(utf8('vector mailbox: lane secret'))
const DAY = 20_500
const DAY_SECONDS = 86_400
const TTL_DAYS = 30
/** test_hs_common.c, test_time_period: Wed, 13 Apr 2016 11:00:00 UTC. */
const TOR_SECONDS = 1_460_545_200

interface LaneInput {
  readonly networkId: Uint8Array
  readonly direction: number
  readonly day: number
}

const LANE: LaneInput = { networkId: NETWORK_ID, direction: 0, day: DAY }

function laneKey(use: string, { networkId, direction, day }: LaneInput): Uint8Array {
  const numbers = new DataView(new ArrayBuffer(5))
  numbers.setUint8(0, direction)
  numbers.setUint32(1, day)
  const info = concatBytes(
    utf8(`ezchat/v1/lane/${use}\0`),
    networkId,
    new Uint8Array(numbers.buffer),
  )
  return hkdf(sha256, SECRET, new Uint8Array(0), info, 32)
}

function mailboxOf(lane: LaneInput): Uint8Array {
  return ed25519.getPublicKey(laneKey('sign', lane))
}

function good(name: string, note: string, entry: string, input: JsonObject, output: Json): Vector {
  return { format: 'mailbox', name, note, entry, input, expect: 'ok', output }
}

function lane(name: string, note: string, terms: LaneInput): Vector {
  const { networkId, direction, day } = terms
  return good(
    name,
    note,
    'lane',
    { secret: toHex(SECRET), networkId: toHex(networkId), direction, day },
    { mailbox: toHex(mailboxOf(terms)), sealKey: toHex(laneKey('seal', terms)) },
  )
}

function lanes(): Vector[] {
  return [
    lane('lane', 'The two keys of a lane: HKDF with a label each and a fixed context.', LANE),
    lane('lane-other-direction', 'The way back is another mailbox.', { ...LANE, direction: 1 }),
    lane('lane-next-day', 'The next day is another mailbox.', { ...LANE, day: DAY + 1 }),
    lane('lane-other-network', 'The same secret in another network is another mailbox.', {
      ...LANE,
      networkId: OTHER_NETWORK_ID,
    }),
    lane('lane-last-day', 'The last day that 32 bits hold.', { ...LANE, day: 0xffffffff }),
  ]
}

function times(): Vector[] {
  const at = (nowSeconds: number): JsonObject => ({ nowSeconds })
  return [
    good(
      'period-before-noon',
      "Tor's own example: one second before noon the period has not changed yet.",
      'doorPeriod',
      at(TOR_SECONDS + 3599),
      16_903,
    ),
    good(
      'period-at-noon',
      "Tor's own example: the period changes at noon UTC.",
      'doorPeriod',
      at(TOR_SECONDS + 3600),
      16_904,
    ),
    good(
      'period-of-clock-at-zero',
      'A clock that was never set is in period 0, not in a negative one.',
      'doorPeriod',
      at(0),
      0,
    ),
    good(
      'periods-open',
      'A reader has the previous, the current and the next door open.',
      'doorPeriods',
      at(TOR_SECONDS),
      [16_902, 16_903, 16_904],
    ),
    good(
      'day-ends',
      'A lane changes at midnight UTC.',
      'laneDay',
      at(DAY * DAY_SECONDS - 1),
      DAY - 1,
    ),
    good(
      'days-open',
      'A reader has the previous, the current and the next lane open.',
      'laneDays',
      at(DAY * DAY_SECONDS),
      [DAY - 1, DAY, DAY + 1],
    ),
    good(
      'window-lane',
      'Thirty days to live and a day at either end for clocks: 33 lanes to know.',
      'window',
      { kind: 'lane', nowSeconds: DAY * DAY_SECONDS, ttlDays: TTL_DAYS },
      { first: DAY - 31, last: DAY + 1 },
    ),
    good(
      'window-door',
      'Doors turn at noon: in the morning the current period is one less than the day.',
      'window',
      { kind: 'door', nowSeconds: DAY * DAY_SECONDS, ttlDays: TTL_DAYS },
      { first: DAY - 32, last: DAY },
    ),
  ]
}

function find(
  name: string,
  note: string,
  mailbox: Uint8Array,
  nowSeconds: number,
  day: number | null,
): Vector {
  const input = {
    secret: toHex(SECRET),
    networkId: toHex(NETWORK_ID),
    direction: 0,
    firstDay: DAY - 1,
    lastDay: DAY + 1,
    ttlDays: TTL_DAYS,
    nowSeconds,
    mailbox: toHex(mailbox),
  }
  const vector = { format: 'mailbox', name, note, entry: 'find', input }
  if (day === null) return { ...vector, expect: 'not-mine' }
  return { ...vector, expect: 'ok', output: day }
}

function finds(): Vector[] {
  const now = DAY * DAY_SECONDS
  const end = (DAY + 1 + TTL_DAYS + 1) * DAY_SECONDS
  const mine = mailboxOf(LANE)
  return [
    find('found', "An open lane's mailbox is the owner's.", mine, now, DAY),
    find(
      'found-in-last-second',
      'A mailbox stays readable until nothing for it can be alive anywhere.',
      mine,
      end - 1,
      DAY,
    ),
    find('past-its-life', 'After that it is forgotten, and not mine.', mine, end, null),
    find(
      'own-other-direction',
      'What the owner sends is not what the owner receives.',
      mailboxOf({ ...LANE, direction: 1 }),
      now,
      null,
    ),
    find(
      'day-outside-window',
      'A day that was not opened is not mine.',
      mailboxOf({ ...LANE, day: DAY + 2 }),
      now,
      null,
    ),
    find('short-mailbox', 'Half a mailbox matches nothing.', mine.subarray(0, 16), now, null),
  ]
}

export function build(): Vector[] {
  return [...lanes(), ...times(), ...finds()]
}
