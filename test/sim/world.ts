// One run: nodes, users and what happens to them, from a plan to an outcome.

import { EzchatError } from '@ezchat/node/errors.ts'
import { ProtocolError } from '@ezchat/protocol/errors.ts'
import { createNetwork, type Network as Terms } from '@ezchat/protocol/network/descriptor.ts'
import { EPOCH_MS } from './clock.ts'
import { completeShares } from './completeness.ts'
import { SharedCrypto } from './crypto.ts'
import { Dht } from './dht.ts'
import { SharedBodies } from './disk.ts'
import { Faults } from './faults.ts'
import { Gossip } from './gossip.ts'
import { growUp } from './grown.ts'
import { Model } from './model.ts'
import { Network } from './network.ts'
import { SimNode } from './node.ts'
import { People } from './people.ts'
import type { Plan } from './plan.ts'
import { Random } from './random.ts'
import type { Kind, Machine, Person, Scene } from './scene.ts'
import { Spies } from './spy.ts'
import { Timeline } from './timeline.ts'
import { Trace } from './trace.ts'
import { User } from './user.ts'

const BOOTSTRAP_COUNT = 3
const MINUTE_MS = 60_000
/** Everybody starts within it. */
const START_MS = 60_000
/** Whom a user writes to. */
const CONTACT_COUNT = 5
/** Messages in a row, and the time between two of them. */
const TALK_COUNT_MEAN = 4
const TALK_PAUSE_MS_MEAN = 20_000
const LIES_SHARE = 0.3

export class World implements Scene {
  readonly plan: Plan
  readonly timeline = new Timeline()
  readonly trace = new Trace()
  readonly model: Model
  readonly crypto: SharedCrypto
  readonly bodies = new SharedBodies()
  readonly terms: Terms
  readonly network: Network
  readonly gossip: Gossip
  readonly dht: Dht
  readonly people: People
  readonly spies: Spies
  readonly nodes: SimNode[] = []
  readonly users: User[] = []
  /** Whoever may fail: all but those through which everybody comes in. */
  readonly mortals: SimNode[] = []
  readonly nodesByHost = new Map<number, Machine>()
  /** Of all hosts, while users wrote. */
  sentBytes = 0
  reportCount = 0
  readonly #userAt = new Map<Machine, User>()
  readonly #random: Random
  readonly #faults: Faults
  #isWriting = false

  constructor(plan: Plan) {
    const { timeline, trace } = this
    const random = new Random(plan.seed, 'world')
    this.plan = plan
    this.#random = random
    this.crypto = new SharedCrypto(random.split('crypto'))
    const crypto = this.crypto.for(random.split('people'))
    this.terms = createNetwork(crypto, {
      ...{ name: 'simulation', shardBits: plan.shardBits, ttlDays: 30 },
      ...{ price: 0, bucketsMask: 0b1111, keyCheck: null },
    })
    this.model = new Model(() => timeline.nowMs)
    const conditions = { ...plan.conditions }
    const links = random.split('links')
    this.network = new Network({ timeline, trace, conditions, random: links })
    this.gossip = new Gossip(this.network, random.split('gossip'), crypto.sha256)
    this.dht = new Dht(this.network, random.split('dht'))
    this.people = new People(crypto, this.terms, random.split('secrets'))
    const hostOf = (user: number) => this.users[user]!.node.host
    this.spies = new Spies({ crypto, terms: this.terms, model: this.model, hostOf })
    this.#faults = new Faults(this, random.split('faults'))
    this.#populate()
  }

  get bootstrap(): readonly string[] {
    return this.nodes.slice(0, BOOTSTRAP_COUNT).map(({ peer }) => peer)
  }

  /** A bug, in the code or here: the run ends. */
  fail(error: unknown): void {
    this.timeline.after(0, () => {
      throw error
    })
  }

  /** What a daemon would write to its log. */
  reported(error: unknown): void {
    if (error instanceof EzchatError || error instanceof ProtocolError) this.reportCount++
    else this.fail(error)
  }

  isAtHome(mailbox: Uint8Array, node: Machine): boolean {
    const box = this.people.boxOf(mailbox)
    return box !== null && this.users[box.recipient]?.node === node
  }

  shardsAt(node: Machine): readonly number[] {
    const user = this.#userAt.get(node)
    return user === undefined ? [] : [user.shard]
  }

  userAt(node: Machine): User | null {
    return this.#userAt.get(node) ?? null
  }

  nowSeconds(): number {
    return Math.floor((EPOCH_MS + this.timeline.nowMs) / 1000)
  }

  async run(): Promise<void> {
    const { plan, timeline } = this
    if (plan.isGrown) await growUp(this)
    this.#startAll()
    await timeline.run(timeline.nowMs + START_MS + plan.warmUpMinutes * MINUTE_MS)
    this.#resetCounters()
    this.#isWriting = true
    if (plan.messagesEach > 0) this.#writeOnce()
    else for (const user of this.users) this.#writeNext(user)
    this.#faults.begin()
    await timeline.run(timeline.nowMs + plan.minutes * MINUTE_MS)
    this.#isWriting = false
    for (const host of this.network.hosts) this.sentBytes += host.sentBytes
    this.#faults.heal()
    await this.#settle()
    this.model.checkComplete(0)
    if (plan.isOneAbsent && completeShares(this).at(-1) !== 1) {
      this.model.violate('the last node was away, and is not complete')
    }
  }

