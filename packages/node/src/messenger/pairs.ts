// The sessions with every device that we write to or hear from. They change with each message, and
// are written once for all messages of a draft.
import { concatBytes, toHex } from '@ezchat/protocol/codec/bytes.ts'
import { type Author, chainKey } from '@ezchat/protocol/conversation/entry.ts'
import { newPair, type Pair } from '@ezchat/protocol/session/pair.ts'
import { decodePair, pairChanges, type StateRecord } from '@ezchat/protocol/session/pair-state.ts'
import type { Party } from '@ezchat/protocol/session/party.ts'
import type { Draft, Savable } from './desk.ts'
import { TABLE } from './table.ts'
import type { Vault } from './vault.ts'

/** Identity and device in hex. */
export type PairKey = string

/** A table, two names of 16 bytes: what follows is the session's own key. */
const PREFIX_BYTES = 2 + 32

/** Asked for with every message, of parties that stay the same. */
const keys = new WeakMap<Party, PairKey>()

export function pairKeyOf(party: Party): PairKey {
  let key = keys.get(party)
  if (key === undefined) {
    key = chainKey(authorOf(party))
    keys.set(party, key)
  }
  return key
}

export function authorOf({ identityKey, deviceId }: Party): Author {
  return { identity: identityKey, device: deviceId }
}

export class Pairs implements Savable {
  readonly #vault: Vault
  readonly #pairs = new Map<PairKey, Pair>()
  /** As they are on disk, of those that have changed. */
  readonly #before = new Map<PairKey, Pair | null>()
  readonly #prefixes = new Map<PairKey, Uint8Array>()

  private constructor(vault: Vault) {
    this.#vault = vault
  }

  static async load(vault: Vault): Promise<Pairs> {
    const pairs = new Pairs(vault)
    const records = new Map<string, StateRecord[]>()
    for await (const [key, value] of vault.under(vault.key(TABLE.session))) {
      const name = toHex(key.subarray(0, PREFIX_BYTES))
      const known = records.get(name) ?? []
      known.push([key.slice(PREFIX_BYTES), value])
      records.set(name, known)
    }
    for (const own of records.values()) {
      const pair = decodePair(own)
      if (pair !== null) pairs.#pairs.set(pairKeyOf(pair.peer), pair)
    }
    return pairs
  }

  get(key: PairKey): Pair | null {
    return this.#pairs.get(key) ?? null
  }

  /** One with no sessions, where there is none. */
  of(party: Party): Pair {
    return this.get(pairKeyOf(party)) ?? newPair(party)
  }

  all(): IterableIterator<[PairKey, Pair]> {
    return this.#pairs.entries()
  }

  ofIdentity(identityKey: Uint8Array): Pair[] {
    const name = toHex(identityKey)
    return [...this.#pairs].filter(([key]) => key.startsWith(name)).map(([, pair]) => pair)
  }

  set(draft: Draft, pair: Pair): void {
    const key = pairKeyOf(pair.peer)
    if (!this.#before.has(key)) this.#before.set(key, this.get(key))
    this.#pairs.set(key, pair)
    draft.changed(this)
  }

  remove(draft: Draft, pair: Pair): void {
    const key = pairKeyOf(pair.peer)
    const before = this.#before.get(key) ?? this.get(key)
    this.#before.delete(key)
    this.#pairs.delete(key)
    if (before === null) return
    const { put } = pairChanges(null, before)
    for (const [own] of put) draft.remove(this.#keyOf(before, own))
  }

  save(draft: Draft): void {
    for (const [key, before] of this.#before) {
      const pair = this.#pairs.get(key)!
      const { put, removed } = pairChanges(before, pair)
      for (const [own, value] of put) draft.put(this.#keyOf(pair, own), value)
      for (const own of removed) draft.remove(this.#keyOf(pair, own))
    }
    this.#before.clear()
  }

  #keyOf({ peer }: Pair, own: Uint8Array): Uint8Array {
    const name = pairKeyOf(peer)
    let prefix = this.#prefixes.get(name)
    if (prefix === undefined) {
      const identity = this.#vault.name(TABLE.session, peer.identityKey)
      const device = this.#vault.name(TABLE.session, concatBytes(peer.identityKey, peer.deviceId))
      prefix = this.#vault.key(TABLE.session, identity, device)
      this.#prefixes.set(name, prefix)
    }
    return concatBytes(prefix, own)
  }
}
