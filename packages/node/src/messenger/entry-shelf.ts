// The entries of one conversation. Those that came in one write lie in one sealed block, so that
// a thousand messages cost a few writes and the disk does not show when each was written. Where
// each is shown is an index in memory, read when somebody first asks.
import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import { Reader } from '@ezchat/protocol/codec/reader.ts'
import { Writer } from '@ezchat/protocol/codec/writer.ts'
import { ENTRY_ID_BYTES, ENTRY_KINDS, ENTRY_PROOF_BYTES_MAX } from '@ezchat/protocol/constants.ts'
import {
  type Author,
  decodeEntry,
  KEPT_ENTRY_BYTES_MAX,
} from '@ezchat/protocol/conversation/entry.ts'
import type { HeldEntry, PlacedEntry, SlotFound } from '@ezchat/protocol/conversation/log-event.ts'
import { hashKey } from '@ezchat/protocol/conversation/log-state.ts'
import { ORDER_KEY_BYTES, readStamp, type Stamp } from '@ezchat/protocol/conversation/stamp.ts'
import { HASH_BYTES } from '@ezchat/protocol/crypto/lengths.ts'
import { assert } from '@ezchat/protocol/errors.ts'
import type { Draft } from './desk.ts'
import { TABLE, u32, u64 } from './table.ts'
import type { Vault } from './vault.ts'

/** Where an entry is shown, and where it lies. */
export interface ShelfRow {
  readonly hash: Uint8Array
  readonly order: Uint8Array
  readonly id: Uint8Array
  readonly kind: number
  readonly flags: number
  readonly block: number
  readonly place: number
}

const FLAGS = { isClockSuspect: 1, isLate: 2, isUnlinked: 4, isRelayed: 8 } as const
const ROW_BYTES = HASH_BYTES + ORDER_KEY_BYTES + ENTRY_ID_BYTES + 2 + 1 + 4 + 2

function flagsOf(placed: PlacedEntry): number {
  const { isClockSuspect, isLate, isUnlinked, isRelayed } = placed
  return (
    (isClockSuspect ? FLAGS.isClockSuspect : 0) |
    (isLate ? FLAGS.isLate : 0) |
    (isUnlinked ? FLAGS.isUnlinked : 0) |
    (isRelayed ? FLAGS.isRelayed : 0)
  )
}

function encodeRows(rows: readonly ShelfRow[]): Uint8Array {
  const writer = new Writer(rows.length * ROW_BYTES)
  for (const { hash, order, id, kind, flags, block, place } of rows) {
    writer.bytes(hash, HASH_BYTES).bytes(order, ORDER_KEY_BYTES).bytes(id, ENTRY_ID_BYTES)
    writer.u16(kind).u8(flags).u32(block).u16(place)
  }
  return writer.finish()
}

function decodeRows(bytes: Uint8Array): ShelfRow[] {
  const reader = new Reader(bytes, 'STATE')
  const rows: ShelfRow[] = []
  while (reader.left > 0) {
    rows.push({
      hash: reader.bytes(HASH_BYTES),
      order: reader.bytes(ORDER_KEY_BYTES),
      id: reader.bytes(ENTRY_ID_BYTES),
      kind: reader.u16(),
      flags: reader.u8(),
      block: reader.u32(),
      place: reader.u16(),
    })
  }
  return rows
}

function encodeBlock(entries: readonly HeldEntry[]): Uint8Array {
  let bytes = 0
  for (const { bytes: own, proof } of entries) bytes += 4 + own.length + proof.length
  const writer = new Writer(bytes)
  for (const { bytes: own, proof } of entries) {
    writer.prefixed(proof, ENTRY_PROOF_BYTES_MAX).prefixed(own, KEPT_ENTRY_BYTES_MAX)
  }
  return writer.finish()
}

function decodeBlock(bytes: Uint8Array): HeldEntry[] {
  const reader = new Reader(bytes, 'STATE')
  const entries: HeldEntry[] = []
  while (reader.left > 0) {
    const proof = reader.prefixed(ENTRY_PROOF_BYTES_MAX)
    entries.push({ proof, bytes: reader.prefixed(KEPT_ENTRY_BYTES_MAX) })
  }
  return entries
}

export function stampIn(order: Uint8Array): Stamp {
  return readStamp(new Reader(order, 'STATE'))
}

export function authorIn(order: Uint8Array): Author {
  return { identity: order.subarray(8, 40), device: order.subarray(40, 56) }
}

export function sequenceIn(order: Uint8Array): number {
  return Number(new Reader(order.subarray(56), 'STATE').u64())
}

interface Index {
  /** In the order of the conversation, once somebody asked. */
  rows: ShelfRow[]
  isSorted: boolean
  readonly byHash: Map<string, ShelfRow>
  /** But for texts, which are most. */
  readonly byKind: Map<number, ShelfRow[]>
}

export class EntryShelf {
  readonly #vault: Vault
  readonly #number: Uint8Array
  #blockNext: number
  #index: Index | null = null
  #added: PlacedEntry[] = []
  #addedRows: ShelfRow[] = []
  /** Blocks that were read last, for whoever reads a page of them. */
  readonly #blocks = new Map<number, readonly HeldEntry[]>()

  constructor(vault: Vault, conversation: number, blockNext: number) {
    this.#vault = vault
    this.#number = u32(conversation)
    this.#blockNext = blockNext
  }

  get blockNext(): number {
    return this.#blockNext
  }

