// The last bytes of a message: what shows the peer, when it can open nothing any more, that the
// message is genuine and whether it is new. Nobody else can make one. session.md §7
import { concatBytes, equalBytes } from '../codec/bytes.ts'
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import { SESSION_TRACE_BYTES } from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { KEY_LABELS } from '../crypto/labels.ts'
import type { Secret } from '../crypto/secret.ts'
import type { Mark } from './incarnation.ts'

const MARK_BYTES = 8
const TAG_BYTES = SESSION_TRACE_BYTES - MARK_BYTES

/** Of a message without its trace: its first bytes name it to both sides, for asking again. */
export function digestOf(crypto: Crypto, sealed: Uint8Array): Uint8Array {
  return crypto.sha256(sealed)
}

function mask(crypto: Crypto, key: Secret, tag: Uint8Array, mark: Uint8Array): Uint8Array {
  const pad = crypto.hmacSha256(key, concatBytes(KEY_LABELS.sessionTraceMask, tag))
  return mark.map((byte, at) => byte ^ pad[at]!)
}

function tagOf(
  crypto: Crypto,
  key: Secret,
  covered: readonly Uint8Array[],
  mark: Uint8Array,
): Uint8Array {
  const data = concatBytes(KEY_LABELS.sessionTrace, ...covered, mark)
  return crypto.hmacSha256(key, data).subarray(0, TAG_BYTES)
}

/** The message's digest, who sent it, and the caller's bound bytes: nothing of it can be moved. */
export function coveredBy(
  digest: Uint8Array,
  isFromInitiator: boolean,
  associated: Uint8Array,
): readonly Uint8Array[] {
  return [digest, Uint8Array.of(isFromInitiator ? 0 : 1), associated]
}

export function sealTrace(
  crypto: Crypto,
  key: Secret,
  covered: readonly Uint8Array[],
  { count, incarnation }: Mark,
): Uint8Array {
  const mark = new Writer(MARK_BYTES).u32(count).u32(incarnation).finish()
  const tag = tagOf(crypto, key, covered, mark)
  return concatBytes(tag, mask(crypto, key, tag, mark))
}

/** Null when it is nobody's who has the key. */
export function openTrace(
  crypto: Crypto,
  key: Secret,
  covered: readonly Uint8Array[],
  sealed: Uint8Array,
): Mark | null {
  const tag = sealed.subarray(0, TAG_BYTES)
  const mark = mask(crypto, key, tag, sealed.subarray(TAG_BYTES, SESSION_TRACE_BYTES))
  if (!equalBytes(tagOf(crypto, key, covered, mark), tag)) return null
  const reader = new Reader(mark, 'SESSION')
  return { count: reader.u32(), incarnation: reader.u32() }
}
