// One machine: its disks, its clock and its keys, and the daemon that runs on it, dies, and is
// started again. The store, the carrier and the courier are the real ones.

import { peerIdOf } from '@ezchat/node/net/peer-id.ts'
import { fromHex } from '@ezchat/protocol/codec/bytes.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import type { PeerId } from '@ezchat/protocol/ports.ts'
import { decodeReceipt } from '@ezchat/protocol/receipt/receipt.ts'
import { decodePushed } from '@ezchat/protocol/request/push.ts'
import { AdversaryWire } from './adversaries.ts'
import { EPOCH_MS, Life } from './clock.ts'
import { startDaemon } from './daemon.ts'
import { Disk, isDamage, isDiskFailure } from './disk.ts'
import type { Host } from './host.ts'
import type { Daemon, Disks, Kind, Machine, Scene, Traits } from './scene.ts'
import { SimWire } from './wire.ts'

export interface NodeInit extends Traits {
  readonly world: Scene
}

/** Then somebody starts it again: a service manager, or a person. */
const RESTART_MS = 5000

export class SimNode implements Machine {
  readonly init: NodeInit
  readonly crypto: Crypto
  host: Host
  seed: Secret
  disks: Disks
  daemon: Daemon | null = null
  #life: Life | null = null
  #isWanted = false
  #startCount = 0
  #hostCount = 0
  readonly #listeners: ((daemon: Daemon) => void)[] = []

  constructor(init: NodeInit) {
    this.init = init
    const { world, random } = init
    this.crypto = world.crypto.for(random.split('crypto'))
    this.seed = this.#newSeed()
    this.host = this.#newHost()
    this.disks = { store: this.#disk(), carrier: this.#disk(), courier: this.#disk() }
    world.nodesByHost.set(this.host.index, this)
  }

  get isUp(): boolean {
    return this.daemon !== null
  }

  /** By its own clock. */
  clockNowMs(): number {
    return Math.floor(EPOCH_MS + this.init.world.timeline.nowMs + this.init.skewMs)
  }

  get kind(): Kind {
    return this.init.kind
  }

  get peer(): PeerId {
    return this.host.peer
  }

  /** Told each time that the daemon has started. */
  onStart(listener: (daemon: Daemon) => void): void {
    this.#listeners.push(listener)
    if (this.daemon !== null) listener(this.daemon)
  }

  async start(): Promise<void> {
    this.#isWanted = true
    if (this.#life !== null) return
    const life = new Life()
    this.#life = life
    this.#startCount++
    const { world, skewMs } = this.init
    const wire = this.#newWire(life)
    try {
      const daemon = await startDaemon({ node: this, world, life, wire, skewMs })
      if (life.isOver) return
      this.daemon = daemon
      wire.start()
    } catch (error: unknown) {
      if (!isDiskFailure(error)) throw error
      if (!life.isOver) this.#end(false, false)
      if (isDamage(error)) this.#startAnew()
      this.startLater(RESTART_MS)
      return
    }
    if (!(await this.#checkPromises(this.daemon))) return this.restartSoon()
    for (const listener of this.#listeners) listener(this.daemon)
  }

  /** The store says that it is damaged: its owner moves it aside, as it asks for. */
  #startAnew(): void {
    this.init.world.model.excuse(this.host.index)
    this.disks = { ...this.disks, store: this.#disk() }
  }

  startLater(delayMs: number): void {
    const { timeline } = this.init.world
    timeline.after(delayMs, () => {
      if (this.#isWanted) void this.start()
    })
  }

  /** Killed; `isPowerLost`: and what was not synced is gone, perhaps. */
  crash({ isPowerLost }: { readonly isPowerLost: boolean }): void {
    if (this.#life === null) return
    this.#end(isPowerLost, isPowerLost)
  }

  /** Away until somebody starts it. */
  leave(): void {
    this.#isWanted = false
    this.crash({ isPowerLost: false })
  }

  /** The machine is gone. Another one takes its place, with a new key and what users carry along. */
  async replace(): Promise<void> {
    const { world } = this.init
    this.crash({ isPowerLost: this.init.random.chance(0.5) })
    this.#hostCount++
    this.seed = this.#newSeed()
    this.host = this.#newHost()
    world.nodesByHost.set(this.host.index, this)
    this.disks = { ...this.disks, store: this.#disk(), carrier: this.#disk() }
    await this.start()
  }

  /** After its store has failed nothing is written until it is opened again. */
  restartIfFailed(): void {
    if (this.daemon === null) return
    const { store, courier } = this.daemon
    if (store.usage.failure !== null || courier.failure !== null) this.restartSoon()
  }

  restartSoon(): void {
    this.crash({ isPowerLost: false })
    this.startLater(RESTART_MS)
  }

  #end(isPowerLost: boolean, isSilent: boolean): void {
    const { daemon } = this
    this.#life?.end()
    this.#life = null
    this.daemon = null
    daemon?.wire.stop(isSilent)
    for (const disk of Object.values(this.disks) as Disk[]) {
      if (isPowerLost) disk.crash()
      else disk.restart()
    }
  }

  /** What it signed for before it went down has to be there. False where the disk cannot be read. */
  async #checkPromises(daemon: Daemon): Promise<boolean> {
    const { model } = this.init.world
    if (this.kind !== 'honest') return true
    for (const id of model.signedBy(this.host.index)) {
      try {
        if (await daemon.store.has(fromHex(id))) continue
      } catch (error: unknown) {
        if (!isDiskFailure(error)) throw error
        return false
      }
      model.violate(`node ${this.host.index} signed for ${id.slice(0, 12)}, and has lost it`)
    }
    return true
  }

  #newWire(life: Life): SimWire {
    const { world, random } = this.init
    const { network, gossip, dht, bootstrap, plan, model } = world
    const { host, kind } = this
    const init = {
      ...{ network, gossip, dht, bootstrap, host },
      random: random.split(`wire ${this.#startCount}`),
      failing: new Set(plan.mutation === 'no-reconciliation' ? ['sync', 'load'] : []),
      onAnswer: (method: string, body: Uint8Array) => {
        if (method !== 'push' || kind !== 'honest') return
        for (const outcome of decodePushed(body)) {
          if (outcome.kind !== 'receipt') continue
          model.signed(host.index, decodeReceipt(outcome.receipt).envelopeId)
        }
      },
    }
    const isTrue = kind === 'honest' && plan.mutation !== 'empty-promises'
    return isTrue ? new SimWire(init) : new AdversaryWire(init, { node: this, world, life })
  }

  #disk(): Disk {
    const { world, random } = this.init
    const { hasFaultyDisks, mutation } = world.plan
    const { timeline, bodies } = world
    const faultySeed = hasFaultyDisks ? random.u32() : null
    return new Disk({ timeline, faultySeed, isHasty: mutation === 'early-sync', bodies })
  }

  #newSeed(): Secret {
    return Secret.adopt(this.init.random.split(`peer ${this.#hostCount}`).bytes(32))
  }

  #newHost(): Host {
    const { world, isNat } = this.init
    return world.network.addHost(peerIdOf(this.crypto.ed25519Public(this.seed)), isNat)
  }
}
