// What a device remembers about a session. A value: no operation changes one, each makes another.
import type { Secret } from '../crypto/secret.ts'
import type { Incarnation } from './incarnation.ts'
import type { Skipped } from './skipped.ts'

/** Our chain towards the peer. */
export interface Sending {
  /** Null until the next message begins a new chain. */
  readonly chain: Secret | null
  readonly headerKey: Secret
  /** Null once the peer's answer has used it. */
  readonly ratchetSecret: Secret | null
  readonly ratchetKey: Uint8Array
  readonly number: number
  readonly previousNumber: number
  /** Repeated in each message of a chain that began with a KEM step. */
  readonly kemCiphertext: Uint8Array | null
}

/** The peer's chain towards us. */
export interface Receiving {
  /** Names the chain among those with skipped keys. */
  readonly ref: number
  readonly chain: Secret
  readonly headerKey: Secret
  readonly ratchetKey: Uint8Array
  readonly number: number
  /** We have answered the KEM key that this chain carries. */
  readonly isKemAnswered: boolean
}

export interface KemState {
  /** Offered to the peer and not answered yet. */
  readonly ownSeed: Secret | null
  /** The peer's offer, not answered yet. */
  readonly peerKey: Uint8Array | null
  readonly messages: number
  readonly sinceSeconds: number
}

export interface Session {
  readonly suite: number
  /** The hash of the handshake: both identities, devices, network and prekeys. Bound everywhere. */
  readonly id: Uint8Array
  /** Names the handshake's bytes on the wire. */
  readonly handshakeId: Uint8Array
  readonly isInitiator: boolean
  /** By the initiator's clock. */
  readonly createdSeconds: number
  /** The higher of two sessions is used to send. session.md §8 */
  readonly rank: number
  /** The highest rank that the peer has said it has. */
  readonly peerRank: number
  readonly laneSecret: Secret
  readonly traceKey: Secret
  /** What is repeated in front of each message until the peer answers; null for the responder. */
  readonly handshake: Uint8Array | null
  readonly root: Secret
  /** The peer's ratchet key, from which the next sending chain begins. */
  readonly peerRatchetKey: Uint8Array
  readonly nextSendHeaderKey: Secret
  readonly nextReceiveHeaderKey: Secret
  readonly sending: Sending
  readonly receiving: Receiving | null
  readonly kem: KemState
  readonly skipped: Skipped
  /** Over all chains. */
  readonly sentCount: number
  /** When the first message was sent since the last one that came; null when none was. */
  readonly unansweredSeconds: number | null
  /** Starts of the peer's program that were heard in this session, oldest first. */
  readonly incarnations: readonly Incarnation[]
}

/** An initiator hears nothing until the peer has answered; a responder begins with a message. */
export function isConfirmed(session: Session): boolean {
  return session.receiving !== null
}
