// What a host tells the stem, and what the stem asks of its host: stem.md §3.
import type { Offence, PeerId } from '../ports.ts'

export type StemEvent =
  | { readonly kind: 'start' }
  /** The last event: what was not yet handed over is refused, so that neighbours need not wait. */
  | { readonly kind: 'stop' }
  /** The timer that was asked for. Early or late does no harm. */
  | { readonly kind: 'tick' }
  | {
      readonly kind: 'peer-up'
      readonly peer: PeerId
      /** Speaks the stem protocol and may be handed envelopes. */
      readonly capable: boolean
      /** We chose to connect to it. Whoever connects to us may have come to be chosen. */
      readonly dialled: boolean
    }
  | { readonly kind: 'peer-down'; readonly peer: PeerId }
  /** An envelope written here. Again is harmless, after a restart too. A bad one throws. */
  | { readonly kind: 'submit'; readonly envelope: Uint8Array }
  /** The courier has what it wants, or the message has expired. */
  | { readonly kind: 'withdraw'; readonly id: Uint8Array }
  | { readonly kind: 'inbound'; readonly peer: PeerId; readonly bytes: Uint8Array }
  /** A relay could not be written to its peer after all. */
  | { readonly kind: 'unsent'; readonly peer: PeerId; readonly id: Uint8Array }
  /** Receipts of carriers that a delivery of ours reached; may come in several parts. */
  | {
      readonly kind: 'delivered'
      readonly id: Uint8Array
      readonly receipts: readonly Uint8Array[]
    }
  /** A delivery of ours reached no carrier. */
  | { readonly kind: 'undelivered'; readonly id: Uint8Array }

/**
 * role: this node delivers in this epoch. loop: the stem came back to where it had been.
 * embargo: nothing was heard in time. refused: the next node did not take it. alone: there is
 * no stem peer.
 */
export type DeliveryReason = 'role' | 'loop' | 'embargo' | 'refused' | 'alone'

export type PenaltyReason = Exclude<Offence, 'lies'>

/** full: an own one found no room. The others ended without a receipt. */
export type ForgetReason = 'full' | 'evicted' | 'exhausted'

export type StemEffect =
  | { readonly kind: 'send'; readonly peer: PeerId; readonly bytes: Uint8Array }
  /** To the courier: push it to carriers of its shard, and say `delivered` or `undelivered`. */
  | {
      readonly kind: 'deliver'
      readonly id: Uint8Array
      readonly envelope: Uint8Array
      readonly why: DeliveryReason
      readonly own: boolean
    }
  /** To the courier: receipts for an envelope written here, each carrier once a try. */
  | {
      readonly kind: 'receipts'
      readonly id: Uint8Array
      readonly receipts: readonly Uint8Array[]
    }
  /** Replaces an earlier one. */
  | { readonly kind: 'set-timer'; readonly atMs: number }
  | { readonly kind: 'penalise'; readonly peer: PeerId; readonly why: PenaltyReason }
  | {
      readonly kind: 'forget'
      readonly id: Uint8Array
      readonly why: ForgetReason
      readonly own: boolean
    }
