import { equalBytes } from '../codec/bytes.ts'
import { readHints, writeHints } from '../codec/hints.ts'
import { decodeLink, encodeLink } from '../codec/link.ts'
import { readName, writeName } from '../codec/plain-text.ts'
import { Reader } from '../codec/reader.ts'
import { assertSeconds } from '../codec/seconds.ts'
import { Writer } from '../codec/writer.ts'
import {
  DOOR_SECRET_BYTES,
  ID_BYTES,
  INVITE_BYTES_MAX,
  INVITE_NAME_BYTES_MAX,
  INVITE_TOKEN_BYTES,
  INVITE_VERSION,
  LINK_KINDS,
} from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { PUBLIC_KEY_BYTES } from '../crypto/lengths.ts'
import { Secret } from '../crypto/secret.ts'
import { assert, ProtocolError } from '../errors.ts'
import { isIdentityKey } from './identity-key.ts'

const FLAG_TOKEN = 1
const FLAGS_ALL = FLAG_TOKEN
const NEVER = 0

/** What somebody needs to write to us first. Unsigned: it is as genuine as the way it came. */
export interface Invite {
  readonly networkId: Uint8Array
  readonly identityKey: Uint8Array
  readonly doorSecret: Secret
  readonly homeShard: number
  /** The last second at which it holds; null for one that always does. */
  readonly expiresSeconds: number | null
  /** Multiaddrs of carriers, in the order in which they are to be tried. */
  readonly hints: readonly string[]
  /** What the writer would like to be called; the reader's petname wins. */
  readonly suggestedName: string
  /** Tells the writer which invite was used, once. */
  readonly token: Secret | null
}

/** link.md §4. */
export function encodeInvite(invite: Invite): Uint8Array {
  assert(invite.expiresSeconds !== NEVER, 'expected a time or null, got 0')
  const writer = new Writer()
    .u8(INVITE_VERSION)
    .u8(invite.token === null ? 0 : FLAG_TOKEN)
    .bytes(invite.networkId, ID_BYTES)
    .bytes(invite.identityKey, PUBLIC_KEY_BYTES)
    .bytes(invite.doorSecret.reveal(), DOOR_SECRET_BYTES)
    .u16(invite.homeShard)
    .u32(invite.expiresSeconds ?? NEVER)
  writeHints(writer, invite.hints)
  writeName(writer, invite.suggestedName, INVITE_NAME_BYTES_MAX)
  if (invite.token !== null) writer.bytes(invite.token.reveal(), INVITE_TOKEN_BYTES)
  return writer.finish()
}

/** link.md §4. */
export function decodeInvite(bytes: Uint8Array, nowSeconds: number): Invite {
  assertSeconds(nowSeconds)
  if (bytes.length > INVITE_BYTES_MAX) throw new ProtocolError('INVITE_LIMIT')
  const reader = new Reader(bytes, 'INVITE')
  reader.version(INVITE_VERSION)
  const flags = reader.within(reader.u8(), 0, FLAGS_ALL, 'flags')
  const networkId = reader.bytes(ID_BYTES).slice()
  const identityKey = reader.bytes(PUBLIC_KEY_BYTES).slice()
  const doorSecret = Secret.copy(reader.bytes(DOOR_SECRET_BYTES))
  const homeShard = reader.u16()
  const expires = reader.u32()
  const hints = readHints(reader)
  const suggestedName = readName(reader, INVITE_NAME_BYTES_MAX)
  const token = flags & FLAG_TOKEN ? Secret.copy(reader.bytes(INVITE_TOKEN_BYTES)) : null
  reader.end()
  if (!isIdentityKey(identityKey)) throw new ProtocolError('INVITE_INVALID')
  if (expires !== NEVER && nowSeconds > expires) throw new ProtocolError('INVITE_EXPIRED')
  const expiresSeconds = expires === NEVER ? null : expires
  return {
    networkId,
    identityKey,
    doorSecret,
    homeShard,
    expiresSeconds,
    hints,
    suggestedName,
    token,
  }
}

/** As `ezchat:…`, or behind the address of a web client. */
export function encodeInviteLink(crypto: Crypto, invite: Invite, base?: string): string {
  return encodeLink(crypto, LINK_KINDS.contact, encodeInvite(invite), base)
}

/** Null when the text is no link of ours, or a link to something else than a contact. */
export function decodeInviteLink(crypto: Crypto, text: string, nowSeconds: number): Invite | null {
  const link = decodeLink(crypto, text)
  return link?.kind === LINK_KINDS.contact ? decodeInvite(link.body, nowSeconds) : null
}

/** network.md §2: a shard has a meaning only in the network that the invite is for. */
export function checkInviteNetwork(
  invite: Invite,
  network: { readonly id: Uint8Array; readonly shardBits: number },
): void {
  if (!equalBytes(invite.networkId, network.id)) throw new ProtocolError('INVITE_NETWORK')
  if (invite.homeShard >> network.shardBits !== 0) {
    throw new ProtocolError('INVITE_FIELD', `the network has no shard ${invite.homeShard}`)
  }
}

export function drawInviteToken(crypto: Crypto): Secret {
  return Secret.adopt(crypto.randomBytes(INVITE_TOKEN_BYTES))
}

/** A door of its own for one invite, so that it can be shut without shutting the others. */
export function drawDoorSecret(crypto: Crypto): Secret {
  return Secret.adopt(crypto.randomBytes(DOOR_SECRET_BYTES))
}
