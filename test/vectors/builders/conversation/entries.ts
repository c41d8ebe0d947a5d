// One entry by itself: conversation.md §1 and §2.
import { concatBytes, toHex } from '@ezchat/protocol/codec/bytes.ts'
import { ERROR_TABLE, type ErrorCode } from '@ezchat/protocol/errors.ts'
import type { JsonObject, Vector } from '../../vector.ts'
import {
  ALICE,
  CONVERSATION,
  hashRaw,
  hexOf,
  NO_HASH,
  type RawEntry,
  rawEntry,
  seed,
} from './raw.ts'

const PARENTS = [seed('parent a'), seed('parent b'), seed('parent c')].sort(Buffer.compare)

function output(bytes: Uint8Array, lie: Partial<RawEntry>): JsonObject {
  const sequence = lie.sequence ?? 1n
  return {
    hash: toHex(hashRaw(bytes)),
    conversation: toHex(CONVERSATION),
    author: hexOf(lie.author ?? ALICE),
    sequence: Number(sequence),
    ms: lie.ms ?? 1_800_000_000_000 + Number(sequence % 1_000_000n),
    counter: lie.counter ?? 0,
    kind: lie.kind ?? 1,
    quiet: lie.flags === 1,
    parents: (lie.parents ?? []).map((parent) => toHex(parent)),
  }
}

function good(name: string, note: string, lie: Partial<RawEntry>): Vector {
  const bytes = rawEntry(lie)
  return {
    format: 'conversation',
    name,
    note,
    entry: 'decode',
    input: { entry: toHex(bytes) },
    expect: 'ok',
    output: output(bytes, lie),
  }
}

function bad(name: string, note: string, code: ErrorCode, bytes: Uint8Array): Vector {
  return {
    format: 'conversation',
    name,
    note,
    entry: 'decode',
    input: { entry: toHex(bytes) },
    expect: ERROR_TABLE.get(code)!.failure,
    code,
  }
}

const lied = (name: string, note: string, code: ErrorCode, lie: Partial<RawEntry>): Vector =>
  bad(name, note, code, rawEntry(lie))

function goodEntries(): Vector[] {
  return [
    good('first', 'The first entry of a device has sequence 1 and no previous hash.', {}),
    good('with-parents', 'An entry names up to eight entries of others, ascending.', {
      sequence: 9n,
      parents: PARENTS,
    }),
    good('quiet', 'Flag 1 says that it is not worth a sound.', { flags: 1 }),
    good('largest-numbers', 'Every number is at its largest.', {
      sequence: 2n ** 53n - 1n,
      ms: 2 ** 48 - 1,
      counter: 0xffff,
      kind: 0x7fff,
    }),
    good('passing', 'A kind from 0x8000 on is in no chain: sequence 0, and nothing before it.', {
      kind: 0x8001,
      sequence: 0n,
    }),
    good('empty-content', 'What a content must be is for its kind to say.', {
      content: new Uint8Array(0),
    }),
  ]
}

function badNumbers(): Vector[] {
  return [
    lied('version-2', 'A later version is not read as this one.', 'ENTRY_VERSION', { version: 2 }),
    lied(
      'sequence-too-large',
      'A sequence above 2^53 - 1 is not counted by every language.',
      'ENTRY_FIELD',
      {
        sequence: 2n ** 53n,
      },
    ),
    lied('first-with-previous', 'Before the first there is nothing to name.', 'ENTRY_FIELD', {
      previous: seed('x'),
    }),
    lied('second-without-previous', 'Without the hash before it a chain is none.', 'ENTRY_FIELD', {
      sequence: 2n,
      previous: NO_HASH,
    }),
    lied('kept-with-sequence-0', 'A kind that is kept has a place in its chain.', 'ENTRY_FIELD', {
      sequence: 0n,
    }),
    lied(
      'passing-with-sequence',
      'A kind that passes by takes no place in a chain.',
      'ENTRY_FIELD',
      {
        kind: 0x8001,
      },
    ),
    lied('passing-with-previous', 'A kind that passes by continues nothing.', 'ENTRY_FIELD', {
      kind: 0x8001,
      sequence: 0n,
      previous: seed('x'),
    }),
    lied('passing-with-parents', 'A kind that passes by follows nothing.', 'ENTRY_FIELD', {
      kind: 0x8001,
      sequence: 0n,
      parents: PARENTS,
    }),
    lied('unknown-flag', 'A flag that nobody knows is not ignored.', 'ENTRY_FIELD', { flags: 2 }),
  ]
}

function badLists(): Vector[] {
  const whole = rawEntry({ sequence: 2n })
  const many = Array.from({ length: 9 }, (_, at) => seed(`many ${at}`)).sort(Buffer.compare)
  return [
    lied(
      'nine-parents',
      'More than eight parents are refused before they are read.',
      'ENTRY_FIELD',
      {
        parents: many,
      },
    ),
    lied('parents-descending', 'Parents in another order would be a second form.', 'ENTRY_ORDER', {
      parents: [...PARENTS].reverse(),
    }),
    lied('parent-twice', 'A parent is named once.', 'ENTRY_ORDER', {
      parents: [PARENTS[0]!, PARENTS[0]!],
    }),
    lied('zero-parent', 'Zero is the hash of nothing.', 'ENTRY_ORDER', { parents: [NO_HASH] }),
    lied(
      'previous-as-parent',
      'The entry before is named once, as the entry before.',
      'ENTRY_FIELD',
      {
        sequence: 2n,
        previous: PARENTS[0]!,
        parents: PARENTS,
      },
    ),
    lied('content-too-long', 'What is kept has at most 48 KiB.', 'ENTRY_LIMIT', {
      contentLength: 49_153,
    }),
    lied('passing-too-long', 'What passes by has at most 56 KiB.', 'ENTRY_LIMIT', {
      kind: 0x8001,
      sequence: 0n,
      contentLength: 57_345,
    }),
    lied('content-cut', 'A content that is shorter than it says is cut.', 'ENTRY_TRUNCATED', {
      contentLength: 4000,
    }),
    bad('empty', 'No bytes are no entry.', 'ENTRY_TRUNCATED', new Uint8Array(0)),
    bad('cut', 'The last byte is missing.', 'ENTRY_TRUNCATED', whole.subarray(0, -1)),
    bad(
      'trailing-byte',
      'A byte too many would change the hash and nothing else.',
      'ENTRY_TRAILING',
      concatBytes(whole, Uint8Array.of(0)),
    ),
  ]
}

export const entryVectors = (): Vector[] => [...goodEntries(), ...badNumbers(), ...badLists()]
