// How what comes for a user gets to it: from the store beside it, or from carriers.
import { fetchFrom } from '@ezchat/node/carrier/fetch.ts'
import { within } from '@ezchat/node/deadline.ts'
import { EzchatError } from '@ezchat/node/errors.ts'
import type { StoredEnvelope } from '@ezchat/node/store/envelope-reader.ts'
import { compareBytes } from '@ezchat/protocol/codec/bytes.ts'
import type { PeerId } from '@ezchat/protocol/ports.ts'
import type { Selector } from '@ezchat/protocol/request/selector.ts'
import type { Random } from './random.ts'
import type { Daemon } from './scene.ts'
import type { Timeline } from './timeline.ts'

export interface IntakeTerms {
  readonly isMine: (mailbox: Uint8Array) => boolean
  readonly mailboxes: () => readonly Uint8Array[]
  readonly take: (envelope: Uint8Array) => Promise<void>
}

/** What is there already, and then what comes. */
export async function receiveFromStore(
  { store }: Daemon,
  { isMine, mailboxes, take }: IntakeTerms,
): Promise<void> {
  const takeMine = (arrived: readonly StoredEnvelope[]) => {
    for (const { mailbox, bytes } of arrived) if (isMine(mailbox)) void take(bytes)
  }
  store.watch(takeMine)
  for (const mailbox of mailboxes()) {
    let position: Uint8Array | null = null
    do {
      const page = await store.fetch({ prefix: mailbox, after: 0, position })
      takeMine(page.envelopes)
      position = page.position
    } while (position !== null)
  }
}

export interface LightTerms extends IntakeTerms {
  readonly shard: number
  readonly timeline: Timeline
  readonly random: Random
}

const ASK_MS_MEAN = 30_000
const ASK_MS_MAX = 60_000
const ASKED_COUNT = 2

/** A light client asks two carriers at a time: the one that served best, and any other. */
export function receiveFromCarriers(daemon: Daemon, terms: LightTerms): void {
  const cursors = new Map<string, Uint8Array>()
  const again = () => {
    terms.timeline.after(terms.random.exponential(ASK_MS_MEAN), () => {
      if (!daemon.life.isOver) void askSome(daemon, terms, cursors).finally(again)
    })
  }
  again()
}

async function askSome(
  daemon: Daemon,
  terms: LightTerms,
  cursors: Map<string, Uint8Array>,
): Promise<void> {
  const mailboxes = [...terms.mailboxes()].sort(compareBytes)
  if (mailboxes.length === 0) return
  await within(daemon.clock, ASK_MS_MAX, async (signal) => {
    const [best, ...others] = await daemon.carrier.book.carriersOf(terms.shard, { signal })
    const asked = terms.random.sample(others, ASKED_COUNT - 1)
    if (best !== undefined) asked.push(best)
    await Promise.all(
      asked.map((peer) => askOne(daemon, terms, { peer, mailboxes, cursors, signal })),
    )
  }).catch(retriable)
}

interface Question {
  readonly peer: PeerId
  readonly mailboxes: readonly Uint8Array[]
  readonly cursors: Map<string, Uint8Array>
  readonly signal: AbortSignal
}

/** A cursor is good for the same mailboxes at the same carrier. */
async function askOne(
  { asking, carrier }: Daemon,
  { shard, take }: LightTerms,
  { peer, mailboxes, cursors, signal }: Question,
): Promise<void> {
  const selector: Selector = { kind: 'mailboxes', mailboxes }
  const name = `${peer} ${mailboxes.length}`
  try {
    for (let isEnd = false; !isEnd; ) {
      const cursor = cursors.get(name) ?? null
      const fetched = await fetchFrom(asking, peer, { selector, cursor }, { signal })
      for (const { bytes } of fetched.envelopes) await take(bytes)
      cursors.set(name, fetched.cursor)
      isEnd = fetched.isEnd
    }
  } catch (error: unknown) {
    retriable(error)
    carrier.book.failed(peer, shard)
  }
}

function retriable(error: unknown): void {
  if (!(error instanceof EzchatError)) throw error
}
