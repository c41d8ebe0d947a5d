// Finds somebody's record, by what an invite or an introduction gave, takes the best of what it
// finds, and compares the device logs.
import { compareBytes, equalBytes, fromHex, toHex } from '@ezchat/protocol/codec/bytes.ts'
import { learnLog, newRoster, type RosterEffect } from '@ezchat/protocol/device/roster.ts'
import { ProtocolError } from '@ezchat/protocol/errors.ts'
import {
  type OpenedRecord,
  openRecord,
  type RecordDoor,
  recordMailbox,
  recordPeriods,
} from '@ezchat/protocol/identity/record.ts'
import type { DevicePrekeys } from '@ezchat/protocol/identity/record-content.ts'
import { compareRecords, recordName } from '@ezchat/protocol/identity/record-layout.ts'
import { LOOKUP_RETRY_MS, LOOKUP_RETRY_MS_MAX } from '../limits.ts'
import type { Draft } from './desk.ts'
import type { Parts } from './household.ts'
import type { RecordRoutes } from './record-routes.ts'
import { nowSecondsOf, type Terms } from './terms.ts'

/** Today's and tomorrow's, then the older ones in steps: most people published lately. */
const STEP_PERIODS = 4
const LOOK_BACK_EVERY = 8

export interface Finding {
  readonly door: RecordDoor
  readonly shard: number | null
  readonly hints: readonly string[]
  readonly signal: AbortSignal
  /** Only where somebody who publishes now would be. */
  readonly isShallow?: boolean
  /** Where they are remembered: each costs a multiplication on the curve. */
  readonly mailboxOf?: (period: number) => Uint8Array
}

/** Null when nothing that holds was found. */
export async function findRecord(
  terms: Terms,
  routes: RecordRoutes,
  finding: Finding,
): Promise<OpenedRecord | null> {
  const { door, shard, hints, signal } = finding
  const { crypto, network } = terms
  const mailboxOf = finding.mailboxOf ?? ((period) => recordMailbox(crypto, door, period))
  const nowSeconds = nowSecondsOf(terms)
  const all = recordPeriods(nowSeconds)
  const periods = finding.isShallow ? all.slice(0, STEP_PERIODS) : all
  for (let at = 0; at < periods.length; at += STEP_PERIODS) {
    const asking = periods.slice(at, at + STEP_PERIODS).map(async (period) => {
      const name = recordName(crypto, network.id, mailboxOf(period))
      return routes.find(name, { shard, hints, signal })
    })
    for (const found of await Promise.all(asking)) {
      const best = bestOf(terms, door, found)
      if (best !== null) return best
    }
  }
  return null
}

function bestOf(terms: Terms, door: RecordDoor, found: readonly Uint8Array[]): OpenedRecord | null {
  const reader = { nowSeconds: nowSecondsOf(terms), shardBits: terms.network.shardBits }
  const opened: { readonly bytes: Uint8Array; readonly record: OpenedRecord }[] = []
  for (const bytes of found) {
    try {
      const record = openRecord(terms.crypto, door, bytes, reader)
      if (record !== null) opened.push({ bytes, record })
    } catch (error: unknown) {
      // Whoever keeps it may have forged it; the next one may be good.
      if (!(error instanceof ProtocolError)) throw error
    }
  }
  opened.sort((a, b) => compareRecords(b.bytes, a.bytes))
  return opened[0]?.record ?? null
}

export interface DirectoryHooks {
  /** Somebody can be written to now. */
  readonly onFound: (draft: Draft, identityKey: Uint8Array) => Promise<void>
  readonly rosterEffects: (draft: Draft, effects: readonly RosterEffect[]) => void
  /** Whether anything still waits for this. */
  readonly isWanted: (identityKey: Uint8Array) => boolean
}

export class Directory {
  readonly #parts: Parts
  readonly #routes: RecordRoutes
  readonly #hooks: DirectoryHooks
  readonly #running = new Map<string, Promise<boolean>>()
  readonly #failures = new Map<string, number>()
  readonly #ended = new AbortController()

  constructor(parts: Parts, routes: RecordRoutes, hooks: DirectoryHooks) {
    this.#parts = parts
    this.#routes = routes
    this.#hooks = hooks
  }

