// From entries to what is shown. conversation.md §9
import { toHex } from '../codec/bytes.ts'
import { ProtocolError } from '../errors.ts'
import { HELD_CHANGES_MAX } from '../limits.ts'
import { type Content, decodeContent } from './content.ts'
import type { Author } from './entry.ts'
import type { FileContent } from './kinds/file.ts'
import type { OpaqueOf } from './kinds/opaque.ts'
import type { ProfileContent, TimerContent } from './kinds/profile.ts'
import type { Mention, TextContent } from './kinds/text.ts'
import type { PlacedEntry } from './log-event.ts'
import { hashKey } from './log-state.ts'
import { turnsDirection } from './message-text.ts'
import { type ChangingContent, Overlay, type ReactionCount } from './overlay.ts'
import { compareOrder } from './stamp.ts'

export type ShownContent =
  | TextContent
  | FileContent
  | TimerContent
  | ProfileContent
  | OpaqueOf<'membership'>

export interface Row {
  /** Hex of the entry's hash, which replies, edits and reactions name. */
  readonly key: string
  readonly order: Uint8Array
  readonly author: Author
  readonly sequence: number
  /** What its author's clock said. For display, never for order. */
  readonly claimedMs: number
  /** Null: deleted, or a kind that we know with bytes that it does not allow. */
  readonly content: ShownContent | null
  readonly isEdited: boolean
  readonly isDeleted: boolean
  readonly reactions: readonly ReactionCount[]
  readonly isClockSuspect: boolean
  readonly isLate: boolean
  readonly isUnlinked: boolean
  readonly isRelayed: boolean
  readonly turnsDirection: boolean
}

export interface ViewTerms {
  /** Whether somebody may delete another's message for everybody: an admin of a group. Hex. */
  readonly mayDelete: (deleter: string, author: string) => boolean
}

interface Base {
  readonly placed: Omit<PlacedEntry, 'bytes' | 'proof'>
  readonly content: ShownContent | null
}

const CHANGING: ReadonlySet<Content['kind']> = new Set(['edit', 'delete', 'reaction'])
const SHOWN: ReadonlySet<Content['kind']> = new Set([
  'text',
  'file',
  'timer',
  'profile',
  'membership',
])

function isChanging(content: Content): content is ChangingContent {
  return CHANGING.has(content.kind)
}

function isShown(content: Content): content is ShownContent {
  return SHOWN.has(content.kind)
}

/** Null: unknown. */
function contentOf({ entry }: PlacedEntry): Content | 'defect' | null {
  try {
    return decodeContent(entry.kind, entry.content)
  } catch (error: unknown) {
    if (!(error instanceof ProtocolError)) throw error
    return 'defect'
  }
}

export class View {
  readonly #terms: ViewTerms
  readonly #bases = new Map<string, Base>()
  readonly #overlays = new Map<string, Overlay>()
  /** Overlays without a message, the oldest first. */
  readonly #held = new Set<string>()
  #heldCount = 0
  readonly #expiresAtMs = new Map<string, number>()
  readonly #expired = new Set<string>()
  #sorted: readonly string[] | null = null

  constructor(terms: ViewTerms) {
    this.#terms = terms
  }

  get heldCount(): number {
    return this.#heldCount
  }

  /** The row that is new or different, if any. The same entry twice changes nothing. */
  add(placed: PlacedEntry): string | null {
    const content = contentOf(placed)
    if (content === null) return null
    if (content === 'defect') return this.#addBase(placed, null)
    if (isShown(content)) return this.#addBase(placed, content)
    return isChanging(content) ? this.#addChange(placed, content) : null
  }

  #addBase(placed: PlacedEntry, content: ShownContent | null): string | null {
    const key = hashKey(placed.hash)
    if (this.#bases.has(key)) return null
    this.#bases.set(key, { placed, content })
    this.#sorted = null
    if (this.#held.delete(key)) this.#heldCount -= this.#overlays.get(key)!.changeCount
    this.#forgetDeleted(key)
    return key
  }

  #addChange(placed: PlacedEntry, content: ChangingContent): string | null {
    const key = hashKey(content.target)
    if (this.#expired.has(key)) return null
    const overlay = this.#overlays.get(key) ?? new Overlay()
    const before = overlay.changeCount
    overlay.add(toHex(placed.entry.author.identity), placed.order, content)
    this.#overlays.set(key, overlay)
    if (this.#bases.has(key)) {
      this.#forgetDeleted(key)
      return key
    }
    this.#held.add(key)
    this.#heldCount += overlay.changeCount - before
    this.#dropHeld()
    return null
  }

  #dropHeld(): void {
    while (this.#heldCount > HELD_CHANGES_MAX) {
      const oldest = this.#held.values().next().value!
      this.#heldCount -= this.#overlays.get(oldest)!.changeCount
      this.#held.delete(oldest)
      this.#overlays.delete(oldest)
    }
  }

