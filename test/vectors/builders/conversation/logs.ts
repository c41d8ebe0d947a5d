// Arrivals at one log, one after the other: conversation.md §3 to §5.
import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import { ERROR_TABLE, type ErrorCode } from '@ezchat/protocol/errors.ts'
import type { Json, JsonObject, Vector } from '../../vector.ts'
import {
  ALICE,
  ALICE_PHONE,
  BOB,
  BOB_PHONE,
  CONVERSATION,
  hashRaw,
  hexOf,
  NO_HASH,
  NOW_MS,
  orderOf,
  type RawAuthor,
  type RawEntry,
  rawEntry,
  seed,
} from './raw.ts'

const AHEAD_MS = 300_000

interface Step {
  readonly bytes: Uint8Array
  readonly from: RawAuthor
  readonly nowMs?: number
}

/** Alice's entries 1 to 3, in a chain. */
const CHAIN = ((): Uint8Array[] => {
  const entries: Uint8Array[] = []
  for (let sequence = 1n; sequence <= 3n; sequence++) {
    const before = entries.at(-1)
    entries.push(rawEntry({ sequence, previous: before === undefined ? NO_HASH : hashRaw(before) }))
  }
  return entries
})()
const [ONE, TWO, THREE] = CHAIN as [Uint8Array, Uint8Array, Uint8Array]

const said = (bytes: Uint8Array, from: RawAuthor = ALICE): Step => ({ bytes, from })

function inputOf(steps: readonly Step[], readMs: number): JsonObject {
  return {
    conversation: toHex(CONVERSATION),
    own: hexOf(BOB),
    participants: [toHex(ALICE.identity), toHex(BOB.identity)],
    readMs,
    entries: steps.map(({ bytes }) => toHex(bytes)),
    peers: steps.map(({ from }) => hexOf(from)),
    nowMs: steps.map(({ nowMs }) => nowMs ?? NOW_MS + 10),
  }
}

const appended = (bytes: Uint8Array, order: string, ...marks: string[]): Json => ({
  append: toHex(hashRaw(bytes)),
  order,
  marks,
})
const at = (sequence: number, ms = NOW_MS + sequence, counter = 0): string =>
  orderOf(ms, counter, ALICE, sequence)

interface Case {
  readonly name: string
  readonly note: string
  readonly steps: readonly Step[]
  readonly output: Json[][]
  readonly readMs?: number
}

const good = ({ name, note, steps, output, readMs }: Case): Vector => ({
  format: 'conversation',
  name,
  note,
  entry: 'receive',
  input: inputOf(steps, readMs ?? 0),
  expect: 'ok',
  output,
})

function bad(name: string, note: string, code: ErrorCode, steps: readonly Step[]): Vector {
  return {
    format: 'conversation',
    name,
    note,
    entry: 'receive',
    input: inputOf(steps, 0),
    expect: ERROR_TABLE.get(code)!.failure,
    code,
  }
}

const gaps = (...ranges: [number, number][]): Json => ({ gaps: ranges })

function chains(): Vector[] {
  const other = rawEntry({ sequence: 2n, previous: hashRaw(ONE), content: seed('other') })
  const unlinked = rawEntry({ sequence: 2n })
  return [
    good({
      name: 'gap-filled-by-holder',
      note: 'The third shows the hash of the second, so anybody may bring the second, then the first.',
      steps: [said(THREE), said(TWO, ALICE_PHONE), said(ONE, BOB_PHONE)],
      output: [
        [appended(THREE, at(3)), gaps([1, 2])],
        [appended(TWO, at(2), 'relayed'), gaps([1, 1])],
        [appended(ONE, at(1), 'relayed'), gaps()],
      ],
    }),
    good({
      name: 'duplicate',
      note: 'The same entry again changes nothing, whoever brings it.',
      steps: [said(ONE), said(ONE), said(ONE, ALICE_PHONE)],
      output: [[appended(ONE, at(1))], ['duplicate'], ['duplicate']],
    }),
    good({
      name: 'equivocation',
      note: 'Another entry at the same sequence raises an alarm, and the first one stays.',
      steps: [said(ONE), said(TWO), said(other)],
      output: [[appended(ONE, at(1))], [appended(TWO, at(2))], [{ alarm: 'equivocation' }]],
    }),
    good({
      name: 'broken-chain',
      note: 'What does not continue its chain is shown with a mark, as its author did say it.',
      steps: [said(ONE), said(unlinked)],
      output: [
        [appended(ONE, at(1))],
        [appended(unlinked, at(2), 'unlinked'), { alarm: 'broken-chain' }],
      ],
    }),
  ]
}

