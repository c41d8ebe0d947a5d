import { toHex } from '../codec/bytes.ts'
import { DROPS_REMEMBERED_BYTES_MAX } from '../limits.ts'
import { dropForgetAtSeconds, type VerifiedDrop } from './drop.ts'

/** What a carrier knows of an envelope when it asks whether the owner dropped it. */
export interface DropSubject {
  readonly mailbox: Uint8Array
  readonly id: Uint8Array
  readonly timestamp: number
}

interface MailboxDrops {
  /** The one with the latest bound. */
  before: VerifiedDrop | null
  readonly byId: Map<string, VerifiedDrop>
}

/**
 * The drops that still matter, so that a dropped envelope does not come back from a carrier
 * that has not heard: mailbox.md §6.
 */
export class DropMemory {
  readonly #mailboxes = new Map<string, MailboxDrops>()
  readonly #drops = new Set<VerifiedDrop>()
  readonly #ttlDays: number
  readonly #bytesMax: number
  #bytes = 0

  constructor(ttlDays: number, bytesMax: number = DROPS_REMEMBERED_BYTES_MAX) {
    this.#ttlDays = ttlDays
    this.#bytesMax = bytesMax
  }

  get size(): number {
    return this.#drops.size
  }

  /**
   * 'new' is to be acted on and passed on; 'known' adds nothing, so gossip ends there. 'full':
   * the envelopes stay until they expire, which loses nothing.
   */
  learn(drop: VerifiedDrop): 'new' | 'known' | 'full' {
    const { mailbox, scope } = drop
    const key = toHex(mailbox)
    const known = this.#mailboxes.get(key)
    const listed = scope.kind === 'ids' ? scope.ids.map(toHex) : []
    const ids = listed.filter((id) => !known?.byId.has(id))
    const isLater = scope.kind === 'before' && scope.before > boundOf(known)
    if (ids.length === 0 && !isLater) return 'known'
    if (this.#bytes + drop.bytes.length > this.#bytesMax) return 'full'
    const drops = known ?? { before: null, byId: new Map<string, VerifiedDrop>() }
    this.#mailboxes.set(key, drops)
    for (const id of ids) drops.byId.set(id, drop)
    if (isLater) {
      if (drops.before !== null) this.#forget(drops.before)
      drops.before = drop
    }
    this.#drops.add(drop)
    this.#bytes += drop.bytes.length
    return 'new'
  }

  /** The drop that covers the envelope, to be handed to whoever still offers it. */
  covering({ mailbox, id, timestamp }: DropSubject): VerifiedDrop | null {
    const drops = this.#mailboxes.get(toHex(mailbox))
    if (drops === undefined) return null
    if (timestamp < boundOf(drops)) return drops.before
    return drops.byId.get(toHex(id)) ?? null
  }

  expire(nowSeconds: number): number {
    const sizeBefore = this.#drops.size
    const isPast = (drop: VerifiedDrop): boolean =>
      nowSeconds >= dropForgetAtSeconds(drop, this.#ttlDays)
    for (const [key, drops] of this.#mailboxes) {
      for (const [id, drop] of drops.byId) if (isPast(drop)) drops.byId.delete(id)
      if (drops.before !== null && isPast(drops.before)) drops.before = null
      if (drops.before === null && drops.byId.size === 0) this.#mailboxes.delete(key)
    }
    for (const drop of this.#drops) if (isPast(drop)) this.#forget(drop)
    return sizeBefore - this.#drops.size
  }

  #forget(drop: VerifiedDrop): void {
    if (this.#drops.delete(drop)) this.#bytes -= drop.bytes.length
  }
}

function boundOf(drops: MailboxDrops | undefined): number {
  const scope = drops?.before?.scope
  return scope?.kind === 'before' ? scope.before : 0
}
