// What the courier is given, and what it says about it.

import type { PeerId } from '@ezchat/protocol/ports.ts'
import type { EzchatError } from '../errors.ts'

/**
 * direct: carriers learn who sends. stem: as stem.md has it. cover: the same, and dummies at random
 * times, so that silence tells less.
 */
export type CourierMode = 'direct' | 'stem' | 'cover'

export interface CourierItem {
  /** 16 bytes that the caller chose, and uses for no other envelope. */
  readonly reference: Uint8Array
  /** Complete but for its postage. */
  readonly envelope: Uint8Array
}

interface About {
  readonly reference: Uint8Array
}

/** Each is said after what it says has been written, but for the steps on the way. */
export type CourierEvent =
  | (About & { readonly kind: 'stamped'; readonly id: Uint8Array })
  /** To the stem; nobody can tell when it leaves the node. */
  | (About & { readonly kind: 'handed' })
  /** To carriers, by this node. */
  | (About & { readonly kind: 'delivering' })
  | (About & { readonly kind: 'receipt'; readonly carrier: PeerId; readonly count: number })
  | (About & { readonly kind: 'stored'; readonly count: number })
  /** Stored a while ago and not confirmed: on its way once more. */
  | (About & { readonly kind: 'resent' })
  /** All carriers that could be asked refuse it, for the same reason. It is tried again. */
  | (About & { readonly kind: 'refused'; readonly status: number })
  /**
   * The mailbox's owner had it dropped, so that no carrier takes it any more. `isNamed`: by its
   * id, so whoever holds the mailbox has had it. Otherwise with all before a time: perhaps unread.
   */
  | (About & { readonly kind: 'dropped'; readonly isNamed: boolean })
  | (About & { readonly kind: 'expired'; readonly wasStored: boolean })
  /** The disk has changed what was kept of it: the caller has to write the message again. */
  | (About & { readonly kind: 'damaged' })
  /** Nothing more is done until the courier is started again. */
  | { readonly kind: 'failed'; readonly error: EzchatError }

export type CourierListener = (event: CourierEvent) => void
