// People, their devices, and replicas of a group's graph, for the tests of membership.
import { createHash } from 'node:crypto'
import { nativeCrypto } from '@ezchat/node/crypto/native.ts'
import { equalBytes, toHex } from '../../src/codec/bytes.ts'
import type { Crypto } from '../../src/crypto/crypto.ts'
import { Secret } from '../../src/crypto/secret.ts'
import { beginGraph, extendGraph, type GroupGraph } from '../../src/group/graph.ts'
import {
  type DeviceRef,
  type GroupChange,
  type GroupOpDraft,
  hashGroupOp,
  type SignKeyOf,
  signGroupOp,
} from '../../src/group/op.ts'
import { draftGroupOp, type GroupView, viewOf } from '../../src/group/view.ts'

export function hashed(...parts: readonly (Uint8Array | string)[]): Uint8Array {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return new Uint8Array(hash.digest())
}

/** Counts up, so that every run draws the same. */
export function countingRandom(): (length: number) => Uint8Array {
  let drawn = 0
  return (length) => {
    const bytes = new Uint8Array(length)
    for (let at = 0; at < length; at += 32) {
      bytes.set(hashed(`draw ${drawn++}`).subarray(0, Math.min(32, length - at)), at)
    }
    return bytes
  }
}

export const crypto: Crypto = nativeCrypto({ random: countingRandom() })

/**
 * Signatures that anybody could make: for histories by the thousand, where what is asked is who
 * may do what and not whether Ed25519 holds.
 */
export const cheapCrypto: Crypto = {
  ...crypto,
  name: 'cheap',
  ed25519Public: (seed) => keyLike(hashed('public', seed.reveal())),
  ed25519Sign(seed, message) {
    const half = hashed(keyLike(hashed('public', seed.reveal())), message)
    return Uint8Array.from([...half, ...half])
  },
  ed25519Verify: (key, message, signature) =>
    equalBytes(hashed(key, message), signature.subarray(0, 32)),
}

function keyLike(bytes: Uint8Array): Uint8Array {
  return bytes.with(31, bytes[31]! & 0x3f)
}

export interface Person extends DeviceRef {
  readonly name: string
  readonly seed: Secret
  readonly signKey: Uint8Array
  readonly exchange: Secret
  readonly exchangeKey: Uint8Array
}

const people = new WeakMap<Crypto, Map<string, Person>>()

/** The same person for the same name; `phone` is another device of the same identity. */
export function person(name: string, device = 'laptop', by: Crypto = cheapCrypto): Person {
  const known = people.get(by) ?? new Map<string, Person>()
  people.set(by, known)
  const key = `${name}/${device}`
  const before = known.get(key)
  if (before !== undefined) return before
  const seed = Secret.adopt(hashed(`seed ${key}`))
  const exchange = Secret.adopt(hashed(`exchange ${key}`))
  const made: Person = {
    name,
    identity: by.ed25519Public(Secret.adopt(hashed(`identity ${name}`))),
    device: hashed(`device ${key}`).slice(0, 16),
    seed,
    signKey: by.ed25519Public(seed),
    exchange,
    exchangeKey: by === cheapCrypto ? new Uint8Array(32) : by.x25519Public(exchange),
  }
  known.set(key, made)
  return made
}

export function signKeyOf(by: Crypto = cheapCrypto): SignKeyOf {
  return (identity, device) => {
    for (const one of people.get(by)?.values() ?? []) {
      if (equalBytes(one.device, device) && equalBytes(one.identity, identity)) return one.signKey
    }
    return null
  }
}

/** What one person has seen of a group. */
export class Replica {
  graph: GroupGraph
  readonly crypto: Crypto

  constructor(graph: GroupGraph, by: Crypto = cheapCrypto) {
    this.graph = graph
    this.crypto = by
  }

  static create(founder: Person, by: Crypto = cheapCrypto, name = 'walkers'): Replica {
    const draft: GroupOpDraft = {
      groupId: new Uint8Array(32),
      parents: [],
      depth: 0,
      author: founder,
      change: { kind: 'create', salt: hashed('salt').slice(0, 16), name },
    }
    const bytes = signGroupOp(by, draft, founder.seed)
    return new Replica(beginGraph(by, bytes, signKeyOf(by)), by)
  }

  get view(): GroupView {
    return viewOf(this.graph)
  }

  copy(): Replica {
    return new Replica(this.graph, this.crypto)
  }

  draft(author: Person, change: GroupChange, altered: Partial<GroupOpDraft> = {}): Uint8Array {
    const draft = { ...draftGroupOp(this.graph, author, change), ...altered }
    return signGroupOp(this.crypto, draft, author.seed)
  }

  /** Throws what refuses it. */
  take(...ops: readonly Uint8Array[]): this {
    const { graph, refused, waiting } = extendGraph(
      this.crypto,
      this.graph,
      ops,
      signKeyOf(this.crypto),
    )
    if (refused.length > 0) throw refused[0]!.error
    if (waiting.length > 0) throw new Error('waits for a parent or a device')
    this.graph = graph
    return this
  }

  do(author: Person, change: GroupChange): Uint8Array {
    const bytes = this.draft(author, change)
    this.take(bytes)
    return hashGroupOp(this.crypto, bytes)
  }

  add(author: Person, ...added: readonly Person[]): Uint8Array {
    return this.addAs('member', author, ...added)
  }

  addAs(role: 'member' | 'admin', author: Person, ...added: readonly Person[]): Uint8Array {
    const members = added.map(({ identity }) => ({ identity, role }))
    return this.do(author, { kind: 'add', members })
  }

  remove(author: Person, { identity }: Person): Uint8Array {
    return this.do(author, { kind: 'remove', identity })
  }

  merge(...others: readonly Replica[]): this {
    for (const other of others) {
      this.take(...other.graph.nodes.slice(1).map(({ bytes }) => bytes))
    }
    return this
  }

  has({ identity }: Person): boolean {
    return this.view.members.has(toHex(identity))
  }

  isAdmin({ identity }: Person): boolean {
    return this.view.members.get(toHex(identity))?.role === 'admin'
  }
}

/** A view as plain values, to be compared. */
export function plain(view: GroupView): unknown {
  return {
    members: [...view.members].map(([id, { role, since }]) => [id, role, toHex(since)]),
    gone: [...view.gone.keys()],
    expelled: view.expelled.map(({ identity, device }) => toHex(identity) + toHex(device)),
    name: view.name,
    picture: view.picture && toHex(view.picture),
    invites: view.invites.map(({ hash, usesLeft }) => [toHex(hash), usesLeft]),
    heads: view.heads.map(toHex),
  }
}
