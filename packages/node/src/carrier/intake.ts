// The one door by which envelopes enter the store: push, gossip, reconciliation and our own.
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import type { Secret } from '@ezchat/protocol/crypto/secret.ts'
import { decodeEnvelope, type Envelope } from '@ezchat/protocol/envelope/decode.ts'
import type { EnvelopeRules } from '@ezchat/protocol/envelope/rules.ts'
import { ProtocolError, statusOf } from '@ezchat/protocol/errors.ts'
import type { VerifiedDrop } from '@ezchat/protocol/mailbox/drop.ts'
import type { Clock, PeerId } from '@ezchat/protocol/ports.ts'
import type { PushOutcome } from '@ezchat/protocol/request/push.ts'
import { pipe } from 'it-pipe'
import { EzchatError } from '../errors.ts'
import type { EnvelopeStore } from '../store/envelope-store.ts'
import { offenceOf } from './offences.ts'
import { ReceiptSigner, type SignElsewhere } from './receipt-signer.ts'
import type { Penalising } from './serving.ts'

export type Taken =
  /** It is on disk: since now, or it was before. */
  | { readonly kind: 'stored' | 'known'; readonly envelope: Envelope }
  | { readonly kind: 'dropped'; readonly envelope: Envelope; readonly drop: VerifiedDrop }
  /** A status of channel.md §4, or of a protocol error. */
  | { readonly kind: 'refused'; readonly status: number }

export interface IntakeInit {
  readonly wire: Penalising
  readonly clock: Clock
  readonly crypto: Crypto
  readonly network: EnvelopeRules
  readonly store: Pick<EnvelopeStore, 'put'>
  /** Signs receipts: the key of this peer. */
  readonly peerSeed: Secret
  /** Where there are threads beside this one. */
  readonly signElsewhere?: SignElsewhere | null
  readonly isCarried: (shard: number) => boolean
  /** What was not there before, when it is on disk. */
  readonly onAccepted: (envelope: Envelope, from: PeerId | null) => void
}

/** Envelopes under way: what was refused stays in its place, so that answers stay in order. */
type Item = Envelope | ProtocolError

const BUSY = 1
const FAILED = 3
const FULL = 4
const STATUSES = new Map<string, number>([
  ['STORE_BUSY', BUSY],
  ['STORE_FULL', FULL],
  ['STORE_DISK_FULL', FULL],
])

export class Intake {
  readonly #init: IntakeInit
  readonly #signer: ReceiptSigner

  constructor(init: IntakeInit) {
    this.#init = init
    const { crypto, peerSeed, network, signElsewhere = null } = init
    this.#signer = new ReceiptSigner({ crypto, peerSeed, networkId: network.id, signElsewhere })
  }

  /** One answer for each, in their order, when all of them are on disk or refused. */
  take(envelopes: readonly Uint8Array[], from: PeerId | null): Promise<Taken[]> {
    return pipe(
      envelopes,
      (source) => this.#decode(source, from),
      (source) => this.#verify(source),
      (source) => this.#store(source, from, false),
    )
  }

  /** The same with receipts, which are signed after the disk has confirmed. */
  takeSigned(envelopes: readonly Uint8Array[], from: PeerId | null): Promise<PushOutcome[]> {
    return pipe(
      envelopes,
      (source) => this.#decode(source, from),
      (source) => this.#verify(source),
      (source) => this.#store(source, from, true),
      (taken) => this.#sign(taken),
    )
  }

  *#decode(source: Iterable<Uint8Array>, from: PeerId | null): Generator<Item> {
    const { wire, clock, crypto, network } = this.#init
    const context = { network, nowSeconds: Math.floor(clock.nowMs() / 1000) }
    let isPenalised = from === null
    for (const bytes of source) {
      const item = attempt(() => decodeEnvelope(crypto, context, bytes))
      const offence = item instanceof ProtocolError ? offenceOf(item) : null
      // Once for a request: a sender with one fault has it in each envelope.
      if (offence !== null && from !== null && !isPenalised) {
        isPenalised = true
        wire.penalise(from, 'invalid')
      }
      yield item
    }
  }

  /** Whoever pushes may not have heard that our shards have changed. */
  *#verify(source: Iterable<Item>): Generator<Item> {
    for (const item of source) {
      const isForeign = !(item instanceof ProtocolError) && !this.#init.isCarried(item.shard)
      yield isForeign ? new ProtocolError('REQUEST_STATE', `shard ${item.shard}`) : item
    }
  }

  /** All at once, so that they and those of other requests share one write. */
  #store(source: Iterable<Item>, from: PeerId | null, isPromised: boolean): Promise<Taken[]> {
    return Promise.all([...source].map((item) => this.#put(item, from, isPromised)))
  }

  async #put(item: Item, from: PeerId | null, isPromised: boolean): Promise<Taken> {
    if (item instanceof ProtocolError) return { kind: 'refused', status: item.status }
    try {
      const result = await this.#init.store.put(item, { isPromised })
      if (result.kind === 'dropped') return { ...result, envelope: item }
      if (result.kind === 'stored') this.#init.onAccepted(item, from)
      return { kind: result.kind, envelope: item }
    } catch (error: unknown) {
      if (!(error instanceof EzchatError)) throw error
      return { kind: 'refused', status: STATUSES.get(error.code) ?? FAILED }
    }
  }

  async #sign(taking: Promise<Taken[]>): Promise<PushOutcome[]> {
    const all = await taking
    const held = all.flatMap((taken) =>
      taken.kind === 'stored' || taken.kind === 'known' ? [taken.envelope] : [],
    )
    const receipts = (await this.#signer.sign(held)).values()
    return all.map((taken): PushOutcome => {
      if (taken.kind === 'refused') return taken
      if (taken.kind === 'dropped') return { kind: 'dropped', drop: taken.drop.bytes }
      return { kind: 'receipt', receipt: receipts.next().value! }
    })
  }
}

function attempt(read: () => Envelope): Item {
  try {
    return read()
  } catch (error: unknown) {
    if (error instanceof ProtocolError) return error
    throw error
  }
}

/** For what is pushed to a carrier that does not carry it. */
export const NOT_CARRIED = statusOf('REQUEST_STATE')
