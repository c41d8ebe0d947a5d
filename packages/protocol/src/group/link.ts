// A link by which anybody may join a group: group.md §2.

import { decodeLink, encodeLink } from '../codec/link.ts'
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import { GROUP_LINK_VERSION, ID_BYTES, INVITE_BYTES_MAX, LINK_KINDS } from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { KEY_BYTES } from '../crypto/lengths.ts'
import { Secret } from '../crypto/secret.ts'

export interface GroupLink {
  readonly groupId: Uint8Array
  /** Hash of the operation that allows it. */
  readonly invite: Uint8Array
  /** Ed25519 seed of the link. */
  readonly linkSeed: Secret
  /** A contact invite of the member to ask first (link.md §4), not decoded. */
  readonly sponsor: Uint8Array
}

export function encodeGroupLink(crypto: Crypto, link: GroupLink, base?: string): string {
  const body = new Writer(99 + link.sponsor.length)
    .u8(GROUP_LINK_VERSION)
    .bytes(link.groupId, ID_BYTES)
    .bytes(link.invite, ID_BYTES)
    .bytes(link.linkSeed.reveal(), KEY_BYTES)
    .prefixed(link.sponsor, INVITE_BYTES_MAX)
    .finish()
  return encodeLink(crypto, LINK_KINDS.group, body, base)
}

/** Null when the text is no link of ours, or a link to something else than a group. */
export function decodeGroupLink(crypto: Crypto, text: string): GroupLink | null {
  const link = decodeLink(crypto, text)
  if (link?.kind !== LINK_KINDS.group) return null
  const reader = new Reader(link.body, 'GROUP')
  reader.version(GROUP_LINK_VERSION)
  const groupId = reader.bytes(ID_BYTES)
  const invite = reader.bytes(ID_BYTES)
  const linkSeed = Secret.copy(reader.bytes(KEY_BYTES))
  const sponsor = reader.prefixed(INVITE_BYTES_MAX)
  reader.end()
  return { groupId, invite, linkSeed, sponsor }
}
