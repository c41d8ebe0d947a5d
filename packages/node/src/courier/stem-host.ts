// The stem machine with a wire and a clock: it performs what the machine asks for, in order, and
// decides nothing. stem.md, docs/state-machines/stem.md
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { envelopeIdOf } from '@ezchat/protocol/envelope/id.ts'
import { decodeLayout } from '@ezchat/protocol/envelope/layout.ts'
import type { EnvelopeRules } from '@ezchat/protocol/envelope/rules.ts'
import type { Clock, PeerId, Wire } from '@ezchat/protocol/ports.ts'
import type { DeliveryReason, StemEffect, StemEvent } from '@ezchat/protocol/stem/event.ts'
import { Stem, type StemStatus } from '@ezchat/protocol/stem/machine.ts'
import { decodeStemMessage } from '@ezchat/protocol/stem/message.ts'
import type { StemReaders } from '@ezchat/protocol/stem/readers.ts'
import type { Delivery } from './delivery.ts'
import type { StemPeers } from './seams.ts'

type DeliverEffect = Extract<StemEffect, { kind: 'deliver' }>

/** About envelopes of our own. */
export interface StemHostEvents {
  receipts(id: Uint8Array, receipts: readonly Uint8Array[]): void
  delivering(id: Uint8Array, why: DeliveryReason): void
  /** The stem had no room for it. */
  turnedAway(id: Uint8Array): void
  /** There is a stem peer where there was none. */
  accompanied(): void
}

export interface StemHostInit {
  readonly crypto: Crypto
  readonly network: EnvelopeRules
  readonly clock: Clock
  readonly wire: Wire
  readonly peers: StemPeers
  readonly readers: StemReaders
  readonly delivery: Delivery
  readonly neverDelivers: boolean
  readonly expiresAtSeconds: (envelope: Uint8Array) => number
  readonly events: StemHostEvents
}

export class StemHost {
  readonly #init: StemHostInit
  readonly #stem: Stem
  readonly #unwatch: (() => void)[] = []
  readonly #dialled = new Map<PeerId, boolean>()
  readonly #capable = new Set<PeerId>()
  #events: StemEvent[] = []
  #isHandling = false
  #isStopped = false
  #cancelTimer: (() => void) | null = null

  constructor(init: StemHostInit) {
    const { crypto, wire, peers, readers, neverDelivers } = init
    this.#init = init
    const random = (length: number) => crypto.randomBytes(length)
    this.#stem = new Stem({ random, ...readers, neverDelivers })
    this.handle({ kind: 'start' })
    wire.handleNotices('stem', (peer, body) => this.#inbound(peer, body))
    this.#unwatch.push(
      wire.watchPeers((change) => {
        if (change.kind === 'up') this.#up(change.peer, change.isDialled)
        else this.#down(change.peer)
      }),
      peers.watch((peer) => this.#changed(peer)),
    )
    for (const { peer, isDialled } of wire.peers()) this.#up(peer, isDialled)
  }

  get status(): StemStatus {
    return this.#stem.status
  }

  get hasPeers(): boolean {
    return this.#capable.size > 0
  }

  /** Events that come while one is being handled wait until its effects are done. */
  handle(event: StemEvent): void {
    if (this.#isStopped) return
    this.#events.push(event)
    if (this.#isHandling) return
    this.#isHandling = true
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
        const effects = this.#stem.handle(next, this.#init.clock.monotonicMs())
        for (const effect of effects) this.#perform(effect)
      }
    } finally {
      this.#isHandling = false
    }
  }

  stop(): void {
    if (this.#isStopped) return
    this.handle({ kind: 'stop' })
    this.#isStopped = true
    this.#cancelTimer?.()
    for (const unwatch of this.#unwatch) unwatch()
  }

  #perform(effect: StemEffect): void {
    const { wire, events } = this.#init
    switch (effect.kind) {
      case 'send':
        if (!wire.notify(effect.peer, 'stem', effect.bytes)) this.#unsent(effect)
        break
      case 'deliver':
        this.#deliver(effect)
        break
      case 'receipts':
        events.receipts(effect.id, effect.receipts)
        break
      case 'set-timer':
        this.#setTimer(effect.atMs)
        break
      case 'penalise':
        wire.penalise(effect.peer, effect.why)
        break
      case 'forget':
        if (effect.own && effect.why === 'full') events.turnedAway(effect.id)
    }
  }

  /** Whoever could not be handed an envelope counts as one that refused it. */
  #unsent({ peer, bytes }: Extract<StemEffect, { kind: 'send' }>): void {
    const message = decodeStemMessage(bytes)
    if (message.kind !== 'relay') return
    const { crypto, network } = this.#init
    const id = envelopeIdOf(crypto, network, message.envelope)
    this.handle({ kind: 'unsent', peer, id })
  }

  /** The first receipt goes back at once and ends the embargoes on its way, the others together. */
  #deliver({ id, envelope, why, own }: DeliverEffect): void {
    const { network, delivery, events, expiresAtSeconds } = this.#init
    if (own) events.delivering(id, why)
    const { shard } = decodeLayout(network, envelope)
    const request = { id, envelope, shard, expiresAtSeconds: expiresAtSeconds(envelope) }
    const later: Uint8Array[] = []
    let count = 0
    delivery.deliver(
      { ...request, signed: [], lastly: new Set() },
      {
        receipt: (receipt) => {
          count += 1
          if (count === 1) this.handle({ kind: 'delivered', id, receipts: [receipt] })
          else later.push(receipt)
        },
        ended: () => {
          if (count === 0) this.handle({ kind: 'undelivered', id })
          else if (later.length > 0) this.handle({ kind: 'delivered', id, receipts: later })
        },
      },
    )
  }

  #inbound(peer: PeerId, bytes: Uint8Array): void {
    // The notice may come before the wire has said who is there.
    if (!this.#dialled.has(peer)) {
      const found = this.#init.wire.peers().find((other) => other.peer === peer)
      if (found === undefined) return
      this.#up(peer, found.isDialled)
    }
    this.handle({ kind: 'inbound', peer, bytes })
  }

  #setTimer(atMs: number): void {
    const { clock } = this.#init
    this.#cancelTimer?.()
    const delayMs = Math.max(0, atMs - clock.monotonicMs())
    this.#cancelTimer = clock.after(delayMs, () => {
      this.#cancelTimer = null
      this.handle({ kind: 'tick' })
    })
  }

  #up(peer: PeerId, isDialled: boolean): void {
    this.#dialled.set(peer, isDialled)
    this.#tell(peer, isDialled)
  }

  #changed(peer: PeerId): void {
    const isDialled = this.#dialled.get(peer)
    if (isDialled !== undefined) this.#tell(peer, isDialled)
  }

  #tell(peer: PeerId, dialled: boolean): void {
    if (this.#isStopped) return
    const capable = this.#init.peers.isStem(peer)
    const wasAlone = this.#capable.size === 0
    if (capable) this.#capable.add(peer)
    else this.#capable.delete(peer)
    this.handle({ kind: 'peer-up', peer, capable, dialled })
    if (wasAlone && capable) this.#init.events.accompanied()
  }

  #down(peer: PeerId): void {
    if (!this.#dialled.delete(peer)) return
    this.#capable.delete(peer)
    this.handle({ kind: 'peer-down', peer })
  }
}
