import { concatBytes, toHex, utf8 } from '@ezchat/protocol/codec/bytes.ts'
import type { ErrorCode } from '@ezchat/protocol/errors.ts'
import type { Json, JsonObject, Vector } from '../vector.ts'
import { lyingContents, lyingLists, openedOnes } from './record/contents.ts'
import { doorKey } from './reference/doors.ts'
import { flipped, secretOf, u8 } from './reference/pieces.ts'
import {
  BARE,
  DOOR_SECRET,
  NETWORK,
  NOW,
  nameOf,
  PERIOD,
  type RecordParts,
  record,
} from './reference/records.ts'
import { verdicts } from './reference/verdict.ts'

const validate = verdicts('record', 'validate')
const select = verdicts('record', 'select')

const MAILBOX = doorKey(secretOf('identity'), DOOR_SECRET, PERIOD).mailbox
const NAME = nameOf(MAILBOX)
/** When the last period ends in which somebody may find it. */
const LATEST = (PERIOD + 31) * 86_400 + 43_200

function validateInput(bytes: Uint8Array, more: JsonObject = {}): JsonObject {
  return {
    name: toHex(NAME),
    record: toHex(bytes),
    networkId: toHex(NETWORK),
    nowSeconds: NOW,
    ...more,
  }
}

function header(lie: Partial<RecordParts>, verdict: 'new' | 'same'): Json {
  const { period = PERIOD, sequence = 7n, expires = NOW + 86_400 } = lie
  return {
    verdict,
    mailbox: toHex(MAILBOX),
    period,
    sequence: sequence.toString(),
    expiresSeconds: expires,
  }
}

function kept(
  name: string,
  note: string,
  lie: Partial<RecordParts>,
  more: JsonObject = {},
  verdict: 'new' | 'same' = 'new',
): Vector {
  return validate.good(name, note, validateInput(record(lie), more), header(lie, verdict))
}

function refusedBytes(
  name: string,
  note: string,
  code: ErrorCode,
  bytes: Uint8Array,
  more: JsonObject = {},
): Vector {
  return validate.bad(name, note, code, validateInput(bytes, more))
}

function refused(
  name: string,
  note: string,
  code: ErrorCode,
  lie: Partial<RecordParts>,
  more: JsonObject = {},
): Vector {
  return refusedBytes(name, note, code, record(lie), more)
}

function keptOnes(): Vector[] {
  const stored = (lie: Partial<RecordParts>): JsonObject => ({ stored: toHex(record(lie)) })
  const highest = 2n ** 64n - 1n
  return [
    kept('by-identity', 'Signed by the key of the day.', {}),
    kept('by-delegate', 'Signed by a device with a warrant.', { warrant: {} }),
    kept('replaces-older', 'A higher number than the stored one.', {}, stored({ sequence: 6n })),
    kept(
      'replaces-delegate',
      'The identity outranks any number of a delegate.',
      {},
      stored({ warrant: {}, sequence: highest }),
    ),
    kept('same-again', 'The same bytes once more.', {}, stored({}), 'same'),
    kept('lasts-longest', 'As long as a record may be kept.', { expires: LATEST }),
  ]
}

function malformed(): Vector[] {
  const whole = record()
  return [
    refusedBytes('empty', 'There are no bytes.', 'RECORD_LENGTH', BARE),
    refusedBytes('truncated', 'The last byte is missing.', 'RECORD_LENGTH', whole.subarray(0, -1)),
    refusedBytes('trailing-byte', 'A byte too many.', 'RECORD_LENGTH', concatBytes(whole, u8(0))),
    refused('size-between', 'Between two sizes, and well signed.', 'RECORD_LENGTH', { size: 5120 }),
    refused('unknown-version', 'A later version, well signed.', 'RECORD_VERSION', { version: 2 }),
    refused('unknown-signer', 'Neither the key of the day nor a warrant.', 'RECORD_FIELD', {
      signerKind: 2,
    }),
  ]
}

