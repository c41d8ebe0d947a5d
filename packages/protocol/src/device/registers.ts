// Contacts, read marks and settings of one person on all devices: the same everywhere, in whatever
// order and however often words arrive. device.md §7
import { equalBytes, toHex } from '../codec/bytes.ts'
import { CLOCK_AHEAD_MS_MAX } from '../constants.ts'
import {
  compareStamps,
  FIRST_STAMP,
  laterStamp,
  latestBelieved,
  nextStamp,
  observeStamp,
  type Stamp,
  stampAfter,
} from '../conversation/stamp.ts'
import type { Secret } from '../crypto/secret.ts'
import { ProtocolError } from '../errors.ts'
import { REGISTER_REMOVED_SECONDS, REGISTER_WRITERS_MAX, REGISTERS_MAX } from '../limits.ts'
import { compareWords, compareWriters, type Register } from './register.ts'

type Words = readonly Register[]

export interface Registers {
  /** By the key in hex: the last word of each device that ever wrote it. */
  readonly byKey: ReadonlyMap<string, Words>
  readonly clock: Stamp
}

export const NO_REGISTERS: Registers = { byKey: new Map(), clock: FIRST_STAMP }

export interface RegisterChange {
  readonly key: Uint8Array
  /** What now counts; null where it was removed, or never was. */
  readonly value: Secret | null
}

export interface RegistersStep {
  /** To be written before the changes are shown or sent. */
  readonly registers: Registers
  readonly put: readonly Register[]
  /** No longer of use: each key and device. */
  readonly removed: readonly Register[]
  readonly changes: readonly RegisterChange[]
  /** Devices whose clock is ahead: their words wait until their time has come. */
  readonly suspects: readonly Uint8Array[]
}

function isBelieved({ stamp }: Register, nowMs: number): boolean {
  return compareStamps(stamp, latestBelieved(nowMs)) <= 0
}

/** The word that counts now. Two readers with the same words and honest clocks agree. */
function winnerOf(words: Words, nowMs: number): Register | null {
  let winner: Register | null = null
  for (const word of words) {
    if (!isBelieved(word, nowMs)) continue
    if (winner === null || compareWriters(word, winner) > 0) winner = word
  }
  return winner
}

export function registerValue({ byKey }: Registers, key: Uint8Array, nowMs: number): Secret | null {
  return winnerOf(byKey.get(toHex(key)) ?? [], nowMs)?.value ?? null
}

/** Everything that counts and was not removed. */
export function* registerValues({ byKey }: Registers, nowMs: number): Generator<RegisterChange> {
  for (const words of byKey.values()) {
    const winner = winnerOf(words, nowMs)
    if (winner !== null && winner.value !== null) yield { key: winner.key, value: winner.value }
  }
}

/** All words, for a device that is new or was away for long. */
export function* registerWords({ byKey }: Registers): Generator<Register> {
  for (const words of byKey.values()) yield* words
}

/** While a batch is merged. Copied once, not for every word. */
interface Draft {
  readonly byKey: Map<string, Words>
  clock: Stamp
  readonly put: Map<string, Register>
  readonly removed: Register[]
  readonly before: Map<string, Words>
}

function draftOf({ byKey, clock }: Registers): Draft {
  return { byKey: new Map(byKey), clock, put: new Map(), removed: [], before: new Map() }
}

const placeOf = (word: Register): string => `${toHex(word.key)} ${toHex(word.device)}`

function place(draft: Draft, word: Register, nowMs: number): void {
  const name = toHex(word.key)
  const words = draft.byKey.get(name) ?? []
  const known = words.find(({ device }) => equalBytes(device, word.device))
  if (known !== undefined && compareWords(word, known) <= 0) return
  if (words.length === 0) makeRoom(draft, nowMs)
  if (!draft.before.has(name)) draft.before.set(name, words)
  const rest = words.filter((other) => other !== known)
  const kept = [...rest, word].sort((a, b) => compareWriters(b, a))
  draft.byKey.set(name, kept.slice(0, REGISTER_WRITERS_MAX))
  draft.put.set(placeOf(word), word)
  for (const gone of kept.slice(REGISTER_WRITERS_MAX)) {
    draft.put.delete(placeOf(gone))
    draft.removed.push(gone)
  }
  if (isBelieved(word, nowMs)) draft.clock = observeStamp(draft.clock, word.stamp, nowMs)
}

/** The contact that was removed longest ago gives way to a new one. */
function makeRoom(draft: Draft, nowMs: number): void {
  if (draft.byKey.size < REGISTERS_MAX) return
  let oldest: [string, Words, Register] | null = null
  for (const [name, words] of draft.byKey) {
    const winner = winnerOf(words, nowMs)
    if (winner === null || winner.value !== null) continue
    if (oldest === null || compareStamps(winner.stamp, oldest[2].stamp) < 0) {
      oldest = [name, words, winner]
    }
  }
  if (oldest === null) throw new ProtocolError('REGISTER_LIMIT', 'too many registers')
  drop(draft, oldest[0], oldest[1])
}

