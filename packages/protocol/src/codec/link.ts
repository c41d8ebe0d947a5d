import { LINK_CHARACTERS_MAX, LINK_CHECKSUM_BYTES, LINK_KINDS } from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { HASH_LABELS, labelled } from '../crypto/labels.ts'
import { assert, ProtocolError } from '../errors.ts'
import { decodeBase64url, encodeBase64url } from './base64url.ts'
import { concatBytes, equalBytes } from './bytes.ts'

export type LinkKind = (typeof LINK_KINDS)[keyof typeof LINK_KINDS]

export interface Link {
  readonly kind: LinkKind
  readonly body: Uint8Array
}

const SCHEME = 'ezchat:'
const WEB_SCHEME = 'https://'
const KNOWN_KINDS: ReadonlySet<number> = new Set(Object.values(LINK_KINDS))

// link.md §3: what chat and mail programs put around a link. None of it is in the alphabet.
const INVISIBLE = /[\s\u00ad\u200b\u2060]/g
const BEFORE = new Set('<([{"\'`*«‹“‘')
const AFTER = new Set('>)]}"\'`*»›”’.,;:!?')

function checksum(crypto: Crypto, kindAndBody: Uint8Array): Uint8Array {
  return crypto
    .sha256(labelled(HASH_LABELS.linkChecksum, kindAndBody))
    .subarray(0, LINK_CHECKSUM_BYTES)
}

function isBase(base: string): boolean {
  return /^https:\/\/[!-~]+$/.test(base) && !base.includes('#')
}

/**
 * link.md §2. With `base`, an address of a web client: the secret stays in the fragment, which
 * no browser sends to the host.
 */
export function encodeLink(
  crypto: Crypto,
  kind: LinkKind,
  body: Uint8Array,
  base: string | null = null,
): string {
  assert(base === null || isBase(base), 'expected an https address without a fragment')
  const kindAndBody = concatBytes(Uint8Array.of(kind), body)
  const payload = encodeBase64url(concatBytes(kindAndBody, checksum(crypto, kindAndBody)))
  const text = base === null ? SCHEME + payload : `${base}#${payload}`
  assert(text.length <= LINK_CHARACTERS_MAX, `expected a short link, got ${text.length} characters`)
  return text
}

/** link.md §3. Null when the text is no link of ours. */
export function decodeLink(crypto: Crypto, text: string): Link | null {
  if (text.length > LINK_CHARACTERS_MAX) {
    // Only a long text that says it is ours is broken; any other is somebody's prose.
    if (findPayload(text.slice(0, LINK_CHARACTERS_MAX)) === null) return null
    throw new ProtocolError('LINK_LIMIT', `${text.length} characters`)
  }
  const found = findPayload(text)
  if (found === null) return null
  const decoded = decodeBase64url(found.payload)
  const tooShort = decoded !== null && decoded.bytes.length < 1 + LINK_CHECKSUM_BYTES
  if (decoded === null || tooShort) {
    // Pages of the whole web have fragments: `https://example.org/#top` is nothing of ours.
    if (found.onWeb) return null
    throw new ProtocolError(tooShort ? 'LINK_TRUNCATED' : 'LINK_TEXT')
  }
  return checkPayload(crypto, decoded.bytes, decoded.canonical)
}

function checkPayload(crypto: Crypto, bytes: Uint8Array, canonical: boolean): Link {
  const kindAndBody = bytes.subarray(0, -LINK_CHECKSUM_BYTES)
  // First, because a link that was cut or mistyped should be told as that and nothing else.
  if (!equalBytes(bytes.subarray(-LINK_CHECKSUM_BYTES), checksum(crypto, kindAndBody))) {
    throw new ProtocolError('LINK_CHECKSUM', 'cut short or mistyped')
  }
  if (!canonical) throw new ProtocolError('LINK_TEXT', 'characters that carry no bytes')
  const kind = kindAndBody[0]!
  if (!isKnownKind(kind)) throw new ProtocolError('LINK_KIND', `kind ${kind}`)
  return { kind, body: kindAndBody.slice(1) }
}

function isKnownKind(kind: number): kind is LinkKind {
  return KNOWN_KINDS.has(kind)
}

function findPayload(text: string): { payload: string; onWeb: boolean } | null {
  const link = stripSurroundings(text.replace(INVISIBLE, ''))
  if (startsWith(link, SCHEME)) return { payload: link.slice(SCHEME.length), onWeb: false }
  if (!startsWith(link, WEB_SCHEME)) return null
  const hash = link.indexOf('#')
  return hash === -1 ? null : { payload: link.slice(hash + 1), onWeb: true }
}

/** Schemes are case-insensitive (RFC 3986 §3.1). */
function startsWith(link: string, scheme: string): boolean {
  return link.slice(0, scheme.length).toLowerCase() === scheme
}

function stripSurroundings(text: string): string {
  let from = 0
  let to = text.length
  while (from < to && BEFORE.has(text[from]!)) from++
  while (to > from && AFTER.has(text[to - 1]!)) to--
  return text.slice(from, to)
}
