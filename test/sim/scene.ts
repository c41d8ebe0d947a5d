// What the parts of a run see of each other: so that none of them has to know how another is made.
import type { Carrier } from '@ezchat/node/carrier/carrier.ts'
import type { PushAsking } from '@ezchat/node/carrier/push.ts'
import type { Courier } from '@ezchat/node/courier/courier.ts'
import type { EnvelopeStore } from '@ezchat/node/store/envelope-store.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import type { Secret } from '@ezchat/protocol/crypto/secret.ts'
import type { Network as Terms } from '@ezchat/protocol/network/descriptor.ts'
import type { Clock, KeyValue, PeerId } from '@ezchat/protocol/ports.ts'
import type { Life } from './clock.ts'
import type { SharedCrypto } from './crypto.ts'
import type { Dht } from './dht.ts'
import type { Disk, SharedBodies } from './disk.ts'
import type { Gossip } from './gossip.ts'
import type { Host } from './host.ts'
import type { Model } from './model.ts'
import type { Network } from './network.ts'
import type { People } from './people.ts'
import type { Plan } from './plan.ts'
import type { Random } from './random.ts'
import type { Timeline } from './timeline.ts'
import type { SimWire } from './wire.ts'

/**
 * honest; or a carrier that signs and drops, one that answers nothing, one that names only its own
 * kind, one that sends rubbish, one that passes nothing on.
 */
export type Kind = 'honest' | 'liar' | 'dead' | 'sybil' | 'garbage' | 'blackhole'

/** What runs on a machine from one start to its end. */
export interface Daemon {
  readonly wire: SimWire
  readonly clock: Clock
  readonly store: EnvelopeStore
  readonly carrier: Carrier
  readonly courier: Courier
  readonly courierDisk: KeyValue
  readonly asking: PushAsking
  readonly life: Life
}

export interface Disks {
  readonly store: Disk
  readonly carrier: Disk
  readonly courier: Disk
}

export interface Traits {
  readonly random: Random
  readonly kind: Kind
  readonly isNat: boolean
  readonly skewMs: number
  /** Keeps nothing for others, and hands all to daemons: a browser. */
  readonly isLight: boolean
}

export interface Machine {
  readonly init: Traits
  readonly kind: Kind
  readonly crypto: Crypto
  readonly host: Host
  readonly peer: PeerId
  readonly seed: Secret
  readonly disks: Disks
  readonly daemon: Daemon | null
  readonly isUp: boolean
  clockNowMs(): number
  /** Told each time that the daemon has started. */
  onStart(listener: (daemon: Daemon) => void): void
  start(): Promise<void>
  startLater(delayMs: number): void
  crash(how: { readonly isPowerLost: boolean }): void
  leave(): void
  replace(): Promise<void>
  restartIfFailed(): void
  restartSoon(): void
}

export interface Person {
  readonly number: number
  readonly shard: number
  readonly node: Machine
  readonly contacts: readonly Person[]
  referenceOf(number: number): Uint8Array | null
}

export interface Scene {
  readonly plan: Plan
  readonly timeline: Timeline
  readonly model: Model
  readonly crypto: SharedCrypto
  readonly bodies: SharedBodies
  readonly terms: Terms
  readonly network: Network
  readonly gossip: Gossip
  readonly dht: Dht
  readonly people: People
  readonly bootstrap: readonly PeerId[]
  readonly nodes: readonly Machine[]
  readonly users: readonly Person[]
  /** Whoever may fail: all but those through which everybody comes in. */
  readonly mortals: readonly Machine[]
  readonly nodesByHost: Map<number, Machine>
  nowSeconds(): number
  /** A bug, in the code or here: the run ends. */
  fail(error: unknown): void
  /** What a daemon would write to its log. */
  reported(error: unknown): void
  isAtHome(mailbox: Uint8Array, node: Machine): boolean
  shardsAt(node: Machine): readonly number[]
  userAt(node: Machine): Person | null
}
