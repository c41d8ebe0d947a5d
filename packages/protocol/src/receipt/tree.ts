// Up to eight receipts under one signature, each of which holds by itself: receipts.md §1.
import { concatBytes, equalBytes } from '../codec/bytes.ts'
import { RECEIPT_PATH_BYTES, RECEIPT_PLACE_MAX, RECEIPT_PROMISE_BYTES } from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { HASH_LABELS } from '../crypto/labels.ts'
import { HASH_BYTES } from '../crypto/lengths.ts'
import { assert } from '../errors.ts'
import { RECEIPT_ROOTS_MAX } from '../limits.ts'

const LEAF = HASH_LABELS.receiptLeaf
const NODE = HASH_LABELS.receiptNode

// Filled again for each hash, which is synchronous and keeps no view: a carrier makes two of them
// for each envelope, and as much garbage would cost what they do.
let leafRow: Uint8Array | null = null
let nodeRow: Uint8Array | null = null

function rowFor(label: Uint8Array, bytes: number): Uint8Array {
  const row = new Uint8Array(label.length + bytes)
  row.set(label)
  return row
}

/** Of a receipt's bytes before its place. */
export function leafOf(crypto: Crypto, promise: Uint8Array): Uint8Array {
  leafRow ??= rowFor(LEAF, RECEIPT_PROMISE_BYTES)
  leafRow.set(promise, LEAF.length)
  return crypto.sha256(leafRow)
}

function nodeOf(crypto: Crypto, left: Uint8Array, right: Uint8Array): Uint8Array {
  nodeRow ??= rowFor(NODE, 2 * HASH_BYTES)
  nodeRow.set(left, NODE.length)
  nodeRow.set(right, NODE.length + HASH_BYTES)
  return crypto.sha256(nodeRow)
}

/** How many hashes lie beside the way from this place up to the root, which is place 1. */
export function levelsOf(place: number): number {
  return 31 - Math.clz32(place)
}

export function rootOf(
  crypto: Crypto,
  leaf: Uint8Array,
  place: number,
  path: Uint8Array,
): Uint8Array {
  let hash = leaf
  let at = 0
  for (let here = place; here > 1; here >>= 1) {
    const beside = path.subarray(at, at + HASH_BYTES)
    hash = here % 2 === 0 ? nodeOf(crypto, hash, beside) : nodeOf(crypto, beside, hash)
    at += HASH_BYTES
  }
  return hash
}

export class ReceiptTree {
  /** By place; the children of n are 2n and 2n + 1. */
  readonly #hashes: Uint8Array[]
  readonly #leafCount: number

  /** One, two, four or eight. */
  constructor(crypto: Crypto, leaves: readonly Uint8Array[]) {
    const count = leaves.length
    assert(count > 0 && (count & (count - 1)) === 0, `${count} leaves make no whole tree`)
    assert(count * 2 <= RECEIPT_PLACE_MAX + 1, `${count} leaves are too many`)
    this.#leafCount = count
    this.#hashes = [...new Array<Uint8Array>(count), ...leaves]
    for (let place = count - 1; place > 0; place--) {
      const [left, right] = [this.#hashes[2 * place]!, this.#hashes[2 * place + 1]!]
      this.#hashes[place] = nodeOf(crypto, left, right)
    }
  }

  get root(): Uint8Array {
    return this.#hashes[1]!
  }

  placeOf(leaf: number): number {
    return this.#leafCount + leaf
  }

  /** The hashes beside its way to the root, and zeros for the levels that this tree has not. */
  writePath(leaf: number, bytes: Uint8Array, offset: number): void {
    let at = offset
    for (let here = this.placeOf(leaf); here > 1; here >>= 1) {
      bytes.set(this.#hashes[here ^ 1]!, at)
      at += HASH_BYTES
    }
    bytes.fill(0, at, offset + RECEIPT_PATH_BYTES)
  }
}

/** Roots whose signature held: the other receipts below them need no more than hashes. */
export class KnownRoots {
  readonly #signed: Uint8Array[] = []

  has(carrier: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
    if (this.#signed.length === 0) return false
    const wanted = concatBytes(signature, carrier, message)
    return this.#signed.some((signed) => equalBytes(signed, wanted))
  }

  add(carrier: Uint8Array, message: Uint8Array, signature: Uint8Array): void {
    this.#signed.push(concatBytes(signature, carrier, message))
    if (this.#signed.length > RECEIPT_ROOTS_MAX) this.#signed.shift()
  }
}
