// Who answers for an entry. conversation.md §3
import { equalBytes } from '../codec/bytes.ts'
import { ProtocolError } from '../errors.ts'
import { type Author, type Entry, isSameAuthor } from './entry.ts'

/**
 * What makes entries of a conversation genuine. Two people: the session that they come through, and
 * nothing that a third party could check. A group: the signature of the author's device.
 */
export type Authority =
  | { readonly kind: 'sessions'; readonly participants: readonly Uint8Array[] }
  | { readonly kind: 'signatures' }

export type Witness =
  /** It came through the session with this device. */
  | { readonly kind: 'session'; readonly peer: Author }
  /** The group has verified this device's signature over the entry's hash. */
  | { readonly kind: 'signature'; readonly signer: Author; readonly proof: Uint8Array }

/**
 * `author`: its own device says so. `own-device`: another device of ours passes it on. `holder`:
 * anybody else does, which counts only for bytes whose hash is already known.
 */
export type EntryStanding = 'author' | 'own-device' | 'holder'

export const NO_PROOF: Uint8Array = new Uint8Array(0)

export function standingOf(
  entry: Entry,
  witness: Witness,
  own: Author,
  authority: Authority,
): EntryStanding {
  if (witness.kind === 'signature') {
    // A signature on what two people said would be proof for a third.
    if (authority.kind !== 'signatures') throw new ProtocolError('ENTRY_PERMISSION', 'signed')
    if (!isSameAuthor(witness.signer, entry.author)) throw new ProtocolError('ENTRY_PERMISSION')
    return 'author'
  }
  if (authority.kind !== 'sessions') throw new ProtocolError('ENTRY_PERMISSION', 'unsigned')
  const isParticipant = authority.participants.some((participant) =>
    equalBytes(participant, entry.author.identity),
  )
  if (!isParticipant) throw new ProtocolError('ENTRY_PERMISSION', 'not a participant')
  if (isSameAuthor(witness.peer, entry.author)) return 'author'
  return equalBytes(witness.peer.identity, own.identity) ? 'own-device' : 'holder'
}

export function proofOf(witness: Witness): Uint8Array {
  return witness.kind === 'signature' ? witness.proof : NO_PROOF
}
