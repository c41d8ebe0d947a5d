// What is owed to others, said a little later and all at once: receipts, and questions about what
// is missing. What is owed is on disk, so that a crash forgets none of it.
import { equalBytes, toHex } from '@ezchat/protocol/codec/bytes.ts'
import { RECEIPT_RANGES_MAX } from '@ezchat/protocol/constants.ts'
import type { Author } from '@ezchat/protocol/conversation/entry.ts'
import { sortRanges } from '@ezchat/protocol/conversation/kinds/chain-ranges.ts'
import { deliveredReceipt, type Holding } from '@ezchat/protocol/conversation/receipt-book.ts'
import { repair, repairAtMs } from '@ezchat/protocol/conversation/repair.ts'
import { RECEIPT_DELAY_MS } from '../limits.ts'
import type { Conversation } from './conversation.ts'
import type { Draft } from './desk.ts'
import { authorIn, sequenceIn, stampIn } from './entry-shelf.ts'
import type { Parts } from './household.ts'
import type { Post } from './post.ts'
import type { Sending } from './sending.ts'

export const READ_RECEIPTS_SETTING = 'read-receipts'

export class Owing {
  readonly #parts: Parts
  readonly #post: Post
  readonly #sending: Sending
  readonly #lookUp: (identityKey: Uint8Array) => void

  constructor(
    parts: Parts,
    components: {
      readonly post: Post
      readonly sending: Sending
      readonly lookUp: (identityKey: Uint8Array) => void
    },
  ) {
    this.#parts = parts
    this.#post = components.post
    this.#sending = components.sending
    this.#lookUp = components.lookUp
  }

  /** What was left undone when the program ended. */
  start(): void {
    for (const conversation of this.#parts.conversations.all()) {
      const { isReceiptDue, isReadReceiptDue } = conversation.summary
      if (isReceiptDue || isReadReceiptDue) this.oweReceipt(conversation)
      this.repairAt(conversation)
    }
  }

  oweReceipt(conversation: Conversation): void {
    const { alarms, terms } = this.#parts
    const atMs = terms.clock.nowMs() + RECEIPT_DELAY_MS
    alarms.set(`receipt ${conversation.number}`, atMs, () => this.#pay(conversation))
  }

  repairAt(conversation: Conversation): void {
    const { alarms } = this.#parts
    const atMs = repairAtMs(conversation.log)
    const name = `repair ${conversation.number}`
    if (atMs !== null) alarms.set(name, atMs, () => this.#repair(conversation))
  }

  #pay(conversation: Conversation): void {
    this.#run((draft) => this.payNow(draft, conversation))
  }

  async payNow(draft: Draft, conversation: Conversation): Promise<void> {
    const { people } = this.#parts
    const { peer, summary } = conversation
    // Whoever is not a contact learns neither that we are there nor that we have read.
    if (people.standing(peer) !== 'contact') return
    if (this.#post.devicesOf(peer).length === 0) {
      draft.after(() => this.#lookUp(peer))
      return
    }
    if (summary.isReceiptDue) {
      const receipt = deliveredReceipt(await holdingsOf(conversation), peer)
      const isPaid =
        receipt === null || this.#sending.sendPassing(draft, conversation, receipt, peer)
      if (isPaid) conversation.changeSummary(draft, { isReceiptDue: false })
      else draft.after(() => this.#lookUp(peer))
    }
    if (!summary.isReadReceiptDue) return
    const ranges = await readRanges(conversation)
    const isPaid =
      ranges.length === 0 ||
      this.#sending.sendPassing(
        draft,
        conversation,
        { kind: 'receipt', state: 'read', ranges },
        peer,
      )
    if (isPaid) conversation.changeSummary(draft, { isReadReceiptDue: false })
  }

  #repair(conversation: Conversation): void {
    this.#run((draft) => {
      const { people, self, terms } = this.#parts
      const { peer } = conversation
      if (people.standing(peer) === 'contact') {
        const holders: Author[] = [peer, self.identityKey].flatMap((identity) =>
          this.#post.devicesOf(identity).map(({ id }) => ({ identity, device: id })),
        )
        const { log } = conversation
        const outcome = repair(log, { holders, nowMs: terms.clock.nowMs() })
        conversation.apply(draft, outcome.changes)
        for (const { to, request } of outcome.askings) {
          this.#sending.sendPassing(draft, conversation, request, to.identity, to.device)
        }
        if (outcome.changes.length === 0) return
      } else return
      draft.after(() => this.repairAt(conversation))
    })
  }

  /** A desk that has failed has told its owner. */
  #run(job: (draft: Draft) => void | Promise<void>): void {
    this.#parts.desk.run(job).catch(() => this.#parts.desk.failure)
  }
}

/** Of the other side's devices. Below a chain's floor only the shelf knows what is there. */
async function holdingsOf({ log, peer, shelf }: Conversation): Promise<Holding[]> {
  const holdings: Holding[] = []
  for (const { author, floor, runs } of log.chains.values()) {
    if (!equalBytes(author.identity, peer)) continue
    const below: Holding['runs'][number][] = []
    for (const { order } of floor > 1 ? await shelf.chain(author) : []) {
      const sequence = sequenceIn(order)
      if (sequence >= floor) break
      const run = below.at(-1)
      const from = run?.to === sequence - 1 ? below.pop()!.from : sequence
      below.push({ from, to: sequence, last: stampIn(order) })
    }
    const [first, ...rest] = runs
    const top = first?.from === floor && below.at(-1)?.to === floor - 1 ? below.pop() : undefined
    const joined = first && top ? [{ ...first, from: top.from }, ...rest] : runs
    holdings.push({ author, runs: [...below, ...joined] })
  }
  return holdings
}

/** What of the other side's was shown up to where the owner has read. */
async function readRanges(conversation: Conversation) {
  const { readUpTo } = conversation.summary
  const tops = new Map<Holding, number>()
  const holdings = await holdingsOf(conversation)
  for (const row of await conversation.shelf.rows()) {
    if (toHex(row.order) > readUpTo) break
    const author = authorIn(row.order)
    if (!equalBytes(author.identity, conversation.peer)) continue
    for (const chain of holdings) {
      const isOf =
        equalBytes(chain.author.identity, author.identity) &&
        equalBytes(chain.author.device, author.device)
      if (isOf) tops.set(chain, Math.max(tops.get(chain) ?? 0, sequenceIn(row.order)))
    }
  }
  const ranges = [...tops].flatMap(([{ author, runs }, top]) =>
    runs
      .filter(({ from }) => from <= top)
      .map(({ from, to }) => ({ author, from, to: Math.min(to, top) })),
  )
  return sortRanges(ranges).slice(-RECEIPT_RANGES_MAX)
}
