// What a node remembers about one envelope on a stem: stem.md §5 and §6.
import { equalBytes } from '../codec/bytes.ts'
import { STEM_RECEIPT_COUNT_MAX } from '../constants.ts'
import { STEM_VERIFICATION_COUNT_MAX } from '../limits.ts'
import type { PeerId } from '../ports.ts'
import type { Source } from './epoch.ts'

/** What a receipt is checked against. */
export interface ReceiptSubject {
  readonly id: Uint8Array
  /** The first second in which carriers no longer keep the envelope. */
  readonly expiresAtSeconds: number
}

export interface ReadEnvelope extends ReceiptSubject {
  /** False: expired, or from too far ahead, by our clock. Whoever sent it may have another. */
  readonly isTimely: boolean
}

/** Throws ProtocolError for what carriers would not take, its time apart. */
export type EnvelopeReader = (envelope: Uint8Array) => ReadEnvelope

/**
 * `forged`: no honest node passes this on. `useless`: genuine, but it promises too little here,
 * where clocks or limits may differ from those of whoever passed it on.
 */
export type ReceiptVerdict = { readonly carrier: string } | 'forged' | 'useless'
export type ReceiptVerifier = (receipt: Uint8Array, subject: ReceiptSubject) => ReceiptVerdict

/** A step that waits for its moment. */
export interface Hold {
  readonly source: Source
  readonly atMs: number
  /** route: the step that follows an arrival. The others answer to what went wrong. */
  readonly then: 'route' | 'refused' | 'undelivered'
}

export interface Entry extends ReceiptSubject {
  /** The id as a key of maps. */
  readonly key: string
  /** Who handed it to us, and which carriers' receipts each was given in return. */
  readonly upstream: Map<Source, Set<string>>
  /** Those to whom we ever handed it: receipts are taken from nobody else. */
  readonly downstream: Set<PeerId>
  readonly receipts: Map<string, Uint8Array>
  verificationCount: number
  /** While receipts are awaited; null when they came, or when it was given up. */
  pass: Pass | null
}

/** One try to get an envelope delivered. Ends with the first receipt. */
export interface Pass {
  readonly envelope: Uint8Array
  /** Whose share of the pool it takes. */
  readonly payer: Source
  /** Stem peers that have it from us in this pass, and whether they refused it. */
  readonly handed: Map<PeerId, 'open' | 'refused'>
  holds: readonly Hold[]
  embargoAtMs: number | null
  embargoCount: number
  retryCount: number
  delivered: boolean
}

export function newEntry({ id, expiresAtSeconds }: ReceiptSubject, key: string): Entry {
  return {
    id,
    expiresAtSeconds,
    key,
    upstream: new Map(),
    downstream: new Set(),
    receipts: new Map(),
    verificationCount: 0,
    pass: null,
  }
}

export function newPass(envelope: Uint8Array, payer: Source): Pass {
  return {
    envelope,
    payer,
    handed: new Map(),
    holds: [],
    embargoAtMs: null,
    embargoCount: 0,
    retryCount: 0,
    delivered: false,
  }
}

export function isOwn(entry: Entry): boolean {
  return entry.upstream.has(null)
}

/** Whose route later tries take: whoever was first, as at any other node. */
export function firstSource(entry: Entry): Source {
  const [first = null] = entry.upstream.keys()
  return first
}

/** When the host must call again for this envelope; infinite when it need not. */
export function dueAtMs({ holds, embargoAtMs }: Pass): number {
  let dueMs = embargoAtMs ?? Number.POSITIVE_INFINITY
  for (const { atMs } of holds) dueMs = Math.min(dueMs, atMs)
  return dueMs
}

/**
 * The carriers that the receipts name, those known before included. Null when one is forged: no
 * honest neighbour passes that on, so nothing of what came with it is believed.
 */
export function takeReceipts(
  entry: Entry,
  receipts: readonly Uint8Array[],
  verify: ReceiptVerifier,
  isTrusted: boolean,
): readonly string[] | null {
  const carriers = new Set<string>()
  const taken: [carrier: string, receipt: Uint8Array][] = []
  for (const receipt of receipts) {
    const known = [...entry.receipts].find(([, bytes]) => equalBytes(bytes, receipt))
    if (known !== undefined) {
      carriers.add(known[0])
      continue
    }
    if (entry.receipts.size + taken.length >= STEM_RECEIPT_COUNT_MAX) continue
    if (!isTrusted && entry.verificationCount >= STEM_VERIFICATION_COUNT_MAX) continue
    if (!isTrusted) entry.verificationCount += 1
    const verdict = verify(receipt, entry)
    if (verdict === 'forged' && !isTrusted) return null
    if (verdict === 'forged' || verdict === 'useless') continue
    carriers.add(verdict.carrier)
    taken.push([verdict.carrier, receipt])
  }
  for (const [carrier, receipt] of taken) {
    if (!entry.receipts.has(carrier)) entry.receipts.set(carrier, receipt.slice())
  }
  return [...carriers]
}

/** What `source` has not been given of these carriers' receipts. It counts as given from now on. */
export function owedReceipts(
  entry: Entry,
  source: Source,
  carriers: readonly string[],
): readonly Uint8Array[] {
  const given = entry.upstream.get(source) ?? new Set()
  const owed: Uint8Array[] = []
  for (const carrier of carriers) {
    const receipt = entry.receipts.get(carrier)
    if (receipt === undefined || given.has(carrier)) continue
    if (given.size >= STEM_RECEIPT_COUNT_MAX) break
    given.add(carrier)
    owed.push(receipt)
  }
  return owed
}

/** All that `source` was ever given, for a neighbour that asks again. */
export function givenReceipts(entry: Entry, source: Source): readonly Uint8Array[] {
  return [...(entry.upstream.get(source) ?? [])].flatMap((carrier) => {
    const receipt = entry.receipts.get(carrier)
    return receipt === undefined ? [] : [receipt]
  })
}
