// What both sides of an exchange have in common: events in, effects out, an end. sync.md §3
import { concatBytes } from '../codec/bytes.ts'
import { SYNC_DAYS_MAX } from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { derive } from '../crypto/derive.ts'
import { KEY_LABELS } from '../crypto/labels.ts'
import { Secret } from '../crypto/secret.ts'
import { assert, ProtocolError, statusOf } from '../errors.ts'
import { SYNC_EXCHANGE_MS_MAX, SYNC_IDLE_MS_MAX, SYNC_ITEMS_MAX } from '../limits.ts'
import { SyncBudget } from './budget.ts'
import type { DayDigest } from './digest.ts'
import { decodeSyncMessage, encodeSyncMessage, type SyncMessage } from './message.ts'
import { SIPHASH_KEY_BYTES, SipHash } from './siphash.ts'

export type SyncEvent =
  /** The initiator's first. */
  | { readonly kind: 'start' }
  | { readonly kind: 'message'; readonly bytes: Uint8Array }
  /** What `load` asked for, in pieces of any size: packed short ids. A few thousand are good. */
  | { readonly kind: 'items'; readonly shortIds: Uint8Array; readonly isLast: boolean }
  /** When `deadlineMs` may have come. Too early is no harm. */
  | { readonly kind: 'timeout' }

export type SyncEffect =
  | { readonly kind: 'send'; readonly bytes: Uint8Array }
  /** Answer with `items`: every short id held for these days. */
  | { readonly kind: 'load'; readonly days: readonly number[] }
  /** Packed short ids that the peer has and we lack: ask it for them. */
  | { readonly kind: 'need'; readonly shortIds: Uint8Array }
  /** Packed short ids that we have and the peer lacks: it may ask. */
  | { readonly kind: 'have'; readonly shortIds: Uint8Array }
  /** Not complete when days were left for another exchange. */
  | { readonly kind: 'done'; readonly isComplete: boolean }
  | { readonly kind: 'fail'; readonly error: ProtocolError }
  /** The peer has ended it, and says why: a status of the table of errors, if it is a known one. */
  | { readonly kind: 'refused'; readonly status: number }

/** What a phase of the exchange may do. */
export interface Outbox {
  send(message: SyncMessage): void
  load(days: readonly number[]): void
  need(shortIds: Uint8Array): void
  have(shortIds: Uint8Array): void
}

export interface Phase {
  onMessage(message: SyncMessage): void
  onItems(shortIds: Uint8Array, isLast: boolean): void
}

/** What a host gives to either shell. */
export interface ExchangeTerms {
  readonly shard: number
  /** What we hold of the shard. Copied: it may change while the exchange lasts. */
  readonly days: Iterable<DayDigest>
  /** Of all exchanges of the host together. Without one, this exchange counts for itself. */
  readonly budget?: SyncBudget
}

export interface ExchangeInit extends ExchangeTerms {
  readonly crypto: Crypto
  /** 16 random bytes. */
  readonly salt: Uint8Array
}

export abstract class Exchange {
  protected readonly crypto: Crypto
  protected readonly shard: number
  protected readonly salt: Uint8Array
  protected readonly days: readonly DayDigest[]
  readonly #budget: SyncBudget
  readonly #endMs: number
  #reservedCount = 0
  #idleMs: number
  #effects: SyncEffect[] = []
  #isOver = false