  add(placed: PlacedEntry): ShelfRow {
    const { hash, order, entry } = placed
    const row: ShelfRow = {
      hash,
      order,
      id: entry.id.slice(),
      kind: entry.kind,
      flags: flagsOf(placed),
      block: this.#blockNext,
      place: this.#added.length,
    }
    this.#added.push(placed)
    this.#addedRows.push(row)
    if (this.#index !== null) this.#enter(this.#index, row)
    return row
  }

  save(draft: Draft): void {
    if (this.#added.length === 0) return
    const number = u64(this.#blockNext)
    draft.put(this.#vault.key(TABLE.block, this.#number, number), encodeBlock(this.#added))
    draft.put(this.#vault.key(TABLE.index, this.#number, number), encodeRows(this.#addedRows))
    if (this.#index !== null) this.#remember(this.#blockNext, this.#added)
    this.#blockNext++
    this.#added = []
    this.#addedRows = []
  }

  /** All rows in the order of the conversation. */
  async rows(): Promise<readonly ShelfRow[]> {
    const index = await this.#load()
    if (!index.isSorted) index.rows.sort((a, b) => compareOrders(a.order, b.order))
    index.isSorted = true
    return index.rows
  }

  /** Of these kinds, of which none is text. */
  async rowsOfKinds(kinds: Iterable<number>): Promise<readonly ShelfRow[]> {
    const { byKind } = await this.#load()
    return [...kinds].flatMap((kind) => byKind.get(kind) ?? [])
  }

  async rowOf(hash: Uint8Array): Promise<ShelfRow | null> {
    return (await this.#load()).byHash.get(hashKey(hash)) ?? null
  }

  async entryOf(row: ShelfRow): Promise<PlacedEntry> {
    const held = await this.held(row)
    const { flags, hash, order } = row
    return {
      ...held,
      entry: decodeEntry(held.bytes),
      hash,
      order,
      isClockSuspect: (flags & FLAGS.isClockSuspect) !== 0,
      isLate: (flags & FLAGS.isLate) !== 0,
      isUnlinked: (flags & FLAGS.isUnlinked) !== 0,
      isRelayed: (flags & FLAGS.isRelayed) !== 0,
    }
  }

  async held({ block, place }: ShelfRow): Promise<HeldEntry> {
    if (block === this.#blockNext) return this.#added[place]!
    const entries = this.#blocks.get(block) ?? (await this.#read(block))
    const held = entries[place]
    assert(held !== undefined, 'expected an entry where the index has one')
    return held
  }

  /** What is at one device's sequence, and where its nearest others are shown. */
  async slot(author: Author, sequence: number): Promise<SlotFound> {
    const chain = await this.chain(author)
    const at = chain.findIndex((row) => sequenceIn(row.order) === sequence)
    const below = chain.filter((row) => sequenceIn(row.order) < sequence).at(-1)
    const above = chain.find((row) => sequenceIn(row.order) > sequence)
    return {
      held: at < 0 ? null : await this.held(chain[at]!),
      below: below === undefined ? null : stampIn(below.order),
      above: above === undefined ? null : stampIn(above.order),
    }
  }

  /** All of one device, by sequence. */
  async chain({ identity, device }: Author): Promise<ShelfRow[]> {
    const name = toHex(identity) + toHex(device)
    const rows = (await this.rows()).filter(({ order }) => toHex(order.subarray(8, 56)) === name)
    return rows.sort((a, b) => sequenceIn(a.order) - sequenceIn(b.order))
  }

  /** Gives the memory back; the next question reads the index again. */
  unload(): void {
    this.#index = null
    this.#blocks.clear()
  }

  async #load(): Promise<Index> {
    if (this.#index !== null) return this.#index
    const index: Index = { rows: [], isSorted: false, byHash: new Map(), byKind: new Map() }
    const prefix = this.#vault.key(TABLE.index, this.#number)
    for await (const [, value] of this.#vault.under(prefix)) {
      // A row that is still being written may be seen here and among the added ones.
      for (const row of decodeRows(value)) {
        if (row.block < this.#blockNext) this.#enter(index, row)
      }
    }
    for (const row of this.#addedRows) this.#enter(index, row)
    this.#index = index
    return index
  }

  #enter(index: Index, row: ShelfRow): void {
    const last = index.rows.at(-1)
    const isLast = last === undefined || compareOrders(last.order, row.order) < 0
    if (index.rows.length === 0) index.isSorted = true
    else if (!isLast) index.isSorted = false
    index.rows.push(row)
    index.byHash.set(hashKey(row.hash), row)
    if (row.kind === ENTRY_KINDS.text) return
    const alike = index.byKind.get(row.kind)
    if (alike === undefined) index.byKind.set(row.kind, [row])
    else alike.push(row)
  }

  async #read(block: number): Promise<readonly HeldEntry[]> {
    const value = await this.#vault.get(this.#vault.key(TABLE.block, this.#number, u64(block)))
    assert(value !== null, 'expected a block that the index names')
    const entries = decodeBlock(value)
    this.#remember(block, entries)
    return entries
  }

  #remember(block: number, entries: readonly HeldEntry[]): void {
    this.#blocks.set(block, entries)
    if (this.#blocks.size > BLOCKS_REMEMBERED_MAX) {
      this.#blocks.delete(this.#blocks.keys().next().value!)
    }
  }
}

/** Of one conversation: 64 blocks of 256 entries of 1 KiB at the most, and mostly single ones. */
const BLOCKS_REMEMBERED_MAX = 64

export function compareOrders(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < ORDER_KEY_BYTES; i++) {
    const difference = a[i]! - b[i]!
    if (difference !== 0) return difference
  }
  return 0
}
