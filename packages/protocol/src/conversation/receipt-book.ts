// Which devices have which entries, and where they were read. conversation.md §8
import { equalBytes, toHex } from '../codec/bytes.ts'
import { RECEIPT_RANGES_MAX } from '../constants.ts'
import type { Range, Run } from './chain.ts'
import { type Author, chainKey } from './entry.ts'
import { type ChainRange, sortRanges } from './kinds/chain-ranges.ts'
import type { ReceiptContent } from './kinds/receipt.ts'
import { includesSequence, withStretch } from './stretches.ts'

export type ReaderState = 'delivered' | 'read'

interface Marks {
  readonly delivered: readonly Range[]
  readonly read: readonly Range[]
}

const NO_MARKS: Marks = { delivered: [], read: [] }

interface ReaderMarks {
  readonly reader: Author
  readonly byChain: Map<string, Marks>
}

export class ReceiptBook {
  readonly #readers = new Map<string, ReaderMarks>()
  readonly #isKnown: (chain: string) => boolean

  /** `isKnown`: whether there is such a chain here. Others could be made up without end. */
  constructor(isKnown: (chain: string) => boolean) {
    this.#isKnown = isKnown
  }

  /** What it says in addition to what was known; receipts may come twice and in any order. */
  add(reader: Author, { state, ranges }: ReceiptContent): readonly ChainRange[] {
    const key = chainKey(reader)
    const marks = this.#readers.get(key) ?? { reader, byChain: new Map<string, Marks>() }
    const news: ChainRange[] = []
    for (const range of ranges) {
      // Having one's own messages says nothing about anybody else.
      if (equalBytes(range.author.identity, reader.identity)) continue
      const chain = chainKey(range.author)
      if (!this.#isKnown(chain)) continue
      const before = marks.byChain.get(chain) ?? NO_MARKS
      const stretches = withStretch(before[state], range)
      if (stretches === before[state]) continue
      marks.byChain.set(chain, { ...before, [state]: stretches })
      news.push(range)
    }
    if (news.length > 0) this.#readers.set(key, marks)
    return news
  }

  /** Per identity, by hex: the most that one of its devices said. Read is delivered. */
  statesOf(author: Author, sequence: number): ReadonlyMap<string, ReaderState> {
    const states = new Map<string, ReaderState>()
    for (const { identity, state } of this.devicesOf(author, sequence)) {
      if (state === 'read' || !states.has(identity)) states.set(identity, state)
    }
    return states
  }

  devicesOf(
    author: Author,
    sequence: number,
  ): readonly {
    readonly identity: string
    readonly device: string
    readonly state: ReaderState
  }[] {
    const chain = chainKey(author)
    return [...this.#readers.values()].flatMap(({ reader, byChain }) => {
      const { delivered, read } = byChain.get(chain) ?? NO_MARKS
      const isRead = includesSequence(read, sequence)
      if (!isRead && !includesSequence(delivered, sequence)) return []
      const identity = toHex(reader.identity)
      return [{ identity, device: toHex(reader.device), state: isRead ? 'read' : 'delivered' }]
    })
  }
}

/** What is held of one device's entries: its chain, or more than that keeps track of. */
export interface Holding {
  readonly author: Author
  readonly runs: readonly Pick<Run, 'from' | 'to' | 'last'>[]
}

/** What we have of an identity's devices, for a receipt to it: the newest when it is too much. */
export function deliveredReceipt(
  chains: Iterable<Holding>,
  identity: Uint8Array,
): ReceiptContent | null {
  const ranges = [...chains]
    .filter(({ author }) => equalBytes(author.identity, identity))
    .flatMap(({ author, runs }) => runs.map(({ from, to, last }) => ({ author, from, to, last })))
    .sort((a, b) => a.last.ms - b.last.ms)
    .slice(-RECEIPT_RANGES_MAX)
    .map(({ author, from, to }) => ({ author, from, to }))
  if (ranges.length === 0) return null
  return { kind: 'receipt', state: 'delivered', ranges: sortRanges(ranges) }
}
