// Publishes the identity record at each open door, for the current period and the next, daily and
// after a change. record.md §5
import { equalBytes, toHex } from '@ezchat/protocol/codec/bytes.ts'
import { RECORD_PERIODS_MAX } from '@ezchat/protocol/constants.ts'
import type { Secret } from '@ezchat/protocol/crypto/secret.ts'
import { recordMailbox, sealRecord } from '@ezchat/protocol/identity/record.ts'
import type { DevicePrekeys } from '@ezchat/protocol/identity/record-content.ts'
import { recordName } from '@ezchat/protocol/identity/record-layout.ts'
import { blindSecret } from '@ezchat/protocol/mailbox/blind.ts'
import { doorPeriod, doorPeriodStartSeconds, doorSecretIn } from '@ezchat/protocol/mailbox/door.ts'
import {
  forgetPrekeys,
  isRotationDue,
  publishedPrekeys,
  rotatePrekeys,
} from '@ezchat/protocol/session/prekey-ring.ts'
import { encodePrekeys } from '@ezchat/protocol/session/prekeys.ts'
import {
  PUBLISH_AGAIN_SECONDS_MAX,
  PUBLISH_AGAIN_SECONDS_MIN,
  PUBLISH_EVERY_SECONDS,
} from '../limits.ts'
import type { Draft } from './desk.ts'
import type { Parts } from './household.ts'
import type { RecordRoutes } from './record-routes.ts'
import { nowSecondsOf, ttlSecondsOf } from './terms.ts'

interface Sealed {
  readonly name: Uint8Array
  readonly record: Uint8Array
}

export interface PublisherHooks {
  /** Where carriers of our shard are. */
  readonly hints: () => readonly string[]
  /** What our other devices have published: a record of ours must not hide them. */
  readonly lookUpOwn: () => Promise<boolean>
}

export class Publisher {
  readonly #parts: Parts
  readonly #routes: RecordRoutes
  readonly #hooks: PublisherHooks
  readonly #ended = new AbortController()
  #running: Promise<void> | null = null
  #isAgain = false
  #keptCount = 0
  #againSeconds = PUBLISH_AGAIN_SECONDS_MIN

  constructor(parts: Parts, routes: RecordRoutes, hooks: PublisherHooks) {
    this.#parts = parts
    this.#routes = routes
    this.#hooks = hooks
  }

  /** How many keep what was published last; 0 before that. */
  get keptCount(): number {
    return this.#keptCount
  }

  /** Rotates what is due, publishes when that, or a day, asks for it, and comes back. */
  start(): void {
    const { self, terms } = this.#parts
    const nowSeconds = nowSecondsOf(terms)
    const since = nowSeconds - self.own.publishedSeconds
    const isDue = since >= PUBLISH_EVERY_SECONDS || since < 0
    if (isDue || isRotationDue(self.ring, nowSeconds)) void this.publish()
    else this.#wakeAt(self.own.publishedSeconds + PUBLISH_EVERY_SECONDS)
  }

