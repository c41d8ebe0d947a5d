// People with a disk each, in a world with a post office of its own: it keeps what couriers bring,
// in the order in which it comes, and loses, repeats or delays what a test tells it to.
import assert from 'node:assert/strict'
import type { CatchUp } from '@ezchat/node/catch-up.ts'
import type { CourierEvent, CourierItem } from '@ezchat/node/courier/event.ts'
import { nativeCrypto } from '@ezchat/node/crypto/native.ts'
import type { CourierPort, CourierStory } from '@ezchat/node/messenger/courier-port.ts'
import { createKey, type KeyFile, unlockKey } from '@ezchat/node/messenger/key-file.ts'
import type { Messenger } from '@ezchat/node/messenger/messenger.ts'
import { openMessenger } from '@ezchat/node/messenger/open-messenger.ts'
import type { Arrivals } from '@ezchat/node/messenger/receiving.ts'
import type { RecordRoutes } from '@ezchat/node/messenger/record-routes.ts'
import { createHome, hasIdentity, restoreHome } from '@ezchat/node/messenger/setup.ts'
import { Vault } from '@ezchat/node/messenger/vault.ts'
import type { StoredEnvelope } from '@ezchat/node/store/envelope-reader.ts'
import { FaultyKeyValue } from '@ezchat/node/store/faulty-store.ts'
import { keyBeyond } from '@ezchat/node/store/key-value.ts'
import { concatBytes, equalBytes, toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { Secret } from '@ezchat/protocol/crypto/secret.ts'
import { createNetwork, type Network } from '@ezchat/protocol/network/descriptor.ts'
import type { Clock, KeyValue } from '@ezchat/protocol/ports.ts'

export const crypto = nativeCrypto()
export const network: Network = createNetwork(crypto, {
  name: 'village',
  shardBits: 0,
  ttlDays: 30,
  price: 0,
  bucketsMask: 15,
  keyCheck: null,
})
export const START_MS = 1_800_000_000_000

interface Timer {
  atMs: number
  readonly callback: () => void
}

export class VirtualClock implements Clock {
  #nowMs = START_MS
  #aheadMs = 0
  readonly #timers = new Set<Timer>()

  nowMs(): number {
    return this.#nowMs + this.#aheadMs
  }

  /** Somebody sets it. */
  jump(ms: number): void {
    this.#aheadMs += ms
  }

  monotonicMs(): number {
    return this.#nowMs - START_MS
  }

  /** As when a laptop's lid is closed: the hour is another one, and no timer has moved. */
  sleep(ms: number): void {
    this.#nowMs += ms
    for (const timer of this.#timers) timer.atMs += ms
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { atMs: this.#nowMs + Math.max(0, delayMs), callback }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** The next timer that is due by then; null when none is. */
  step(untilMs: number): boolean {
    const due = [...this.#timers].filter(({ atMs }) => atMs <= untilMs)
    due.sort((a, b) => a.atMs - b.atMs)
    const [next] = due
    if (next === undefined) {
      this.#nowMs = Math.max(this.#nowMs, untilMs)
      return false
    }
    this.#timers.delete(next)
    this.#nowMs = Math.max(this.#nowMs, next.atMs)
    next.callback()
    return true
  }
}

/** Until nothing that is under way moves any more. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 12; turn++) await new Promise((resolve) => setImmediate(resolve))
}

export interface Letter {
  readonly from: string
  readonly reference: Uint8Array
  readonly envelope: Uint8Array
}

export class PostOffice implements Arrivals {
  readonly epoch: Uint8Array = new Uint8Array(8).fill(7)
  readonly kept: StoredEnvelope[] = []
  readonly records = new Map<string, Uint8Array>()
  /** Brought, and not on the shelf yet. */
  readonly bag: Letter[] = []
  readonly #listeners = new Set<(arrived: readonly StoredEnvelope[]) => void>()
  readonly couriers = new Map<string, FakeCourier>()
  readonly references: Uint8Array[] = []
  isOpen = true

  get arrivalLast(): number {
    return this.kept.length
  }

  async fetch({ prefix, after, position }: Parameters<Arrivals['fetch']>[0]) {
    const from = position === null ? after : new DataView(position.buffer).getUint32(0)
    const found = this.kept.filter(
      ({ mailbox, arrival }) => equalBytes(mailbox, prefix) && arrival > from,
    )
    const envelopes = found.slice(0, 256)
    if (found.length <= 256) return { envelopes, position: null }
    const next = new Uint8Array(4)
    new DataView(next.buffer).setUint32(0, envelopes.at(-1)!.arrival)
    return { envelopes, position: next }
  }

  watch(listener: (arrived: readonly StoredEnvelope[]) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  bring(letter: Letter): void {
    this.bag.push(letter)
    if (this.isOpen) this.empty()
  }

  /** Everything that was brought goes on the shelf. */
  empty(order: (letters: Letter[]) => Letter[] = (letters) => letters): void {
    for (const letter of order(this.bag.splice(0))) this.keep(letter)
  }

  keep({ from, reference, envelope }: Letter): void {
    const stored: StoredEnvelope = {
      arrival: this.kept.length + 1,
      shard: 0,
      mailbox: envelope.slice(3, 35),
      id: crypto.sha256(envelope),
      bytes: envelope,
    }
    this.kept.push(stored)
    this.references.push(reference)
    for (const listener of this.#listeners) listener([stored])
    this.couriers.get(from)?.say({ kind: 'stored', reference, count: 3 })
  }

  /** Where somebody was looked for at a place that was named to us. */
  readonly visits: string[] = []

  routes(): RecordRoutes {
    return {
      find: async (name, { hints, shard }) => {
        for (const hint of hints) this.visits.push(hint)
        if (shard !== null) this.visits.push(`shard ${shard}`)
        const record = this.records.get(toHex(name))
        return record === undefined || !this.isOpen ? [] : [record]
      },
      publish: async (name, record) => {
        this.records.set(toHex(name), record)
        return 3
      },
    }
  }
}

const COURIER_PREFIX = Uint8Array.of(0x43)

/** Keeps what it was given on its owner's disk until the office has it. */
export class FakeCourier implements CourierPort {
  readonly withdrawn: string[] = []
  readonly #listeners = new Set<(event: CourierEvent) => void>()
  readonly #drafted = new Map<string, Uint8Array>()
  readonly #name: string
  readonly #office: PostOffice
  readonly #disk: KeyValue

  constructor(name: string, office: PostOffice, disk: KeyValue) {
    this.#name = name
    this.#office = office
    this.#disk = disk
    office.couriers.set(name, this)
  }

  /** What an earlier one was given and did not bring. */
  async start(): Promise<void> {
    const range = { from: COURIER_PREFIX, before: keyBeyond(COURIER_PREFIX), countMax: 100_000 }
    for (const [key, envelope] of await this.#disk.page(range)) {
      this.#bring(key.slice(1), envelope)
    }
  }

  draft(items: readonly CourierItem[]) {
    return items.map(({ reference, envelope }) => {
      this.#drafted.set(toHex(reference), envelope)
      return { key: concatBytes(COURIER_PREFIX, reference), value: envelope }
    })
  }

  accepted(references: readonly Uint8Array[]): void {
    for (const reference of references) {
      const envelope = this.#drafted.get(toHex(reference))
      assert.ok(envelope, 'accepted before it was drafted')
      this.#drafted.delete(toHex(reference))
      this.#bring(reference, envelope)
    }
  }

  #bring(reference: Uint8Array, envelope: Uint8Array): void {
    this.#office.bring({ from: this.#name, reference, envelope })
  }

  say(event: CourierEvent): void {
    for (const listener of this.#listeners) listener(event)
  }

  watch(listener: (event: CourierEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  withdraw(reference: Uint8Array): void {
    this.withdrawn.push(toHex(reference))
    const key = concatBytes(COURIER_PREFIX, reference)
    this.#disk.write([{ key, value: null }], { sync: false }).catch(() => undefined)
  }

  /** What it has brought, or will bring; nothing of what is not on its disk. */
  async story(reference: Uint8Array): Promise<CourierStory | null> {
    const kept = await this.#disk.get(concatBytes(COURIER_PREFIX, reference))
    return kept === null ? null : { state: 'done', receipts: [], hops: [] }
  }

  /** The program ended. */
  close(): void {
    this.#listeners.clear()
    this.#drafted.clear()
  }
}

export function memoryKeyFile(): KeyFile & { bytes: Uint8Array | null } {
  return {
    bytes: null,
    async read() {
      return this.bytes
    },
    async write(bytes) {
      this.bytes = bytes
    },
  }
}

/** A disk of which copies can be kept. */
export class VillageDisk extends FaultyKeyValue {
  #copied: readonly (readonly [Uint8Array, Uint8Array])[] = []

  async copyNow(): Promise<void> {
    this.restart()
    const everything = { from: new Uint8Array(0), before: Uint8Array.of(0xff), countMax: 1e6 }
    this.#copied = await this.page(everything)
  }

  async restoreCopy(): Promise<void> {
    this.restart()
    const everything = { from: new Uint8Array(0), before: Uint8Array.of(0xff), countMax: 1e6 }
    const keys = await this.pageKeys(everything)
    await this.write(
      [
        ...keys.map((key) => ({ key, value: null })),
        ...this.#copied.map(([key, value]) => ({ key, value })),
      ],
      { sync: true },
    )
  }
}

/** Somebody with a disk. */
export class Villager {
  readonly name: string
  readonly disk: VillageDisk
  readonly keyFile = memoryKeyFile()
  readonly world: World
  readonly failures: unknown[] = []
  readonly bugs: unknown[] = []
  /** Given before the first start, they restore somebody. */
  words: string | null = null
  #messenger: Messenger | null = null
  courier: FakeCourier | null = null
  catchUp: CatchUp | null = null
  /** In place of a fake; whoever makes it closes it. */
  newCourier: (() => Promise<CourierPort>) | null = null

  constructor(name: string, world: World, seed: number) {
    this.name = name
    this.world = world
    this.disk = new VillageDisk(seed)
  }

  get messenger(): Messenger {
    assert.ok(this.#messenger, `${this.name} is away`)
    return this.#messenger
  }

  async start(passphrase: Secret | null = null): Promise<Messenger> {
    const { clock, office } = this.world
    const isNew = this.keyFile.bytes === null
    const key = isNew
      ? await createKey(crypto, this.keyFile, passphrase)
      : await unlockKey(crypto, this.keyFile, passphrase)
    const vault = await Vault.open({ keyValue: this.disk, crypto, key })
    const terms = { crypto, network, clock }
    if (!(await hasIdentity(vault))) {
      const setup = { profileName: this.name, deviceName: 'laptop' }
      const created =
        this.words === null
          ? await createHome(terms, vault, setup)
          : await restoreHome(terms, vault, {
              ...setup,
              words: this.words,
              routes: office.routes(),
              signal: new AbortController().signal,
              isAlone: false,
            })
      this.words = created.words
    }
    const own = (await this.newCourier?.()) ?? null
    if (own === null) this.courier = new FakeCourier(this.name, office, this.disk)
    const courier = own ?? this.courier!
    this.#messenger = await openMessenger({
      ...{ ...terms, vault, courier },
      ...(this.catchUp === null ? {} : { catchUp: this.catchUp }),
      arrivals: office,
      routes: office.routes(),
      hints: () => [`/dns4/${this.name}.example/tcp/4001`],
      onBug: (error) => this.bugs.push(error),
      onFailure: (error) => this.failures.push(error),
    })
    if (own === null) await this.courier?.start()
    await settle()
    return this.#messenger
  }

  async stop(): Promise<void> {
    const messenger = this.#messenger
    this.#messenger = null
    this.courier?.close()
    this.world.office.couriers.delete(this.name)
    await messenger?.close()
  }

  /** The power goes: what was not synced is gone. */
  async crash(): Promise<void> {
    await this.stop()
    this.disk.crash()
  }

  async texts(peer?: string): Promise<string[]> {
    const terms = peer === undefined ? { limit: 100_000 } : { peer, limit: 100_000 }
    const { messages } = await this.messenger.read(terms)
    return messages.map(({ text }) => text)
  }
}

export class World {
  readonly clock = new VirtualClock()
  readonly office = new PostOffice()
  #seed = 1

  villager(name: string): Villager {
    return new Villager(name, this, this.#seed++)
  }

  async pass(ms: number): Promise<void> {
    const untilMs = START_MS + this.clock.monotonicMs() + ms
    await settle()
    while (this.clock.step(untilMs)) await settle()
    await settle()
  }
}

/** Alice has Bob's invite, has written with it, and Bob has answered nothing yet. */
export async function acquainted(world: World): Promise<[Villager, Villager]> {
  const alice = world.villager('alice')
  const bob = world.villager('bob')
  await alice.start()
  await bob.start()
  const { invite } = await bob.messenger.invite()
  await alice.messenger.add(invite, 'bob')
  await world.pass(1000)
  return [alice, bob]
}
