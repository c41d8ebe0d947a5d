// The life of one message as its author may see it: bounded, and kept with the item.
import type { Reader } from '@ezchat/protocol/codec/reader.ts'
import type { Writer } from '@ezchat/protocol/codec/writer.ts'
import { PUBLIC_KEY_BYTES } from '@ezchat/protocol/crypto/lengths.ts'
import { COURIER_HOPS_MAX } from '../limits.ts'

/** Numbers are on disks: new ones go to the end. */
const KINDS = [
  'queued',
  'stamped',
  'handed',
  'delivering',
  'receipt',
  'stored',
  'unanswered',
  'refused',
  'resent',
  'dropped',
  'withdrawn',
  'expired',
] as const
const WHYS = [
  '',
  'direct',
  'role',
  'loop',
  'embargo',
  'refused',
  'alone',
  'named',
  'before',
] as const

export type HopKind = (typeof KINDS)[number]
export type HopWhy = (typeof WHYS)[number]

export interface Hop {
  readonly kind: HopKind
  /** Wall time. */
  readonly atMs: number
  /** Why this node delivered, or what a drop covers. */
  readonly why: HopWhy
  /** Of a refusal. */
  readonly status: number
  /** The key of the carrier whose receipt came. */
  readonly carrier: Uint8Array | null
}

const FIRST_HOPS_KEPT = COURIER_HOPS_MAX / 2

/** The beginning and the latest stay; what goes is from between them. */
export function addHop(hops: Hop[], hop: Pick<Hop, 'kind' | 'atMs'> & Partial<Hop>): void {
  if (hops.length >= COURIER_HOPS_MAX) hops.splice(FIRST_HOPS_KEPT, 1)
  hops.push({ why: '', status: 0, carrier: null, ...hop })
}

export function writeHops(writer: Writer, hops: readonly Hop[]): void {
  writer.u8(hops.length)
  for (const { kind, atMs, why, status, carrier } of hops) {
    writer.u8(KINDS.indexOf(kind)).u64(BigInt(atMs)).u8(WHYS.indexOf(why)).u16(status)
    writer.u8(carrier === null ? 0 : 1)
    if (carrier !== null) writer.bytes(carrier, PUBLIC_KEY_BYTES)
  }
}

export function readHops(reader: Reader): Hop[] {
  const count = reader.within(reader.u8(), 0, COURIER_HOPS_MAX, 'count of hops')
  const hops: Hop[] = []
  for (let at = 0; at < count; at++) {
    const kind = KINDS[reader.u8()] ?? reader.fail('KIND', 'a hop')
    const atMs = Number(reader.u64())
    const why = WHYS[reader.u8()] ?? reader.fail('KIND', 'a reason')
    const status = reader.u16()
    const hasCarrier = reader.within(reader.u8(), 0, 1, 'carrier') === 1
    const carrier = hasCarrier ? reader.bytes(PUBLIC_KEY_BYTES).slice() : null
    hops.push({ kind, atMs, why, status, carrier })
  }
  return hops
}