function orders(): Vector[] {
  const future = rawEntry({ ms: NOW_MS + 10 + AHEAD_MS + 1 })
  const edge = rawEntry({ ms: NOW_MS + 10 + AHEAD_MS })
  const past = rawEntry({ ms: 5 })
  const back = rawEntry({ sequence: 2n, previous: hashRaw(ONE), ms: 5 })
  const child = rawEntry({
    author: ALICE_PHONE,
    parents: [hashRaw(ONE)],
    ms: 5,
    content: seed('c'),
  })
  const phone = (ms: number, counter = 0) => orderOf(ms, counter, ALICE_PHONE, 1)
  return [
    good({
      name: 'clock-ahead',
      note: 'A clock more than five minutes ahead counts as five minutes, and is marked.',
      steps: [said(future)],
      output: [[appended(future, orderOf(NOW_MS + 10 + AHEAD_MS, 0xffff, ALICE, 1), 'clock')]],
    }),
    good({
      name: 'clock-ahead-five-minutes',
      note: 'Five minutes ahead are believed.',
      steps: [said(edge)],
      output: [[appended(edge, at(1, NOW_MS + 10 + AHEAD_MS))]],
    }),
    good({
      name: 'clock-behind-what-was-read',
      note: 'Nobody puts a message above what has been read: it goes right after it.',
      steps: [said(past)],
      readMs: NOW_MS,
      output: [[appended(past, at(1, NOW_MS, 1), 'late')]],
    }),
    good({
      name: 'clock-behind-its-own-chain',
      note: 'An entry is never before its own predecessor, whatever time it claims.',
      steps: [said(ONE), said(back)],
      output: [[appended(ONE, at(1))], [appended(back, at(2, NOW_MS + 1))]],
    }),
    good({
      name: 'clock-behind-its-parent',
      note: 'An answer is after what it answers, whatever time it claims.',
      steps: [said(ONE), said(child, ALICE_PHONE)],
      output: [[appended(ONE, at(1))], [appended(child, phone(NOW_MS + 1, 1))]],
    }),
    good({
      name: 'parent-after-its-child',
      note: 'What comes after its answer is put right before it, when its clock says later.',
      steps: [said(child, ALICE_PHONE), said(ONE)],
      output: [
        [appended(child, phone(5)), { missing: 1 }],
        [appended(ONE, at(1, 4, 0xffff)), { missing: 0 }],
      ],
    }),
    good({
      name: 'gap-above-what-was-read',
      note: 'What fills a gap goes into it, also when all around it has been read.',
      steps: [said(THREE), said(TWO)],
      readMs: NOW_MS + 2,
      output: [
        [appended(THREE, at(3)), gaps([1, 2])],
        [appended(TWO, at(2)), gaps([1, 1])],
      ],
    }),
  ]
}

function strangers(): Vector[] {
  const lie = rawEntry({ sequence: 2n, content: seed('lie') })
  const alien: Partial<RawEntry> = { author: { identity: seed('mallory'), device: BOB.device } }
  const passing = rawEntry({ kind: 0x8001, sequence: 0n })
  return [
    bad(
      'holder-unasked',
      'A device that is not its author brings what no hash asks for.',
      'ENTRY_PERMISSION',
      [said(ONE, ALICE_PHONE)],
    ),
    bad(
      'holder-lies',
      'A holder brings another entry than the one that the next one names.',
      'ENTRY_LINKAGE',
      [said(THREE), said(lie, ALICE_PHONE)],
    ),
    bad('not-a-participant', 'Two people talk, and this is a third.', 'ENTRY_PERMISSION', [
      said(rawEntry(alien), BOB_PHONE),
    ]),
    bad(
      'passing-relayed',
      'What passes by comes from its author or not at all.',
      'ENTRY_PERMISSION',
      [said(passing, BOB_PHONE)],
    ),
    {
      ...bad(
        'other-conversation',
        'An entry of another conversation is none of this one.',
        'ENTRY_FIELD',
        [said(rawEntry({ conversation: seed('another') }))],
      ),
      expect: 'not-mine',
    },
  ]
}

export function logVectors(): Vector[] {
  return [...chains(), ...orders(), ...strangers()].map((vector) => {
    if (vector.expect !== 'not-mine') return vector
    const { code: _, ...rest } = vector
    return rest
  })
}
