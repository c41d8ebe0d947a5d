// Entries put together by hand, so that any field can lie.
import { concatBytes, toHex, utf8 } from '@ezchat/protocol/codec/bytes.ts'
import { sha256 } from '@noble/hashes/sha2.js'

export const seed = (name: string, length = 32): Uint8Array =>
  sha256(utf8(`vector conversation: ${name}`)).slice(0, length)

export interface RawAuthor {
  readonly identity: Uint8Array
  readonly device: Uint8Array
}

export const rawDevice = (person: string, device: string): RawAuthor => ({
  identity: seed(person),
  device: seed(`${person} ${device}`, 16),
})

export const ALICE = rawDevice('alice', 'laptop')
export const ALICE_PHONE = rawDevice('alice', 'phone')
export const BOB = rawDevice('bob', 'laptop')
export const BOB_PHONE = rawDevice('bob', 'phone')
export const CONVERSATION = seed('conversation')
export const NOW_MS = 1_800_000_000_000
export const NO_HASH = new Uint8Array(32)

export interface RawEntry {
  readonly version: number
  readonly conversation: Uint8Array
  readonly id: Uint8Array
  readonly author: RawAuthor
  readonly sequence: bigint
  readonly previous: Uint8Array
  readonly ms: number
  readonly counter: number
  readonly kind: number
  readonly flags: number
  readonly parents: readonly Uint8Array[]
  /** What the entry says about their number. */
  readonly parentCount: number
  readonly content: Uint8Array
  readonly contentLength: number
}

export function u(bytes: number, value: bigint | number): Uint8Array {
  const hex = value.toString(16).padStart(bytes * 2, '0')
  return Uint8Array.from(hex.match(/../g)!, (pair) => Number.parseInt(pair, 16))
}

export function rawEntry(lie: Partial<RawEntry> = {}): Uint8Array {
  const sequence = lie.sequence ?? 1n
  const content = lie.content ?? utf8(`content ${sequence}`)
  const parents = lie.parents ?? []
  const entry: RawEntry = {
    version: 1,
    conversation: CONVERSATION,
    id: seed(`id ${sequence}`, 16),
    author: ALICE,
    sequence,
    previous: sequence < 2n ? NO_HASH : seed(`before ${sequence}`),
    ms: NOW_MS + Number(sequence % 1_000_000n),
    counter: 0,
    kind: 1,
    flags: 0,
    parentCount: parents.length,
    contentLength: content.length,
    ...lie,
    content,
    parents,
  }
  return concatBytes(
    u(1, entry.version),
    entry.conversation,
    entry.id,
    entry.author.identity,
    entry.author.device,
    u(8, entry.sequence),
    entry.previous,
    u(6, entry.ms),
    u(2, entry.counter),
    u(2, entry.kind),
    u(1, entry.flags),
    u(1, entry.parentCount),
    ...parents,
    u(2, entry.contentLength),
    content,
  )
}

export function hashRaw(bytes: Uint8Array): Uint8Array {
  return sha256(concatBytes(utf8('ezchat/v1/hash/conversation-entry\0'), bytes))
}

export function orderOf(ms: number, counter: number, author: RawAuthor, sequence: number): string {
  const { identity, device } = author
  return toHex(concatBytes(u(6, ms), u(2, counter), identity, device, u(8, sequence)))
}

export const hexOf = ({ identity, device }: RawAuthor): string =>
  toHex(concatBytes(identity, device))
