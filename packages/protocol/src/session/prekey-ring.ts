// The secret halves of the prekeys: made, replaced every week, and forgotten in time.
// Every change is a new ring; the caller writes it before it publishes or answers anything.
import { equalBytes } from '../codec/bytes.ts'
import {
  ONE_TIME_PREKEYS_MAX,
  PREKEY_LIFE_SECONDS,
  TIMESTAMP_AHEAD_SECONDS_MAX,
} from '../constants.ts'
import type { Crypto, RandomSource } from '../crypto/crypto.ts'
import { KEY_BYTES, MLKEM_SEED_BYTES } from '../crypto/lengths.ts'
import { Secret } from '../crypto/secret.ts'
import {
  HANDSHAKES_REMEMBERED_MAX,
  LATE_SLACK_SECONDS,
  PREKEY_CACHE_SECONDS,
  PREKEY_GENERATIONS_MAX,
  PREKEY_ROTATION_SECONDS,
} from '../limits.ts'
import type { Party } from './party.ts'
import type { Prekeys } from './prekeys.ts'

export interface PrekeyGeneration {
  readonly id: number
  readonly createdSeconds: number
  /** When a newer one took its place; null for the newest. */
  readonly replacedSeconds: number | null
  readonly signedSecret: Secret
  readonly kemSeed: Secret
  /** Handshakes that were answered, oldest first: a repeated one is refused. session.md §4 */
  readonly answered: readonly Uint8Array[]
}

export interface OneTimeSecret {
  readonly id: number
  readonly createdSeconds: number
  readonly secret: Secret
}

export interface PrekeyRing {
  /** Newest first. */
  readonly generations: readonly PrekeyGeneration[]
  /** By ascending id. */
  readonly oneTime: readonly OneTimeSecret[]
}

export const EMPTY_RING: PrekeyRing = { generations: [], oneTime: [] }

/** Random, so that it tells a carrier nothing; never 0, which stands for none. */
function drawId(random: RandomSource, isTaken: (id: number) => boolean): number {
  for (;;) {
    const bytes = random(4)
    const id = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0)
    if (id !== 0 && !isTaken(id)) return id
  }
}

/** How long a replaced generation stays: a cached bundle, then the time to live, then slack. */
function keepSeconds(ttlSeconds: number): number {
  return PREKEY_CACHE_SECONDS + ttlSeconds + LATE_SLACK_SECONDS
}

export function isRotationDue(ring: PrekeyRing, nowSeconds: number): boolean {
  const newest = ring.generations[0]
  if (newest === undefined) return true
  return (
    nowSeconds >= newest.createdSeconds + PREKEY_ROTATION_SECONDS ||
    // By a clock that was ahead: nobody would take such a bundle.
    nowSeconds < newest.createdSeconds - TIMESTAMP_AHEAD_SECONDS_MAX ||
    newest.answered.length >= HANDSHAKES_REMEMBERED_MAX / 2
  )
}

/** A new generation in front. Deterministic in `random`. */
export function rotatePrekeysWith(
  random: RandomSource,
  ring: PrekeyRing,
  nowSeconds: number,
): PrekeyRing {
  const made: PrekeyGeneration = {
    id: drawId(random, (id) => ring.generations.some((other) => other.id === id)),
    createdSeconds: nowSeconds,
    replacedSeconds: null,
    signedSecret: Secret.adopt(random(KEY_BYTES)),
    kemSeed: Secret.adopt(random(MLKEM_SEED_BYTES)),
    answered: [],
  }
  const replaced = ring.generations.map((old) =>
    old.replacedSeconds === null ? { ...old, replacedSeconds: nowSeconds } : old,
  )
  return { ...ring, generations: [made, ...replaced].slice(0, PREKEY_GENERATIONS_MAX) }
}

export function rotatePrekeys(crypto: Crypto, ring: PrekeyRing, nowSeconds: number): PrekeyRing {
  return rotatePrekeysWith(crypto.randomBytes, ring, nowSeconds)
}

/** Best effort, and only for bundles that one reader gets. session.md §2 */
export function addOneTimePrekeys(
  crypto: Crypto,
  ring: PrekeyRing,
  count: number,
  nowSeconds: number,
): PrekeyRing {
  const oneTime = [...ring.oneTime]
  for (let i = 0; i < count && oneTime.length < ONE_TIME_PREKEYS_MAX; i++) {
    const id = drawId(crypto.randomBytes, (drawn) => oneTime.some((other) => other.id === drawn))
    const secret = Secret.adopt(crypto.randomBytes(KEY_BYTES))
    oneTime.push({ id, createdSeconds: nowSeconds, secret })
  }
  return { ...ring, oneTime: oneTime.sort((a, b) => a.id - b.id) }
}

/** Forgets what no honest message can still need. The same ring when there is nothing. */
export function forgetPrekeys(
  ring: PrekeyRing,
  times: { readonly nowSeconds: number; readonly ttlSeconds: number },
): PrekeyRing {
  const { nowSeconds, ttlSeconds } = times
  const generations = ring.generations.filter(
    ({ replacedSeconds }) =>
      replacedSeconds === null || nowSeconds < replacedSeconds + keepSeconds(ttlSeconds),
  )
  const oneTime = ring.oneTime.filter(
    ({ createdSeconds }) => nowSeconds < createdSeconds + PREKEY_LIFE_SECONDS + ttlSeconds,
  )
  const isSame =
    generations.length === ring.generations.length && oneTime.length === ring.oneTime.length
  return isSame ? ring : { generations, oneTime }
}

/** What to sign and publish; null before the first rotation. */
export function publishedPrekeys(
  crypto: Crypto,
  ring: PrekeyRing,
  party: Party,
  options: { readonly withOneTime: boolean } = { withOneTime: false },
): Prekeys | null {
  const newest = ring.generations[0]
  if (newest === undefined) return null
  const oneTime = options.withOneTime ? ring.oneTime : []
  return {
    party,
    id: newest.id,
    expiresSeconds: newest.createdSeconds + PREKEY_LIFE_SECONDS,
    signedKey: crypto.x25519Public(newest.signedSecret),
    kemKey: crypto.mlkemPublic(newest.kemSeed),
    oneTime: oneTime.map(({ id, secret }) => ({ id, key: crypto.x25519Public(secret) })),
  }
}

export function findGeneration(ring: PrekeyRing, id: number): PrekeyGeneration | null {
  return ring.generations.find((generation) => generation.id === id) ?? null
}

export function wasAnswered(generation: PrekeyGeneration, handshake: Uint8Array): boolean {
  return generation.answered.some((known) => equalBytes(known, handshake))
}

/** Remembers the handshake, and forgets the one-time key that it used. */
export function answerHandshake(
  ring: PrekeyRing,
  used: { readonly id: number; readonly oneTimeId: number; readonly handshake: Uint8Array },
): PrekeyRing {
  const generations = ring.generations.map((generation) =>
    generation.id === used.id
      ? {
          ...generation,
          // Beyond the limit the oldest goes: a replay of it would be noticed by the conversation,
          // while a first message refused would be lost.
          answered: [
            ...generation.answered.slice(-(HANDSHAKES_REMEMBERED_MAX - 1)),
            used.handshake,
          ],
        }
      : generation,
  )
  return { generations, oneTime: ring.oneTime.filter(({ id }) => id !== used.oneTimeId) }
}