function drop(draft: Draft, name: string, words: Words): void {
  draft.byKey.delete(name)
  draft.removed.push(...words)
  for (const word of words) draft.put.delete(placeOf(word))
}

function sameValue(a: Secret | null, b: Secret | null): boolean {
  if (a === null || b === null) return a === b
  return equalBytes(a.reveal(), b.reveal())
}

function finish(draft: Draft, nowMs: number): RegistersStep {
  const changes: RegisterChange[] = []
  for (const [name, words] of draft.before) {
    const after = draft.byKey.get(name) ?? []
    const value = winnerOf(after, nowMs)?.value ?? null
    if (sameValue(winnerOf(words, nowMs)?.value ?? null, value)) continue
    changes.push({ key: (after[0] ?? words[0]!).key, value })
  }
  const put = [...draft.put.values()]
  const early = put.filter((word) => !isBelieved(word, nowMs))
  const suspects = [...new Map(early.map(({ device }) => [toHex(device), device])).values()]
  const registers = { byKey: draft.byKey, clock: draft.clock }
  return { registers, put, removed: draft.removed, changes, suspects }
}

/** Words of own devices, each from the device that it names or handed on by another own one. */
export function mergeRegisters(
  registers: Registers,
  words: Iterable<Register>,
  nowMs: number,
): RegistersStep {
  const draft = draftOf(registers)
  for (const word of words) place(draft, word, nowMs)
  return finish(draft, nowMs)
}

export interface Write {
  readonly key: Uint8Array
  readonly value: Secret | null
  /** This device. */
  readonly device: Uint8Array
}

function wordAfter(draft: Draft, { key, value, device }: Write, nowMs: number): Register {
  const words = draft.byKey.get(toHex(key)) ?? []
  const own = words.find((word) => equalBytes(word.device, device))
  const others = words.filter((word) => word !== own)
  const rival = winnerOf(others, nowMs)
  const now = nextStamp(draft.clock, nowMs)
  // A rival's clock may be minutes ahead of ours, and its word came before ours all the same.
  const stamp = rival === null ? now : laterStamp(now, stampAfter(rival.stamp))
  return { key, device, sequence: (own?.sequence ?? 0) + 1, stamp, value }
}

export function writeRegister(registers: Registers, write: Write, nowMs: number): RegistersStep {
  const draft = draftOf(registers)
  place(draft, wordAfter(draft, write, nowMs), nowMs)
  return finish(draft, nowMs)
}

/**
 * After this device's clock was set right: what it wrote with the wrong one is said again with the
 * right one, so that the others need not wait.
 */
export function restampRegisters(
  registers: Registers,
  device: Uint8Array,
  nowMs: number,
): RegistersStep {
  const draft = draftOf(registers)
  for (const words of registers.byKey.values()) {
    const own = words.find((word) => equalBytes(word.device, device))
    if (own === undefined || isBelieved(own, nowMs)) continue
    const { key, value } = own
    place(draft, wordAfter(draft, { key, value, device }, nowMs), nowMs)
  }
  return finish(draft, nowMs)
}

/** When the next word that waits will count. Null when none waits. */
export function nextBelievedMs(registers: Registers, nowMs: number): number | null {
  let next: number | null = null
  for (const word of registerWords(registers)) {
    if (isBelieved(word, nowMs)) continue
    const ms = word.stamp.ms - CLOCK_AHEAD_MS_MAX
    if (next === null || ms < next) next = ms
  }
  return next
}

/** What counts now and did not at an earlier time. */
export function changesSince(
  registers: Registers,
  thenMs: number,
  nowMs: number,
): readonly RegisterChange[] {
  const changes: RegisterChange[] = []
  for (const words of registers.byKey.values()) {
    const winner = winnerOf(words, nowMs)
    if (winner === null || isBelieved(winner, thenMs)) continue
    changes.push({ key: winner.key, value: winner.value })
  }
  return changes
}

/** Forgets what was removed so long ago that every device has heard of it. */
export function forgetRemoved(registers: Registers, nowMs: number): RegistersStep {
  const draft = draftOf(registers)
  const sinceMs = nowMs - REGISTER_REMOVED_SECONDS * 1000
  for (const [name, words] of registers.byKey) {
    const isOld = words.every(({ stamp }) => stamp.ms < sinceMs)
    if (isOld && winnerOf(words, nowMs)?.value === null) drop(draft, name, words)
  }
  return finish(draft, nowMs)
}
