// Answering those who miss something. conversation.md §7
import { ANSWER_ENTRIES_MAX, PASSING_CONTENT_BYTES_MAX } from '../constants.ts'
import { ANSWER_BYTES_MAX, REQUESTS_PER_HOUR_MAX } from '../limits.ts'
import type { Author } from './entry.ts'
import { type AnswerContent, answerBytesOf, type RequestContent } from './kinds/history.ts'
import type { HeldEntry } from './log-event.ts'

/** The host's store, for one conversation. It may leave out what the asker may not see. */
export interface EntrySource {
  /** Entries of one device between two sequences, both included, the highest first. */
  range(author: Author, from: number, to: number, countMax: number): AsyncIterable<HeldEntry>
  byHash(hash: Uint8Array): Promise<HeldEntry | null>
}

const HEAD_BYTES = 1
const HOUR_MS = 3_600_000

class Packer {
  readonly answers: AnswerContent[] = []
  #entries: HeldEntry[] = []
  #bytes = HEAD_BYTES
  #bytesLeft = ANSWER_BYTES_MAX
  entriesLeft = ANSWER_ENTRIES_MAX

  /** False when no more fits into what one request may cost. */
  add(held: HeldEntry): boolean {
    const bytes = answerBytesOf(held)
    if (this.entriesLeft === 0 || bytes > this.#bytesLeft) return false
    if (this.#bytes + bytes > PASSING_CONTENT_BYTES_MAX) this.close()
    this.#entries.push(held)
    this.#bytes += bytes
    this.#bytesLeft -= bytes
    this.entriesLeft--
    return true
  }

  finish(): void {
    if (this.#entries.length > 0 || this.answers.length === 0) this.close()
  }

  close(): void {
    this.answers.push({ kind: 'answer', entries: this.#entries })
    this.#entries = []
    this.#bytes = HEAD_BYTES
  }
}

/** At least one answer. An empty one says that there is nothing of this here. */
export async function answerRequest(
  request: RequestContent,
  source: EntrySource,
): Promise<readonly AnswerContent[]> {
  const packer = new Packer()
  if (await addRanges(packer, request, source)) await addHashes(packer, request, source)
  packer.finish()
  return packer.answers
}

async function addRanges(
  packer: Packer,
  { ranges }: RequestContent,
  source: EntrySource,
): Promise<boolean> {
  // From the end: what follows a gap shows what belongs in it.
  for (const { author, from, to } of [...ranges].reverse()) {
    if (packer.entriesLeft === 0) return false
    for await (const held of source.range(author, from, to, packer.entriesLeft)) {
      if (!packer.add(held)) return false
    }
  }
  return true
}

async function addHashes(
  packer: Packer,
  { hashes }: RequestContent,
  source: EntrySource,
): Promise<void> {
  for (const hash of hashes) {
    const held = await source.byHash(hash)
    if (held !== null && !packer.add(held)) return
  }
}

/** The times at which one device asked, this one added. Null: too often, and no answer. */
export function spendPatience(
  askedAtMs: readonly number[],
  nowMs: number,
): readonly number[] | null {
  const recent = askedAtMs.filter((atMs) => atMs > nowMs - HOUR_MS && atMs <= nowMs)
  return recent.length >= REQUESTS_PER_HOUR_MAX ? null : [...recent, nowMs]
}