  /** A deleted text is not kept in memory either. */
  #forgetDeleted(key: string): void {
    const { placed } = this.#bases.get(key)!
    if (!this.#isDeleted(key, toHex(placed.entry.author.identity))) return
    this.#overlays.get(key)!.forgetEdits()
    this.#forget(key)
  }

  #forget(key: string): void {
    const { placed } = this.#bases.get(key)!
    const entry = { ...placed.entry, content: new Uint8Array(0) }
    this.#bases.set(key, { placed: { ...placed, entry }, content: null })
    this.#expiresAtMs.delete(key)
  }

  #isDeleted(key: string, author: string): boolean {
    const overlay = this.#overlays.get(key)
    if (overlay === undefined) return false
    return overlay.isDeletedBy(
      (deleter) => deleter === author || this.#terms.mayDelete(deleter, author),
    )
  }

  /** Starts the clock of a message that disappears. The first reading counts. */
  read(key: string, nowMs: number): void {
    const content = this.#bases.get(key)?.content
    if (content === undefined || content === null || this.#expiresAtMs.has(key)) return
    if (content.kind !== 'text' && content.kind !== 'file') return
    if (content.disappearSeconds === 0) return
    this.#expiresAtMs.set(key, nowMs + content.disappearSeconds * 1000)
  }

  /** When to call `expire` next. */
  get expireAtMs(): number | null {
    let earliest: number | null = null
    for (const atMs of this.#expiresAtMs.values()) {
      if (earliest === null || atMs < earliest) earliest = atMs
    }
    return earliest
  }

  /** Rows that are gone. The host erases what it stored of them. */
  expire(nowMs: number): readonly string[] {
    const gone = [...this.#expiresAtMs].filter(([, atMs]) => atMs <= nowMs).map(([key]) => key)
    for (const key of gone) {
      this.#forget(key)
      this.#overlays.delete(key)
      this.#expired.add(key)
    }
    if (gone.length > 0) this.#sorted = null
    return gone
  }

  row(key: string): Row | null {
    const base = this.#bases.get(key)
    if (base === undefined || this.#expired.has(key)) return null
    const { placed } = base
    const { author, sequence, stamp } = placed.entry
    const identity = toHex(author.identity)
    const overlay = this.#overlays.get(key)
    const isDeleted = this.#isDeleted(key, identity)
    const edit = isDeleted ? null : (overlay?.editBy(identity) ?? null)
    const content = withEdit(base.content, isDeleted, edit)
    return {
      key,
      order: placed.order,
      author,
      sequence,
      claimedMs: stamp.ms,
      content,
      isEdited: edit !== null && content?.kind === 'text',
      isDeleted,
      reactions: isDeleted ? [] : (overlay?.reactions() ?? []),
      isClockSuspect: placed.isClockSuspect,
      isLate: placed.isLate,
      isUnlinked: placed.isUnlinked,
      isRelayed: placed.isRelayed,
      turnsDirection: turns(content),
    }
  }

  /** All rows, in their order. */
  rows(): readonly Row[] {
    this.#sorted ??= [...this.#bases]
      .filter(([key]) => !this.#expired.has(key))
      .sort((a, b) => compareOrder(a[1].placed.order, b[1].placed.order))
      .map(([key]) => key)
    return this.#sorted.map((key) => this.row(key)!)
  }
}

function withEdit(
  content: ShownContent | null,
  isDeleted: boolean,
  edit: { readonly text: string; readonly mentions: readonly Mention[] } | null,
): ShownContent | null {
  if (isDeleted) return null
  if (edit === null || content?.kind !== 'text') return content
  return { ...content, text: edit.text, mentions: edit.mentions }
}

function turns(content: ShownContent | null): boolean {
  if (content?.kind === 'text') return turnsDirection(content.text)
  return content?.kind === 'file' && content.caption !== null && turnsDirection(content.caption)
}