function unwelcome(): Vector[] {
  const elsewhere = secretOf('another network')
  const stored = (lie: Partial<RecordParts>): JsonObject => ({ stored: toHex(record(lie)) })
  const ahead = doorKey(secretOf('identity'), DOOR_SECRET, PERIOD + 2)
  const next = { name: toHex(nameOf(ahead.mailbox)) }
  return [
    refused(
      'other-name',
      'Kept under the name of another.',
      'RECORD_NAME',
      {},
      { name: toHex(secretOf('x')) },
    ),
    refused(
      'other-network',
      'Carried into another network, under its name there.',
      'RECORD_SIGNATURE',
      {},
      {
        name: toHex(nameOf(MAILBOX, elsewhere)),
        networkId: toHex(elsewhere),
      },
    ),
    refused(
      'future-period',
      'The period after the next.',
      'RECORD_FUTURE',
      { period: PERIOD + 2 },
      next,
    ),
    refused('expired', 'Its last second is over.', 'RECORD_EXPIRED', { expires: NOW - 1 }),
    refused('lasts-too-long', 'A second longer than a record may be kept.', 'RECORD_FIELD', {
      expires: LATEST + 1,
    }),
    refused(
      'stale',
      'A lower number than the stored one.',
      'RECORD_STALE',
      {},
      stored({ sequence: 8n }),
    ),
    refused(
      'stale-delegate',
      'A delegate does not replace the identity.',
      'RECORD_STALE',
      { warrant: {}, sequence: 99n },
      stored({}),
    ),
  ]
}

function unsigned(): Vector[] {
  const elsewhere = secretOf('another network')
  return [
    refusedBytes(
      'forged',
      'A bit of the sealed content.',
      'RECORD_SIGNATURE',
      flipped(record(), 2000),
    ),
    refused('signed-by-another', 'Signed by somebody else.', 'RECORD_SIGNATURE', {
      signWith: 'mallory',
    }),
    refused('label-of-drop', 'Signed for another use.', 'RECORD_SIGNATURE', {
      label: 'ezchat/v1/sign/drop\0',
    }),
    refused(
      'delegate-without-warrant',
      'A device signs as if it were the identity.',
      'RECORD_SIGNATURE',
      { signWith: 'phone sign' },
    ),
    refused('warrant-of-another', 'The warrant names another device.', 'RECORD_SIGNATURE', {
      warrant: {},
      signWith: 'tv sign',
    }),
    refused('warrant-for-drops', 'The warrant lets its holder drop only.', 'WARRANT_PERMISSION', {
      warrant: { rights: 2 },
    }),
    refused('warrant-by-another', 'The warrant is for another mailbox.', 'WARRANT_PERMISSION', {
      warrant: { owner: 'mallory' },
    }),
    refused('warrant-of-other-network', 'The warrant is for another network.', 'WARRANT_NETWORK', {
      warrant: { networkId: elsewhere },
    }),
    refused('outlives-warrant', 'It would stay longer than its warrant.', 'RECORD_PERMISSION', {
      warrant: { notAfter: NOW + 86_399 },
    }),
  ]
}

function selectInput(records: readonly Uint8Array[]): JsonObject {
  return {
    name: toHex(NAME),
    records: records.map(toHex),
    networkId: toHex(NETWORK),
    nowSeconds: NOW,
  }
}

function selections(): Vector[] {
  const selected = (
    name: string,
    note: string,
    records: readonly Uint8Array[],
    output: number,
  ): Vector => select.good(name, note, selectInput(records), output)
  const old = record({ sequence: 6n })
  const delegated = record({ warrant: {}, sequence: 9n })
  return [
    selected('select-newest', 'The highest number.', [old, record()], 1),
    selected(
      'select-identity',
      'The identity before any delegate.',
      [delegated, old, utf8('junk')],
      1,
    ),
    selected(
      'select-proved',
      'The highest number is forged, the next has expired.',
      [flipped(record({ sequence: 9n }), 2000), record({ sequence: 8n, expires: NOW - 1 }), old],
      2,
    ),
    select.notMine('select-none', 'Nothing that can be read.', selectInput([utf8('junk')])),
  ]
}

export function build(): Vector[] {
  return [
    ...keptOnes(),
    ...malformed(),
    ...unwelcome(),
    ...unsigned(),
    ...openedOnes(),
    ...lyingContents(),
    ...lyingLists(),
    ...selections(),
  ]
}
