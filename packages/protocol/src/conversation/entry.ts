// One entry of a conversation's log. conversation.md §1
import { compareBytes, equalBytes, isZero, toHex } from '../codec/bytes.ts'
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import {
  DEVICE_ID_BYTES,
  ENTRY_CONTENT_BYTES_MAX,
  ENTRY_ID_BYTES,
  ENTRY_PARENTS_MAX,
  ENTRY_VERSION,
  ID_BYTES,
  PASSING_CONTENT_BYTES_MAX,
  PASSING_KIND_LEAST,
  SEQUENCE_MAX,
} from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { HASH_LABELS, labelled } from '../crypto/labels.ts'
import { HASH_BYTES, PUBLIC_KEY_BYTES } from '../crypto/lengths.ts'
import { assert } from '../errors.ts'
import { readStamp, type Stamp, writeStamp } from './stamp.ts'

/** One device of one identity: a chain of its own in every conversation. */
export interface Author {
  readonly identity: Uint8Array
  readonly device: Uint8Array
}

export interface Entry {
  readonly conversation: Uint8Array
  readonly id: Uint8Array
  readonly author: Author
  /** From 1, without gaps. Zero: it passes by, and is in no chain. */
  readonly sequence: number
  /** Hash of the same device's entry before; zero for the first. */
  readonly previous: Uint8Array
  /** Hashes of others' entries that the author had seen last, ascending. */
  readonly parents: readonly Uint8Array[]
  readonly stamp: Stamp
  readonly kind: number
  /** Not worth a sound. */
  readonly quiet: boolean
  readonly content: Uint8Array
}

export const NO_HASH: Uint8Array = new Uint8Array(HASH_BYTES)
const FIXED_BYTES = 151
const FLAG_QUIET = 1
export const KEPT_ENTRY_BYTES_MAX =
  FIXED_BYTES + ENTRY_PARENTS_MAX * HASH_BYTES + ENTRY_CONTENT_BYTES_MAX

export function isPassing(kind: number): boolean {
  return kind >= PASSING_KIND_LEAST
}

export function contentBytesMax(kind: number): number {
  return isPassing(kind) ? PASSING_CONTENT_BYTES_MAX : ENTRY_CONTENT_BYTES_MAX
}

/** The name of a chain inside a conversation. Device ids alone are chosen by their owners. */
export function chainKey({ identity, device }: Author): string {
  return toHex(identity) + toHex(device)
}

export function isSameAuthor(a: Author, b: Author): boolean {
  return equalBytes(a.identity, b.identity) && equalBytes(a.device, b.device)
}

function assertConsistent(entry: Entry): void {
  const { sequence, kind, previous, parents, content } = entry
  assert(isPassing(kind) === (sequence === 0), `kind ${kind} with sequence ${sequence}`)
  assert(isZero(previous) === sequence < 2, `sequence ${sequence}: wrong previous hash`)
  assert(sequence > 0 || parents.length === 0, 'what passes by has no parents')
  assert(parents.length <= ENTRY_PARENTS_MAX, `${parents.length} parents`)
  for (const [at, parent] of parents.entries()) {
    assert(compareBytes(parent, parents[at - 1] ?? NO_HASH) > 0, 'parents out of order')
    assert(!equalBytes(parent, previous), 'the previous entry among the parents')
  }
  assert(content.length <= contentBytesMax(kind), `${content.length} bytes of content`)
}

export function encodeEntry(entry: Entry): Uint8Array {
  assertConsistent(entry)
  const { parents, content } = entry
  const writer = new Writer(FIXED_BYTES + parents.length * HASH_BYTES + content.length)
    .u8(ENTRY_VERSION)
    .bytes(entry.conversation, ID_BYTES)
    .bytes(entry.id, ENTRY_ID_BYTES)
    .bytes(entry.author.identity, PUBLIC_KEY_BYTES)
    .bytes(entry.author.device, DEVICE_ID_BYTES)
    .u64(BigInt(entry.sequence))
    .bytes(entry.previous, HASH_BYTES)
  writeStamp(writer, entry.stamp)
    .u16(entry.kind)
    .u8(entry.quiet ? FLAG_QUIET : 0)
    .u8(parents.length)
  for (const parent of parents) writer.bytes(parent, HASH_BYTES)
  return writer.prefixed(content, contentBytesMax(entry.kind)).finish()
}

function readSequence(reader: Reader): number {
  const sequence = reader.u64()
  if (sequence > BigInt(SEQUENCE_MAX)) reader.fail('FIELD', `sequence ${sequence}`)
  return Number(sequence)
}

function readParents(reader: Reader): Uint8Array[] {
  const count = reader.within(reader.u8(), 0, ENTRY_PARENTS_MAX, 'number of parents')
  const parents: Uint8Array[] = []
  for (let at = 0; at < count; at++) {
    const parent = reader.bytes(HASH_BYTES)
    const before = parents[at - 1] ?? NO_HASH
    if (compareBytes(parent, before) <= 0) reader.fail('ORDER', 'parents')
    parents.push(parent)
  }
  return parents
}

/** Throws ENTRY_*. What it returns are views of `bytes`. */
export function decodeEntry(bytes: Uint8Array): Entry {
  const reader = new Reader(bytes, 'ENTRY')
  reader.version(ENTRY_VERSION)
  const conversation = reader.bytes(ID_BYTES)
  const id = reader.bytes(ENTRY_ID_BYTES)
  const author = {
    identity: reader.bytes(PUBLIC_KEY_BYTES),
    device: reader.bytes(DEVICE_ID_BYTES),
  }
  const sequence = readSequence(reader)
  const previous = reader.bytes(HASH_BYTES)
  if (isZero(previous) !== sequence < 2) reader.fail('FIELD', 'previous hash')
  const stamp = readStamp(reader)
  const kind = reader.u16()
  if (isPassing(kind) !== (sequence === 0)) reader.fail('FIELD', 'sequence of this kind')
  const quiet = reader.within(reader.u8(), 0, FLAG_QUIET, 'flags') === FLAG_QUIET
  const parents = readParents(reader)
  if (sequence === 0 && parents.length > 0) reader.fail('FIELD', 'parents of this kind')
  if (parents.some((parent) => equalBytes(parent, previous))) {
    reader.fail('FIELD', 'previous entry among the parents')
  }
  const content = reader.prefixed(contentBytesMax(kind))
  reader.end()
  return { conversation, id, author, sequence, previous, parents, stamp, kind, quiet, content }
}

/** conversation.md §2: what the next entry and its children name. */
export function hashEntry(crypto: Pick<Crypto, 'sha256'>, bytes: Uint8Array): Uint8Array {
  return crypto.sha256(labelled(HASH_LABELS.conversationEntry, bytes))
}
