// The side that is asked. sync.md §3
import { equalBytes } from '../codec/bytes.ts'
import { SYNC_SALT_BYTES } from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { assert } from '../errors.ts'
import { CodingReceiver } from './coding-receiver.ts'
import { fingerprintOf, rootOf } from './digest.ts'
import { Exchange, type ExchangeTerms, sessionHash, wrongState } from './exchange.ts'
import { ListReceiver } from './list-receiver.ts'
import type { SyncMessage } from './message.ts'

type Open = Extract<SyncMessage, { kind: 'open' }>

/** The shell: draws the salt. */
export function answerExchange(crypto: Crypto, init: ExchangeTerms, nowMs: number): Responder {
  return new Responder({ ...init, crypto, salt: crypto.randomBytes(SYNC_SALT_BYTES) }, nowMs)
}

export class Responder extends Exchange {
  #initiatorSalt: Uint8Array | null = null
  #phase: CodingReceiver | ListReceiver | null = null

  protected override onMessage(message: SyncMessage): void {
    if (this.#initiatorSalt === null) {
      if (message.kind !== 'open') wrongState(message)
      this.#answer(message)
    } else if (message.kind === 'list' && this.#allowsList) {
      this.#phase = new ListReceiver({
        outbox: this.outbox,
        message,
        countHint: this.reserve(message.days),
      })
    } else if (message.kind === 'code' && this.#phase === null) {
      this.#phase = new CodingReceiver({
        outbox: this.outbox,
        hash: sessionHash(this.crypto, this.shard, this.#initiatorSalt, this.salt),
        message,
        countHint: this.reserve(message.days),
      })
    } else if (this.#phase !== null) {
      this.#phase.onMessage(message)
      this.#finishWhenDone()
    } else {
      wrongState(message)
    }
  }

  protected override onItems(shortIds: Uint8Array, isLast: boolean): void {
    assert(this.#phase !== null, 'items that nobody asked for')
    this.#phase.onItems(shortIds, isLast)
    this.#finishWhenDone()
  }

  get #allowsList(): boolean {
    if (this.#phase === null) return true
    return this.#phase instanceof CodingReceiver && this.#phase.allowsList
  }

  #finishWhenDone(): void {
    if (this.#phase?.isDone) this.finish(true)
  }

  #answer({ salt, root, wantsDigests }: Open): void {
    this.#initiatorSalt = salt.slice()
    const ours = rootOf(this.crypto, this.shard, this.#initiatorSalt, this.days)
    if (!wantsDigests && equalBytes(root, ours)) {
      this.outbox.send({ kind: 'equal' })
      this.finish(true)
      return
    }
    const salts = [this.#initiatorSalt, this.salt] as const
    const days = this.days.map((entry) => ({
      day: entry.day,
      count: entry.digest.count,
      fingerprint: fingerprintOf(this.crypto, salts, entry),
    }))
    this.outbox.send({ kind: 'digests', salt: this.salt, days })
  }
}
