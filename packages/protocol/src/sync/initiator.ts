// The side that asks. sync.md §3 and §4

import { equalBytes } from '../codec/bytes.ts'
import { SYNC_SALT_BYTES } from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { assert } from '../errors.ts'
import { SYNC_AUDIT_PERIOD } from '../limits.ts'
import { CodingSender } from './coding-sender.ts'
import { fingerprintOf, rootOf } from './digest.ts'
import {
  Exchange,
  type ExchangeInit,
  type ExchangeTerms,
  type Phase,
  sessionHash,
  wrongState,
} from './exchange.ts'
import { ListSender } from './list-sender.ts'
import type { DayFingerprint, SyncMessage } from './message.ts'
import { type DayPair, makePlan, type Plan } from './plan.ts'

export interface InitiatorInit extends ExchangeInit {
  /** Null, or any number: then a day that looks equal is reconciled all the same. */
  readonly auditPick: number | null
}

/** The shell: draws the salt and, once in SYNC_AUDIT_PERIOD exchanges, an audit. */
export function startExchange(crypto: Crypto, init: ExchangeTerms, nowMs: number): Initiator {
  const coin = new DataView(crypto.randomBytes(4).buffer).getUint32(0)
  const auditPick = coin % SYNC_AUDIT_PERIOD === 0 ? Math.floor(coin / SYNC_AUDIT_PERIOD) : null
  const salt = crypto.randomBytes(SYNC_SALT_BYTES)
  return new Initiator({ ...init, crypto, salt, auditPick }, nowMs)
}

export class Initiator extends Exchange {
  readonly #auditPick: number | null
  #state: 'idle' | 'opened' | 'working' = 'idle'
  #phase: Phase | null = null

  constructor(init: InitiatorInit, nowMs: number) {
    super(init, nowMs)
    this.#auditPick = this.days.length === 0 ? null : init.auditPick
  }

  protected override onStart(): void {
    assert(this.#state === 'idle', 'an exchange starts once')
    this.#state = 'opened'
    const root = rootOf(this.crypto, this.shard, this.salt, this.days)
    const wantsDigests = this.#auditPick !== null
    this.outbox.send({ kind: 'open', wantsDigests, salt: this.salt, root })
  }

  protected override onMessage(message: SyncMessage): void {
    if (this.#phase !== null) this.#phase.onMessage(message)
    else if (this.#state !== 'opened') wrongState(message)
    else if (message.kind === 'digests') this.#begin(message.salt.slice(), message.days)
    else if (message.kind === 'equal' && this.#auditPick === null) this.finish(true)
    else wrongState(message)
  }

  protected override onItems(shortIds: Uint8Array, isLast: boolean): void {
    assert(this.#phase !== null, 'items that nobody asked for')
    this.#phase.onItems(shortIds, isLast)
  }

  #begin(responderSalt: Uint8Array, theirs: readonly DayFingerprint[]): void {
    this.#state = 'working'
    const plan = makePlan(this.#pairs(responderSalt, theirs), this.#auditPick)
    const { code, list } = plan
    if (code === null) {
      this.#list(plan, list)
      return
    }
    this.#phase = new CodingSender({
      outbox: this.outbox,
      hash: sessionHash(this.crypto, this.shard, this.salt, responderSalt),
      plan: code,
      isListNext: list.length > 0,
      countHint: this.reserve(code.days),
      finish: (outcome) => {
        const days = outcome === 'list' ? [...list, ...code.days].sort((a, b) => a - b) : list
        if (days.length === 0) this.finish(plan.isComplete)
        else this.#list(plan, days)
      },
    })
  }

  #list(plan: Plan, days: readonly number[]): void {
    this.#phase = new ListSender({
      outbox: this.outbox,
      days,
      countHint: this.reserve(days),
      finish: () => this.finish(plan.isComplete),
    })
  }

  #pairs(responderSalt: Uint8Array, theirs: readonly DayFingerprint[]): DayPair[] {
    const salts = [this.salt, responderSalt] as const
    const there = new Map(theirs.map((entry) => [entry.day, entry]))
    const here = new Map(this.days.map((entry) => [entry.day, entry]))
    const days = [...new Set([...here.keys(), ...there.keys()])]
    return days.map((day) => {
      const a = here.get(day)
      const b = there.get(day)
      const isEqual =
        a !== undefined &&
        b !== undefined &&
        a.digest.count === b.count &&
        equalBytes(fingerprintOf(this.crypto, salts, a), b.fingerprint)
      return { day, countHere: a?.digest.count ?? 0, countThere: b?.count ?? 0, isEqual }
    })
  }
}