  /** Until everything is where it belongs, or the time is up. Authors resend after a day. */
  async #settle(): Promise<void> {
    const { timeline, model, plan } = this
    const untilMs = timeline.nowMs + plan.settleMinutes * MINUTE_MS
    await timeline.run(timeline.nowMs + plan.calmMinutes * MINUTE_MS)
    while (timeline.nowMs < untilMs && !model.isComplete) {
      await timeline.run(timeline.nowMs + MINUTE_MS)
    }
  }

  #populate(): void {
    const { plan } = this
    const random = this.#random.split('population')
    const adversaries: Kind[] = []
    const shares: readonly [Kind, number][] = [
      ['liar', plan.liarShare],
      ['dead', plan.deadShare],
      ['sybil', plan.sybilShare],
      ['garbage', plan.garbageShare],
      ['blackhole', plan.blackholeShare],
    ]
    for (const [kind, share] of shares) {
      const count = Math.round(share * plan.nodeCount)
      adversaries.push(...new Array<Kind>(count).fill(kind))
    }
    for (let index = 0; index < plan.nodeCount; index++) {
      const isBootstrap = index < BOOTSTRAP_COUNT
      const kind = isBootstrap ? 'honest' : (adversaries.pop() ?? 'honest')
      const isUser = !isBootstrap && kind === 'honest' && random.chance(plan.userShare)
      const isLight = isUser && random.chance(plan.lightShare)
      const skewMs = random.chance(0.2) ? random.between(-1, 1) * plan.skewMsMax : 0
      const isNat = !isBootstrap && (isLight || random.chance(plan.natShare))
      const own = this.#random.split(`node ${index}`)
      const node = new SimNode({ world: this, random: own, kind, isNat, isLight, skewMs })
      this.nodes.push(node)
      if (!isBootstrap) this.mortals.push(node)
      if (isUser) this.#addUser(node, random)
      if (kind === 'honest' && !isBootstrap && random.chance(plan.spyShare)) {
        this.spies.add(node.host)
      }
    }
    for (const user of this.users) {
      user.contacts = random
        .sample(this.users, CONTACT_COUNT + 1)
        .filter((other) => other !== user)
        .slice(0, CONTACT_COUNT)
    }
    this.dht.lieShare = plan.sybilShare > 0 ? LIES_SHARE : 0
    this.dht.liars = this.nodes.filter(({ kind }) => kind === 'sybil').map(({ peer }) => peer)
    if (this.spies.count > 0) {
      this.network.observe = (from, to, sent) => this.spies.observe(from, to, sent)
    }
  }

  #addUser(node: SimNode, random: Random): void {
    const shard = random.below(2 ** this.plan.shardBits)
    const user = new User({ world: this, number: this.users.length, shard, node })
    this.#userAt.set(node, user)
    this.users.push(user)
  }

  #startAll(): void {
    for (const [index, node] of this.nodes.entries()) {
      const delayMs = index < BOOTSTRAP_COUNT ? 0 : this.#random.unit() * START_MS
      this.timeline.after(delayMs, () => void node.start())
    }
  }

  /** Some of the users, each at some time of the run, to somebody. */
  #writeOnce(): void {
    const { messagesEach, minutes } = this.plan
    for (let left = Math.round(messagesEach * this.users.length); left > 0; ) {
      for (const user of this.#random.sample(this.users, Math.min(left, this.users.length))) {
        left--
        this.timeline.after(this.#random.unit() * minutes * MINUTE_MS, () => {
          const to = this.#random.pick(user.contacts)
          if (to !== undefined) void user.write(to, true)
        })
      }
    }
  }

  /** People write several times in a row to the same person, and then for a while to nobody. */
  #writeNext(user: User): void {
    const meanMs = (3_600_000 * TALK_COUNT_MEAN) / this.plan.messagesPerUserHour
    this.timeline.after(this.#random.exponential(meanMs), () => {
      if (!this.#isWriting) return
      const to = this.#random.pick(user.contacts)
      if (to !== undefined) this.#talk(user, to, true)
      this.#writeNext(user)
    })
  }

  #talk(user: User, to: Person, isFirst: boolean): void {
    void user.write(to, isFirst)
    if (this.#random.chance(1 / TALK_COUNT_MEAN)) return
    this.timeline.after(this.#random.exponential(TALK_PAUSE_MS_MEAN), () => {
      if (this.#isWriting) this.#talk(user, to, false)
    })
  }

  #resetCounters(): void {
    this.network.traffic.clear()
    for (const host of this.network.hosts) {
      host.sentBytes = 0
      host.receivedBytes = 0
    }
  }
}