  constructor(init: ExchangeInit, nowMs: number) {
    this.crypto = init.crypto
    this.shard = init.shard
    this.salt = init.salt
    this.days = newestDays(init.days)
    this.#budget = init.budget ?? new SyncBudget()
    this.#endMs = nowMs + SYNC_EXCHANGE_MS_MAX
    this.#idleMs = nowMs + SYNC_IDLE_MS_MAX
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** On the clock that only grows: when to send `timeout` if nothing else has happened. */
  get deadlineMs(): number {
    return Math.min(this.#endMs, this.#idleMs)
  }

  handle(event: SyncEvent, nowMs: number): readonly SyncEffect[] {
    if (this.#isOver) return []
    this.#effects = []
    try {
      this.#dispatch(event, nowMs)
    } catch (error: unknown) {
      if (!(error instanceof ProtocolError)) throw error
      this.#fail(error)
    }
    return this.#effects
  }

  /** For a host whose connection is gone. What ends by itself is closed already. */
  close(): void {
    this.#isOver = true
    this.#budget.release(this.#reservedCount)
    this.#reservedCount = 0
  }

  #dispatch(event: SyncEvent, nowMs: number): void {
    if (nowMs >= this.deadlineMs) throw new ProtocolError('SYNC_EXPIRED')
    if (event.kind === 'timeout') return
    this.#idleMs = nowMs + SYNC_IDLE_MS_MAX
    if (event.kind === 'message') this.#receive(event.bytes)
    else if (event.kind === 'items') this.onItems(event.shortIds, event.isLast)
    else this.onStart()
  }

  #receive(bytes: Uint8Array): void {
    const { shard, message } = decodeSyncMessage(bytes)
    if (shard !== this.shard) throw new ProtocolError('SYNC_STATE', 'another shard')
    if (message.kind === 'refuse') {
      this.close()
      this.#effects.push({ kind: 'refused', status: message.status })
    } else {
      this.onMessage(message)
    }
  }

  /** Nothing that this event has led to is worth keeping; the peer is told why it ends. */
  #fail(error: ProtocolError): void {
    this.close()
    const bytes = encodeRefusal(this.shard, error)
    this.#effects = [
      { kind: 'send', bytes },
      { kind: 'fail', error },
    ]
  }

  protected finish(isComplete: boolean): void {
    this.close()
    this.#effects.push({ kind: 'done', isComplete })
  }

  protected readonly outbox: Outbox = {
    send: (message) => {
      this.#effects.push({ kind: 'send', bytes: encodeSyncMessage(this.shard, message) })
    },
    load: (days) => {
      this.#effects.push({ kind: 'load', days })
    },
    need: (shortIds) => {
      if (shortIds.length > 0) this.#effects.push({ kind: 'need', shortIds })
    },
    have: (shortIds) => {
      if (shortIds.length > 0) this.#effects.push({ kind: 'have', shortIds })
    },
  }

  /**
   * Room for our own ids of these days, in place of those of the phase before: sizes a phase's
   * memory before they come, and refuses before anything is allocated for them.
   */
  protected reserve(days: readonly number[]): number {
    const wanted = new Set(days)
    const counts = this.days.map(({ day, digest }) => (wanted.has(day) ? digest.count : 0))
    const count = counts.reduce((sum, more) => sum + more, 0)
    if (count > SYNC_ITEMS_MAX) throw new ProtocolError('SYNC_LIMIT', `${count} ids in these days`)
    this.#budget.release(this.#reservedCount)
    this.#reservedCount = 0
    this.#budget.reserve(count)
    this.#reservedCount = count
    return count
  }

  protected onStart(): void {
    assert(false, 'only the initiator starts')
  }

  protected abstract onMessage(message: SyncMessage): void
  protected abstract onItems(shortIds: Uint8Array, isLast: boolean): void
}

/** Also for a host that has no room for one more exchange: SYNC_LIMIT. */
export function encodeRefusal(shard: number, error: ProtocolError): Uint8Array {
  return encodeSyncMessage(shard, { kind: 'refuse', status: statusOf(error.code) })
}

export function wrongState(message: SyncMessage): never {
  throw new ProtocolError('SYNC_STATE', `${message.kind} now`)
}

/** Both sides have a part in the key, so nobody can search for collisions beforehand. */
export function sessionHash(
  crypto: Crypto,
  shard: number,
  initiatorSalt: Uint8Array,
  responderSalt: Uint8Array,
): SipHash {
  const salts = Secret.adopt(concatBytes(initiatorSalt, responderSalt))
  const context = [Uint8Array.of(shard)]
  const key = derive(crypto, KEY_LABELS.syncSession, salts, context, SIPHASH_KEY_BYTES)
  return new SipHash(key.reveal())
}

function newestDays(days: Iterable<DayDigest>): DayDigest[] {
  return [...days]
    .filter(({ digest }) => digest.count > 0)
    .sort((a, b) => a.day - b.day)
    .slice(-SYNC_DAYS_MAX)
    .map(({ day, digest: { count, sum } }) => ({ day, digest: { count, sum: sum.slice() } }))
}