  /** Now, and again as long as it is wanted. Resolves with whether it was found this time. */
  lookUp(identityKey: Uint8Array): Promise<boolean> {
    const name = toHex(identityKey)
    const running = this.#running.get(name)
    if (running !== undefined) return running
    if (this.#ended.signal.aborted) return Promise.resolve(false)
    const started = this.#lookUp(identityKey).finally(() => this.#running.delete(name))
    this.#running.set(name, started)
    return started
  }

  close(): void {
    this.#ended.abort()
  }

  async #lookUp(identityKey: Uint8Array): Promise<boolean> {
    const name = toHex(identityKey)
    const isFound = await this.#tryOnce(identityKey)
    if (this.#ended.signal.aborted) return isFound
    // What was found may not say what is waited for: then it is asked for ever more rarely, too.
    if (!this.#hooks.isWanted(identityKey)) {
      this.#failures.delete(name)
      this.#parts.alarms.clear(`look up ${name}`)
      return isFound
    }
    const failureCount = this.#failures.get(name) ?? 0
    this.#failures.set(name, failureCount + 1)
    const waitMs = Math.min(LOOKUP_RETRY_MS * 2 ** failureCount, LOOKUP_RETRY_MS_MAX)
    const atMs = this.#parts.terms.clock.nowMs() + waitMs
    this.#parts.alarms.set(`look up ${name}`, atMs, () => void this.lookUp(fromHex(name)))
    return isFound
  }

  async #tryOnce(identityKey: Uint8Array): Promise<boolean> {
    const { people, terms, desk, mailboxes, self } = this.#parts
    const person = people.of(identityKey)
    const isOwn = equalBytes(identityKey, self.identityKey)
    const known = people.contact(identityKey)?.doorSecret ?? person.doorSecret
    const doorSecret = isOwn ? self.keys.doorSecret : known
    const { signal } = this.#ended
    // Where a stranger says that it lives may be a trap: who comes and asks there shows where it is.
    const isTrusted = isOwn || people.standing(identityKey) === 'contact'
    const { homeShard: shard, hints } = isTrusted ? person : { homeShard: null, hints: [] }
    const networkId = terms.network.id
    try {
      const door = { networkId, identityKey, doorSecret }
      const mailboxOf = (period: number) => mailboxes.doorOf({ identityKey, doorSecret }, period)
      // Whoever was not found in the past will not appear there: look back now and then only.
      const failureCount = this.#failures.get(toHex(identityKey)) ?? 0
      const isShallow = failureCount % LOOK_BACK_EVERY !== 0
      const finding = { door, shard, hints, signal, mailboxOf, isShallow }
      const record = await findRecord(terms, this.#routes, finding)
      if (record === null) return false
      return await desk.run((draft) => this.#learn(draft, identityKey, record))
    } catch {
      // Nobody could be asked, or we are closing: it is tried again as long as it is wanted.
      return false
    }
  }

  async #learn(draft: Draft, identityKey: Uint8Array, record: OpenedRecord): Promise<boolean> {
    const { people, terms, self } = this.#parts
    const known = people.roster(identityKey)
    let effects: readonly RosterEffect[] = []
    if (record.log !== null) {
      if (known === null) people.setRoster(draft, newRoster(record.log))
      else {
        const reader = self.logReader(identityKey)
        const step = learnLog(terms.crypto, known, record.log, reader)
        people.setRoster(draft, step.roster)
        effects = step.effects
      }
    } else if (known === null) return false
    if (equalBytes(identityKey, self.identityKey)) {
      const sequence = Number(record.sequence)
      self.setOwn(draft, { recordSequence: Math.max(self.own.recordSequence, sequence) })
    }
    const { homeShard, profileName, hints } = record
    const person = people.of(identityKey)
    people.set(draft, {
      ...person,
      homeShard,
      profileName: profileName === '' ? person.profileName : profileName,
      hints: hints.length > 0 ? hints : person.hints,
      fetchedSeconds: nowSecondsOf(terms),
      prekeys: bundlesOf(record),
    })
    this.#hooks.rosterEffects(draft, effects)
    await this.#hooks.onFound(draft, identityKey)
    return true
  }
}

function bundlesOf({ prekeys }: OpenedRecord): DevicePrekeys[] {
  const bundles = [...prekeys].map(([device, bundle]) => {
    return { deviceId: fromHex(device), bundle: bundle.slice() }
  })
  return bundles.sort((a, b) => compareBytes(a.deviceId, b.deviceId))
}
