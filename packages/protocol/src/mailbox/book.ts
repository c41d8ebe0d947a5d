import { toHex } from '../codec/bytes.ts'
import { PUBLIC_KEY_BYTES } from '../crypto/lengths.ts'
import { MAILBOX_BOOK_ENTRIES_MAX } from '../limits.ts'
import { type MailboxKind, unreadableFromSeconds } from './window.ts'

export interface MailboxEntry<Owner> {
  readonly owner: Owner
  readonly kind: MailboxKind
  /** A lane's day, a door's period. */
  readonly day: number
}

/**
 * From the mailbox on an envelope to whose it is among ours. A mailbox stays for as long as the
 * network may still bring something for it: mailbox.md §7.
 */
export class MailboxBook<Owner> {
  readonly #entries = new Map<string, MailboxEntry<Owner>>()
  readonly #ttlDays: number
  readonly #entriesMax: number

  constructor(ttlDays: number, entriesMax: number = MAILBOX_BOOK_ENTRIES_MAX) {
    this.#ttlDays = ttlDays
    this.#entriesMax = entriesMax
  }

  get size(): number {
    return this.#entries.size
  }

  /** False when the book is full: forgetting another mailbox would lose somebody's messages. */
  add(mailbox: Uint8Array, entry: MailboxEntry<Owner>): boolean {
    const key = toHex(mailbox)
    if (this.#entries.size >= this.#entriesMax && !this.#entries.has(key)) return false
    this.#entries.set(key, entry)
    return true
  }

  /** Null: not mine. */
  find(mailbox: Uint8Array): MailboxEntry<Owner> | null {
    if (mailbox.length !== PUBLIC_KEY_BYTES) return null
    return this.#entries.get(toHex(mailbox)) ?? null
  }

  /** Closes an owner's mailboxes at once, as when a contact is blocked. */
  remove(owner: Owner): number {
    return this.#removeWhere((entry) => entry.owner === owner)
  }

  expire(nowSeconds: number): number {
    return this.#removeWhere(
      ({ kind, day }) => nowSeconds >= unreadableFromSeconds(kind, day, this.#ttlDays),
    )
  }

  #removeWhere(isGone: (entry: MailboxEntry<Owner>) => boolean): number {
    const before = this.#entries.size
    for (const [key, entry] of this.#entries) if (isGone(entry)) this.#entries.delete(key)
    return before - this.#entries.size
  }
}