  /** After a change. One that comes meanwhile publishes once more. */
  publish(): Promise<void> {
    if (this.#running !== null) {
      this.#isAgain = true
      return this.#running
    }
    this.#running = this.#publish().finally(() => {
      this.#running = null
    })
    return this.#running
  }

  close(): void {
    this.#ended.abort()
  }

  async #publish(): Promise<void> {
    const { desk, terms } = this.#parts
    do {
      this.#isAgain = false
      let keptCount = 0
      try {
        // Before the first record there can be no other.
        if (this.#parts.self.own.publishedSeconds > 0 || this.#hasOthers()) {
          await this.#hooks.lookUpOwn()
        }
        const sealed = await desk.run((draft) => this.#seal(draft))
        keptCount = await this.#spread(sealed)
        if (keptCount > 0) await this.#note()
      } catch {
        // Closing, or nobody there: the alarm below brings us back.
        keptCount = 0
      }
      if (this.#ended.signal.aborted) return
      this.#keptCount = keptCount
      this.#wakeAt(nowSecondsOf(terms) + this.#waitSeconds(keptCount))
    } while (this.#isAgain)
  }

  #waitSeconds(keptCount: number): number {
    const againSeconds = this.#againSeconds
    const doubled = Math.min(againSeconds * 2, PUBLISH_AGAIN_SECONDS_MAX)
    this.#againSeconds = keptCount > 0 ? PUBLISH_AGAIN_SECONDS_MIN : doubled
    return keptCount > 0 ? PUBLISH_EVERY_SECONDS : againSeconds
  }

  async #note(): Promise<void> {
    const { desk, self, terms } = this.#parts
    const publishedSeconds = nowSecondsOf(terms)
    await desk.run((draft) => self.setOwn(draft, { publishedSeconds }))
  }

  async #spread(sealed: readonly Sealed[]): Promise<number> {
    const { signal } = this.#ended
    const { homeShard: shard } = this.#parts.self.own
    const publishing = sealed.map(({ name, record }) =>
      this.#routes.publish(name, record, { shard, hints: [], signal }),
    )
    const counts = await Promise.all(publishing)
    return Math.min(...counts)
  }

  #seal(draft: Draft): Sealed[] {
    const { self, sureTime, terms } = this.#parts
    const { crypto } = terms
    const nowSeconds = nowSecondsOf(terms)
    const rotated = isRotationDue(self.ring, nowSeconds)
      ? rotatePrekeys(crypto, self.ring, nowSeconds)
      : self.ring
    // A key that is forgotten in the wrong year opens nothing of what waits for it.
    const sureSeconds = Math.floor(sureTime.nowMs() / 1000)
    const times = { nowSeconds: sureSeconds, ttlSeconds: ttlSecondsOf(terms) }
    self.setRing(draft, forgetPrekeys(rotated, times))
    const recordSequence = Math.max(self.own.recordSequence + 1, nowSeconds)
    self.setOwn(draft, { recordSequence })
    const doors: (Secret | null)[] = [self.keys.doorSecret]
    if (self.own.isBareDoorOpen) doors.push(null)
    const today = doorPeriod(nowSeconds)
    return doors.flatMap((door) =>
      [today, today + 1].flatMap((period) => this.#sealOne(door, period) ?? []),
    )
  }

  #sealOne(doorSecret: Secret | null, period: number): Sealed | null {
    const { self, terms } = this.#parts
    const { crypto, network } = terms
    const { identityKey, signSeed } = self.keys
    const door = { networkId: network.id, identityKey, doorSecret }
    const secret = doorSecretIn(crypto, network.id, doorSecret)
    const { homeShard, profileName, recordSequence } = self.own
    const record = sealRecord(
      crypto,
      door,
      {
        period,
        sequence: BigInt(recordSequence),
        expiresSeconds: doorPeriodStartSeconds(period + RECORD_PERIODS_MAX),
        homeShard,
        profileName,
        hints: this.#hooks.hints(),
        log: self.roster.log,
        prekeys: this.#bundles(),
      },
      { blinded: blindSecret(crypto, signSeed, secret, period), warrant: null },
    )
    if (record === null) return null
    return { name: recordName(crypto, network.id, recordMailbox(crypto, door, period)), record }
  }

  #hasOthers(): boolean {
    return this.#parts.self.roster.log.devices.size > 1
  }

  /** Ours, then those of our other devices, unchanged. */
  #bundles(): DevicePrekeys[] {
    const { people, self } = this.#parts
    const { deviceId } = self.own
    const { devices } = self.roster.log
    const others = people
      .of(self.identityKey)
      .prekeys.filter((one) => devices.has(toHex(one.deviceId)))
      .filter((one) => !equalBytes(one.deviceId, deviceId))
    const bundle = this.#bundle()
    return bundle === null ? others : [{ deviceId, bundle }, ...others]
  }

  #bundle(): Uint8Array | null {
    const { self, terms } = this.#parts
    const own = self.party
    const prekeys = own && publishedPrekeys(terms.crypto, self.ring, own.party)
    if (prekeys === null) return null
    const signing = { networkId: terms.network.id, signSeed: self.own.signSeed }
    return encodePrekeys(terms.crypto, prekeys, signing)
  }

  #wakeAt(seconds: number): void {
    this.#parts.alarms.set('publish', seconds * 1000, () => this.start())
  }
}
