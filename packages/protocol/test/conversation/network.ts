// Several devices, a network that loses, repeats and reorders, and a model of what is true.
import fc from 'fast-check'
import { toHex } from '../../src/codec/bytes.ts'
import { Reader } from '../../src/codec/reader.ts'
import { answerRequest } from '../../src/conversation/answer.ts'
import { markRead } from '../../src/conversation/compose.ts'
import { type Author, chainKey, isSameAuthor } from '../../src/conversation/entry.ts'
import type { PlacedEntry } from '../../src/conversation/log-event.ts'
import { repair, repairAtMs } from '../../src/conversation/repair.ts'
import { readStamp } from '../../src/conversation/stamp.ts'
import { device, groupTerms, NOW_MS, Person, signedBy } from './people.ts'

export type Step =
  | { readonly kind: 'say'; readonly who: number }
  | { readonly kind: 'deliver'; readonly who: number; readonly which: number }
  | { readonly kind: 'restart' | 'read'; readonly who: number }
  | { readonly kind: 'wait'; readonly ms: number }

const PEOPLE = 4
const who = fc.nat(PEOPLE - 1)

export const anySteps = (most: number): fc.Arbitrary<readonly Step[]> =>
  fc.array(
    fc.oneof(
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('say' as const), who }) },
      {
        weight: 8,
        arbitrary: fc.record({ kind: fc.constant('deliver' as const), who, which: fc.nat() }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const), who }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('read' as const), who }) },
      {
        weight: 1,
        arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(100_000) }),
      },
    ),
    { maxLength: most, size: 'max' },
  )

export interface Said {
  readonly bytes: Uint8Array
  readonly author: Author
}

export class Network {
  readonly people: readonly Person[]
  readonly said: Said[] = []
  readonly #skewMs: readonly number[]
  readonly #isReading: boolean
  /** Everything that an entry follows, by hash. */
  readonly #past = new Map<string, ReadonlySet<string>>()
  nowMs = NOW_MS

  constructor(options: { readonly skewMs: readonly number[]; readonly isReading: boolean }) {
    this.people = Array.from(
      { length: PEOPLE },
      (_, at) => new Person(groupTerms(device(`person ${at}`))),
    )
    this.#skewMs = options.skewMs
    this.#isReading = options.isReading
  }

  clockOf(at: number): number {
    return this.nowMs + this.#skewMs[at]!
  }

  step(step: Step): void {
    this.nowMs += 1
    switch (step.kind) {
      case 'say':
        this.say(step.who)
        return
      case 'deliver':
        if (this.said.length > 0) this.deliver(step.who, step.which % this.said.length)
        return
      case 'restart':
        this.people[step.who]!.restart()
        return
      case 'read':
        if (this.#isReading) this.read(step.who)
        return
      case 'wait':
        this.nowMs += step.ms
    }
  }

  say(at: number): void {
    const person = this.people[at]!
    const bytes = person.say(`${this.said.length}`, this.clockOf(at))
    this.said.push({ bytes, author: person.own })
  }

  /** Any entry, to anybody, as often as one likes. */
  deliver(at: number, which: number): void {
    const { bytes, author } = this.said[which]!
    if (isSameAuthor(author, this.people[at]!.own)) return
    this.people[at]!.hear(bytes, signedBy(author), this.clockOf(at))
  }

  read(at: number): void {
    const person = this.people[at]!
    const last = person.disk.placed.at(-1)
    if (last === undefined) return
    const stamp = readStamp(new Reader(last.order, 'STATE'))
    person.keep(markRead(person.state, stamp), [])
  }

  /** Entries whose past has all been heard, in some order that a causal network could have. */
  deliverCausally(at: number): void {
    for (const { bytes, author } of this.said) {
      const person = this.people[at]!
      if (!isSameAuthor(author, person.own)) {
        person.hear(bytes, signedBy(author), this.clockOf(at))
      }
    }
  }

  /** Everybody hears the last word of everybody, and asks for what is missing until all is there. */
  async heal(): Promise<void> {
    for (const [at, person] of this.people.entries()) {
      for (const author of this.people) {
        const last = author.disk.bySequence(author.own).at(-1)
        if (last === undefined || author === person) continue
        person.hear(last.placed.bytes, signedBy(author.own), this.clockOf(at))
      }
    }
    for (let round = 0; round < 50; round++) {
      const dueAtMs = this.people.map(({ state }) => repairAtMs(state)).filter((ms) => ms !== null)
      if (dueAtMs.length === 0) return
      this.nowMs += 86_400_000
      for (const at of this.people.keys()) await this.#repair(at)
    }
    throw new Error('not healed')
  }

  async #repair(at: number): Promise<void> {
    const person = this.people[at]!
    const holders = this.people.map(({ own }) => own)
    const { changes, askings } = repair(person.state, { holders, nowMs: this.clockOf(at) })
    person.keep(changes, [])
    for (const { to, request } of askings) {
      const holder = this.people.find(({ own }) => isSameAuthor(own, to))!
      for (const { entries } of await answerRequest(request, holder.disk.source())) {
        for (const { bytes } of entries) {
          const { author } = this.said.find((said) => Buffer.compare(said.bytes, bytes) === 0)!
          person.hear(bytes, signedBy(author), this.clockOf(at))
        }
      }
    }
  }

  /** What an entry follows, directly and through others. */
  pastOf(placed: PlacedEntry, all: readonly PlacedEntry[]): ReadonlySet<string> {
    const key = toHex(placed.hash)
    const known = this.#past.get(key)
    if (known !== undefined) return known
    const past = new Set<string>()
    for (const hash of [...placed.entry.parents, placed.entry.previous]) {
      const before = all.find((other) => Buffer.compare(other.hash, hash) === 0)
      if (before === undefined) continue
      past.add(toHex(hash))
      for (const older of this.pastOf(before, all)) past.add(older)
    }
    this.#past.set(key, past)
    return past
  }

  /** The first pair that is shown the wrong way round, if any. */
  causeAfterEffect(person: Person): string | null {
    const { placed } = person.disk
    const seen = new Set<string>()
    for (const entry of placed) {
      for (const cause of this.pastOf(entry, placed)) {
        if (!seen.has(cause)) return `${cause} is shown after ${toHex(entry.hash)}`
      }
      seen.add(toHex(entry.hash))
    }
    return null
  }
}

/** Hashes of one device's entries, in the order in which somebody sees them. */
export function shownOf(person: Person, author: Author): readonly string[] {
  return person.disk.placed
    .filter(({ entry }) => chainKey(entry.author) === chainKey(author))
    .map(({ hash }) => toHex(hash))
}
