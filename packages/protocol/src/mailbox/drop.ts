// The owner of a mailbox tells carriers what they need not keep any longer: mailbox.md §6.
import { compareBytes, concatBytes, equalBytes } from '../codec/bytes.ts'
import { Reader } from '../codec/reader.ts'
import { assertSeconds } from '../codec/seconds.ts'
import { Writer } from '../codec/writer.ts'
import {
  DAY_SECONDS,
  DROP_BYTES_MAX,
  DROP_IDS_MAX,
  DROP_VERSION,
  ID_BYTES,
  TIMESTAMP_AHEAD_SECONDS_MAX,
  WARRANT_BYTES,
} from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { labelled, SIGN_LABELS } from '../crypto/labels.ts'
import { PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from '../crypto/lengths.ts'
import { assert, ProtocolError } from '../errors.ts'
import { verifyWarrant } from './warrant.ts'

const KIND_IDS = 1
const KIND_BEFORE = 2
const SIGNER_MAILBOX = 0
const SIGNER_DELEGATE = 1

interface DropHead {
  readonly networkId: Uint8Array
  readonly mailbox: Uint8Array
}

/** What goes: envelopes by id, or all whose timestamp is below a time. */
export type DropScope =
  | { readonly kind: 'ids'; readonly madeAt: number; readonly ids: readonly Uint8Array[] }
  | { readonly kind: 'before'; readonly before: number }

export interface DropTerms extends DropHead {
  readonly scope: DropScope
  /** Of the key that signs, where that is not the mailbox itself. */
  readonly warrant: Uint8Array | null
}

export interface Drop extends DropTerms {
  readonly signature: Uint8Array
  /** Exactly as it came, to be handed on. */
  readonly bytes: Uint8Array
}

declare const isProved: unique symbol

/** What a carrier acts on. `decodeDrop` proves nothing, so what it answers is none. */
export interface VerifiedDrop extends Drop {
  readonly [isProved]: true
}

/** `sign` holds the mailbox's key, or the warrant's delegate key. Sorts the ids. */
export function encodeDrop(
  terms: DropTerms,
  sign: (message: Uint8Array) => Uint8Array,
): Uint8Array {
  const { networkId, mailbox, scope, warrant } = terms
  const writer = new Writer(DROP_BYTES_MAX)
    .u8(DROP_VERSION)
    .bytes(networkId, ID_BYTES)
    .bytes(mailbox, PUBLIC_KEY_BYTES)
  if (scope.kind === 'ids') {
    const ids = [...scope.ids].sort(compareBytes)
    assert(ids.length >= 1 && ids.length <= DROP_IDS_MAX, `expected ids, got ${ids.length}`)
    const isRepeated = ids.some((id, at) => at > 0 && equalBytes(ids[at - 1]!, id))
    assert(!isRepeated, 'expected each id once')
    writer.u8(KIND_IDS).u32(scope.madeAt).u16(ids.length)
    for (const id of ids) writer.bytes(id, ID_BYTES)
  } else {
    writer.u8(KIND_BEFORE).u32(scope.before).u16(0)
  }
  if (warrant === null) writer.u8(SIGNER_MAILBOX)
  else writer.u8(SIGNER_DELEGATE).bytes(warrant, WARRANT_BYTES)
  const body = writer.finish()
  return concatBytes(body, sign(labelled(SIGN_LABELS.drop, body)))
}

function readIds(reader: Reader): Uint8Array[] {
  const count = reader.u16()
  if (count > DROP_IDS_MAX) reader.fail('LIMIT', `${count} ids`)
  if (count === 0) reader.fail('FIELD', 'no ids')
  const ids: Uint8Array[] = []
  for (let at = 0; at < count; at++) {
    const id = reader.bytes(ID_BYTES)
    if (at > 0 && compareBytes(ids[at - 1]!, id) >= 0) reader.fail('ORDER')
    ids.push(id)
  }
  return ids
}

function readScope(reader: Reader): DropScope {
  const kind = reader.u8()
  if (kind !== KIND_IDS && kind !== KIND_BEFORE) reader.fail('KIND', `${kind}`)
  const time = reader.u32()
  if (kind === KIND_IDS) return { kind: 'ids', madeAt: time, ids: readIds(reader) }
  reader.within(reader.u16(), 0, 0, 'number of ids')
  return { kind: 'before', before: time }
}

/** The form only: nothing in it has been proved. */
export function decodeDrop(bytes: Uint8Array): Drop {
  if (bytes.length > DROP_BYTES_MAX) throw new ProtocolError('DROP_LIMIT', `${bytes.length} bytes`)
  const own = Uint8Array.from(bytes)
  const reader = new Reader(own, 'DROP')
  reader.version(DROP_VERSION)
  const networkId = reader.bytes(ID_BYTES)
  const mailbox = reader.bytes(PUBLIC_KEY_BYTES)
  const scope = readScope(reader)
  const signer = reader.within(reader.u8(), SIGNER_MAILBOX, SIGNER_DELEGATE, 'signer')
  const warrant = signer === SIGNER_DELEGATE ? reader.bytes(WARRANT_BYTES) : null
  const signature = reader.bytes(SIGNATURE_BYTES)
  reader.end()
  return { networkId, mailbox, scope, warrant, signature, bytes: own }
}

export interface DropCheck {
  readonly networkId: Uint8Array
  readonly ttlDays: number
  readonly nowSeconds: number
}

/** A carrier acts on what this returns, and on nothing else. */
export function verifyDrop(crypto: Crypto, bytes: Uint8Array, check: DropCheck): VerifiedDrop {
  assertSeconds(check.nowSeconds)
  const drop = decodeDrop(bytes)
  if (!equalBytes(drop.networkId, check.networkId)) throw new ProtocolError('DROP_NETWORK')
  if (dropTime(drop) > check.nowSeconds + TIMESTAMP_AHEAD_SECONDS_MAX) {
    throw new ProtocolError('DROP_FUTURE')
  }
  if (check.nowSeconds >= dropForgetAtSeconds(drop, check.ttlDays)) {
    throw new ProtocolError('DROP_EXPIRED')
  }
  const signer = signerOf(crypto, drop, check.nowSeconds)
  const signed = labelled(SIGN_LABELS.drop, drop.bytes.subarray(0, -SIGNATURE_BYTES))
  if (!crypto.ed25519Verify(signer, signed, drop.signature)) {
    throw new ProtocolError('DROP_SIGNATURE')
  }
  return drop as VerifiedDrop
}

/**
 * One that was verified when it came, and kept where nobody else writes: after a restart its
 * warrant may have ended, but what it dropped must not come back.
 */
export function restoreDrop(bytes: Uint8Array): VerifiedDrop {
  return decodeDrop(bytes) as VerifiedDrop
}

function signerOf(crypto: Crypto, drop: Drop, nowSeconds: number): Uint8Array {
  if (drop.warrant === null) return drop.mailbox
  const { networkId, mailbox } = drop
  return verifyWarrant(crypto, drop.warrant, { networkId, mailbox, right: 'drop', nowSeconds })
}

function dropTime({ scope }: Drop): number {
  return scope.kind === 'ids' ? scope.madeAt : scope.before
}

/** From this second on, everything that it covers has expired by itself. */
export function dropForgetAtSeconds(drop: Drop, ttlDays: number): number {
  return dropTime(drop) + ttlDays * DAY_SECONDS + TIMESTAMP_AHEAD_SECONDS_MAX
}
