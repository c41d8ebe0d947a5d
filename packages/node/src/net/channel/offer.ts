// What a peer asks of us and how it is answered: the same for every channel of every peer.
import type { PeerId, RequestHandler } from '@ezchat/protocol/ports.ts'
import type { Methods } from './method.ts'

export type NoticeHandler = (peer: PeerId, body: Uint8Array) => void

export interface Offer {
  readonly methods: Methods
  readonly requests: ReadonlyMap<string, RequestHandler>
  readonly notices: ReadonlyMap<string, NoticeHandler>
  /** A handler failed in a way that is nobody's answer: for whoever looks after this node. */
  readonly failed: (method: string, error: unknown) => void
}
