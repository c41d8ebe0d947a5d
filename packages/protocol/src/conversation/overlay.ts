// What others' entries do to one message: edits, removal, reactions. conversation.md §9
import { REACTIONS_PER_PERSON_MAX } from '../limits.ts'
import type { ReactionContent } from './kinds/reaction.ts'
import type { DeleteContent, EditContent } from './kinds/text.ts'
import { compareOrder } from './stamp.ts'

export type ChangingContent = EditContent | DeleteContent | ReactionContent

interface Ordered {
  readonly order: Uint8Array
}

interface Edit extends Ordered {
  readonly content: EditContent
}

interface Vote extends Ordered {
  readonly isAdded: boolean
}

export interface ReactionCount {
  readonly emoji: string
  /** Hex, in the order in which they reacted. */
  readonly identities: readonly string[]
}

function isLater(order: Uint8Array, than: Ordered | undefined): boolean {
  return than === undefined || compareOrder(order, than.order) > 0
}

/**
 * By who did what, since whether they may is known only with the message. The same whatever order
 * the entries come in: of two, the one with the later place counts.
 */
export class Overlay {
  readonly #edits = new Map<string, Edit>()
  readonly #deleters = new Set<string>()
  readonly #votes = new Map<string, Map<string, Vote>>()

  get changeCount(): number {
    let count = this.#edits.size + this.#deleters.size
    for (const votes of this.#votes.values()) count += votes.size
    return count
  }

  /** `identity` in hex. */
  add(identity: string, order: Uint8Array, content: ChangingContent): void {
    if (content.kind === 'delete') this.#deleters.add(identity)
    else if (content.kind === 'reaction') this.#vote(identity, order, content)
    else if (isLater(order, this.#edits.get(identity))) {
      this.#edits.set(identity, { order, content })
    }
  }

  #vote(identity: string, order: Uint8Array, { emoji, isAdded }: ReactionContent): void {
    const votes = this.#votes.get(identity) ?? new Map<string, Vote>()
    this.#votes.set(identity, votes)
    if (!isLater(order, votes.get(emoji))) return
    votes.set(emoji, { order, isAdded })
    if (votes.size <= REACTIONS_PER_PERSON_MAX) return
    const [oldest] = [...votes].sort((a, b) => compareOrder(a[1].order, b[1].order))
    votes.delete(oldest![0])
  }

  editBy(identity: string): EditContent | null {
    return this.#edits.get(identity)?.content ?? null
  }

  /** Of a deleted message nothing that was ever in it is kept. */
  forgetEdits(): void {
    this.#edits.clear()
  }

  isDeletedBy(mayDelete: (identity: string) => boolean): boolean {
    return [...this.#deleters].some(mayDelete)
  }

  reactions(): readonly ReactionCount[] {
    const added = [...this.#votes].flatMap(([identity, votes]) =>
      [...votes]
        .filter(([, { isAdded }]) => isAdded)
        .map(([emoji, { order }]) => ({ emoji, identity, order })),
    )
    added.sort((a, b) => compareOrder(a.order, b.order))
    const byEmoji = new Map<string, string[]>()
    for (const { emoji, identity } of added) {
      const identities = byEmoji.get(emoji)
      if (identities === undefined) byEmoji.set(emoji, [identity])
      else identities.push(identity)
    }
    return [...byEmoji].map(([emoji, identities]) => ({ emoji, identities }))
  }
}
