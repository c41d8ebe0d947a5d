// First spies: nodes that do all that is asked of them, compare notes, and take whoever first showed
// one of them an envelope for its author.

import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { envelopeIdOf } from '@ezchat/protocol/envelope/id.ts'
import type { EnvelopeRules } from '@ezchat/protocol/envelope/rules.ts'
import { ProtocolError } from '@ezchat/protocol/errors.ts'
import { decodeGossipBatch } from '@ezchat/protocol/request/gossip-batch.ts'
import { decodePush } from '@ezchat/protocol/request/push.ts'
import { decodeStemMessage } from '@ezchat/protocol/stem/message.ts'
import type { Host, Message as Sent } from './host.ts'
import type { Message, Model } from './model.ts'

export interface SpyInit {
  readonly crypto: Crypto
  readonly terms: EnvelopeRules
  readonly model: Model
  /** Where the user with this number is at home. */
  readonly hostOf: (user: number) => Host
}

export class Spies {
  readonly #init: SpyInit
  readonly #hosts = new Set<number>()
  readonly #guesses = new Map<Message, Host>()

  constructor(init: SpyInit) {
    this.#init = init
  }

  add(host: Host): void {
    this.#hosts.add(host.index)
  }

  get count(): number {
    return this.#hosts.size
  }

  /** Of messages whose author is no spy: those seen, and those whose author was named. */
  get score(): { readonly seenCount: number; readonly rightCount: number } {
    let rightCount = 0
    for (const [message, guess] of this.#guesses) {
      if (guess === this.#init.hostOf(message.author)) rightCount++
    }
    return { seenCount: this.#guesses.size, rightCount }
  }

  isSpy(host: Host): boolean {
    return this.#hosts.has(host.index)
  }

  observe(from: Host, to: Host, sent: Sent): void {
    if (!this.#hosts.has(to.index) || this.#hosts.has(from.index)) return
    for (const envelope of envelopesIn(sent)) {
      const { crypto, terms, model, hostOf } = this.#init
      const message = model.find(envelopeIdOf(crypto, terms, envelope))
      if (message === null || this.#guesses.has(message)) continue
      if (this.isSpy(hostOf(message.author))) continue
      this.#guesses.set(message, from)
    }
  }
}

function envelopesIn(sent: Sent): readonly Uint8Array[] {
  try {
    if (sent.kind === 'gossip') return decodeGossipBatch(sent.batch).envelopes
    if (sent.kind === 'request' && sent.method === 'push') return decodePush(sent.body)
    if (sent.kind === 'notice' && sent.method === 'stem') {
      const message = decodeStemMessage(sent.body)
      return message.kind === 'relay' ? [message.envelope] : []
    }
    return []
  } catch (error: unknown) {
    if (error instanceof ProtocolError) return []
    throw error
  }
}
