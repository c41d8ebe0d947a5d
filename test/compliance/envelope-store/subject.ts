// A store under test, and envelopes to put into it that are the same in each run.
import type { EnvelopeStore, StoreInit } from '@ezchat/node/store/envelope-store.ts'
import { compareBytes, toHex } from '@ezchat/protocol/codec/bytes.ts'
import { type BucketBytes, DAY_SECONDS } from '@ezchat/protocol/constants.ts'
import { nobleCrypto } from '@ezchat/protocol/crypto/noble.ts'
import { decodeEnvelope, type Envelope } from '@ezchat/protocol/envelope/decode.ts'
import { encodeEnvelope } from '@ezchat/protocol/envelope/layout.ts'
import type { EnvelopeRules } from '@ezchat/protocol/envelope/rules.ts'
import { addToDigest, emptyDigest, encodeDigest } from '@ezchat/protocol/sync/digest.ts'
import { holds } from '../check.ts'

let drawn = 0

export const crypto = nobleCrypto((length) => {
  drawn += 1
  return Uint8Array.from({ length }, (_, at) => (drawn * 31 + at * 7) & 0xff)
})

export const FREE: EnvelopeRules = {
  id: new Uint8Array(32).fill(0x11),
  shardBits: 8,
  ttlDays: 30,
  price: 0,
  bucketsMask: 0b1111,
}

export const NOW_SECONDS = 1_800_000_000
export const PLENTY_BYTES = 2 ** 30

export interface Subject {
  readonly store: EnvelopeStore
  /** Closes it and opens it again with the same content. */
  restart(): Promise<EnvelopeStore>
  end(): Promise<void>
}

export type MakeStore = (init: StoreInit) => Promise<Subject>

export interface Sketch {
  readonly number: number
  readonly shard?: number
  readonly mailbox?: Uint8Array
  readonly bytes?: BucketBytes
  readonly timestampSeconds?: number
  /** In place of what its id is worth. */
  readonly effort?: number
}

export function mailboxOf(number: number): Uint8Array {
  const mailbox = crypto.sha256(Uint8Array.of(number >> 8, number & 0xff))
  mailbox[31]! &= 0x3f
  return mailbox
}

export function envelopeOf(sketch: Sketch): Envelope {
  const { number, shard = 3, mailbox = mailboxOf(1), bytes = 1024 } = sketch
  const { timestampSeconds = NOW_SECONDS, effort } = sketch
  const body = new Uint8Array(bytes - 47).fill(0xbd)
  new DataView(body.buffer).setUint32(0, number)
  const encoded = encodeEnvelope(FREE, { shard, mailbox, timestampSeconds, nonce: 0n, body })
  const clock = { network: FREE, nowSeconds: timestampSeconds }
  const envelope = decodeEnvelope(crypto, clock, encoded)
  return effort === undefined ? envelope : { ...envelope, effort }
}

export const DEFAULTS: StoreInit = {
  crypto,
  network: FREE,
  quotaBytes: PLENTY_BYTES,
  isOwn: () => false,
}

/** Runs with a store of its own, and ends it whatever happens. */
export function withStore(
  make: MakeStore,
  run: (subject: Subject) => Promise<void>,
  change: Partial<StoreInit> = {},
): () => Promise<void> {
  return async () => {
    const subject = await make({ ...DEFAULTS, ...change })
    try {
      await run(subject)
    } finally {
      await subject.end()
    }
  }
}

export async function acknowledged(
  store: EnvelopeStore,
  envelopes: readonly Envelope[],
): Promise<string> {
  const results = await Promise.all(envelopes.map((envelope) => store.put(envelope)))
  return results.map(({ kind }) => kind).join(' ')
}

export async function namesIn(
  store: EnvelopeStore,
  prefix: Uint8Array = new Uint8Array(0),
): Promise<string[]> {
  const names: string[] = []
  let position: Uint8Array | null = null
  do {
    const page = await store.fetch({ prefix, after: 0, position })
    names.push(...page.envelopes.map(({ id }) => toHex(id)))
    position = page.position
  } while (position !== null)
  return names
}

/** It holds these and no others, through every index, and its digests are what they add up to. */
export async function isExact(
  store: EnvelopeStore,
  expected: Iterable<Envelope>,
  what = 'the store',
): Promise<void> {
  const wanted = [...expected]
  const names = wanted.map(({ id }) => toHex(id)).sort()
  const held = (await namesIn(store)).sort()
  holds(held.join() === names.join(), `${what} has ${held.length} envelopes, not ${names.length}`)
  holds(store.usage.count === names.length, `${what} counts ${store.usage.count}`)
  for (const { id, bytes } of await store.load(wanted.map(({ id }) => id))) {
    const envelope = wanted.find((one) => compareBytes(one.id, id) === 0)
    holds(envelope !== undefined && compareBytes(envelope.bytes, bytes) === 0, `${what}: bytes`)
  }
  await areDigestsExact(store, wanted, what)
}

async function areDigestsExact(
  store: EnvelopeStore,
  wanted: readonly Envelope[],
  what: string,
): Promise<void> {
  const days = new Map<string, { digest: ReturnType<typeof emptyDigest>; shortIds: string[] }>()
  for (const { shard, timestampSeconds, id } of wanted) {
    const name = `${shard}/${Math.floor(timestampSeconds / DAY_SECONDS)}`
    const day = days.get(name) ?? { digest: emptyDigest(), shortIds: [] }
    addToDigest(day.digest, id)
    day.shortIds.push(toHex(id.subarray(16)))
    days.set(name, day)
  }
  let dayCount = 0
  for (const shard of store.shards()) {
    for (const { day, digest } of store.digests(shard)) {
      dayCount++
      const expected = days.get(`${shard}/${day}`)
      holds(expected !== undefined, `${what} has a digest for a day without envelopes`)
      const isSame = toHex(encodeDigest(digest)) === toHex(encodeDigest(expected.digest))
      holds(isSame, `${what}: the digest of shard ${shard}, day ${day} is not exact`)
      const listed = await shortIdsOf(store, shard, day)
      holds(listed === expected.shortIds.sort().join(), `${what}: short ids of a day`)
    }
  }
  holds(dayCount === days.size, `${what} has ${dayCount} days, not ${days.size}`)
}

async function shortIdsOf(store: EnvelopeStore, shard: number, day: number): Promise<string> {
  const names: string[] = []
  for await (const piece of store.shortIds(shard, [day])) {
    for (let at = 0; at < piece.length; at += 16) names.push(toHex(piece.subarray(at, at + 16)))
  }
  return names.sort().join()
}

export async function codeOf(run: () => Promise<unknown>): Promise<string> {
  try {
    await run()
  } catch (error: unknown) {
    if (error instanceof Error && 'code' in error) return String(error.code)
    throw error
  }
  return 'nothing'
}
