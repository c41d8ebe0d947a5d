// Deterministic stand-ins: randomness from a seed, a fast hash, and receipts that a number signs.
import { createHash } from 'node:crypto'
import { concatBytes, toHex } from '../../src/codec/bytes.ts'
import { ProtocolError } from '../../src/errors.ts'
import type { EnvelopeReader, ReceiptVerifier } from '../../src/stem/entry.ts'

/** Mulberry32: small, seeded, good enough to choose peers by. */
export function seededUnit(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export function bytesOfUnits(unit: () => number): (length: number) => Uint8Array {
  return (length) => Uint8Array.from({ length }, () => Math.floor(unit() * 256))
}

/** The four bytes that the machine reads as this draw. */
export function drawBytes(unit: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, Math.floor(unit * 2 ** 32))
  return bytes
}

export function sha256(data: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(data).digest())
}

/** Distinct for distinct numbers; `tag` sets batches apart. */
export function envelopeOf(number: number, bytes = 1024, tag = 1): Uint8Array {
  const envelope = new Uint8Array(bytes)
  const view = new DataView(envelope.buffer)
  view.setUint8(0, tag)
  view.setUint32(1, number)
  return envelope
}

/** First bytes of envelopes that no carrier takes, and that our clock does not. */
export const INVALID = 0xff
export const UNTIMELY = 0xfe

export const readEnvelope: EnvelopeReader = (envelope) => {
  if (envelope[0] === INVALID) throw new ProtocolError('ENVELOPE_VERSION')
  return { id: sha256(envelope), expiresAtSeconds: 0, isTimely: envelope[0] !== UNTIMELY }
}

const RECEIPT_MARK = 0x52

export function receiptOf(carrier: number, id: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(RECEIPT_MARK, carrier >> 8, carrier & 0xff), id)
}

/** A receipt for another envelope counts as forged here. */
export const verifyReceipt: ReceiptVerifier = (receipt, { id }) => {
  const isOurs = receipt[0] === RECEIPT_MARK && toHex(receipt.subarray(3)) === toHex(id)
  return isOurs ? { carrier: `carrier-${receipt[1]! * 256 + receipt[2]!}` } : 'forged'
}
