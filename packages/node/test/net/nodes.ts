// Real nodes on loopback, all in this process. Nothing waits for a while: only for what happens.
import { once } from 'node:events'
import type { TestContext } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { concatBytes } from '@ezchat/protocol/codec/bytes.ts'
import { labelled, SIGN_LABELS } from '@ezchat/protocol/crypto/labels.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import { encodeClear, recordName } from '@ezchat/protocol/identity/record-layout.ts'
import { doorPeriod } from '@ezchat/protocol/mailbox/door.ts'
import { createNetwork, type Network } from '@ezchat/protocol/network/descriptor.ts'
import type { Clock, KeyValue, PeerId } from '@ezchat/protocol/ports.ts'
import { nativeCrypto } from '../../src/crypto/native.ts'
import { openWire } from '../../src/net/open-wire.ts'
import { PROFILES, type Profile } from '../../src/net/profiles.ts'
import type { Libp2pWire } from '../../src/net/wire.ts'
import { nodeClock } from '../../src/node-clock.ts'
import { MemoryKeyValue } from '../../src/store/memory-store.ts'

export const crypto = nativeCrypto()
export const LOOPBACK = '/ip4/127.0.0.1/tcp/0'
/** Far more than anything here takes: only a failure ever waits for it. */
const PATIENCE_MS = 90_000

export function networkNamed(name: string, keyCheck: Uint8Array | null = null): Network {
  return createNetwork(crypto, {
    ...{ name, shardBits: 2, ttlDays: 30, price: 0, bucketsMask: 15 },
    keyCheck,
  })
}

export const NETWORK = networkNamed('loopback')

export interface NodeTerms {
  readonly network?: Network
  readonly networkKey?: Secret
  readonly profile?: Profile
  readonly listen?: readonly string[]
  readonly bootstraps?: readonly string[]
  readonly keyValue?: KeyValue
  readonly seed?: number
  readonly clock?: Clock
  readonly certificate?: { readonly key: string; readonly cert: string }
}

let seeds = 0

export async function openNode(t: TestContext, terms: NodeTerms = {}): Promise<Libp2pWire> {
  const { networkKey = null, seed = ++seeds, ...rest } = terms
  const peerSeed = Secret.adopt(new Uint8Array(32).fill(seed))
  const wire = await openWire({
    ...{ crypto, clock: nodeClock, network: NETWORK, profile: PROFILES.test, listen: [LOOPBACK] },
    keyValue: new MemoryKeyValue(),
    onFailure: (error) => t.diagnostic(`failed: ${error}`),
    ...rest,
    ...{ networkKey, peerSeed },
  })
  t.after(() => wire.close())
  return wire
}

export function soon(): { signal: AbortSignal } {
  return { signal: AbortSignal.timeout(PATIENCE_MS) }
}

export async function connected(from: Libp2pWire, to: Libp2pWire): Promise<void> {
  await from.connect(to.addresses()[0]!, soon())
  await isUp(to, from.self)
}

/** Resolves when the peer is there for this node. */
export async function isUp(wire: Libp2pWire, peer: PeerId): Promise<void> {
  await untilPeers(wire, () => wire.peers().some((known) => known.peer === peer))
}

export async function isGone(wire: Libp2pWire, peer: PeerId): Promise<void> {
  await untilPeers(wire, () => !wire.peers().some((known) => known.peer === peer))
}

export async function untilPeers(wire: Libp2pWire, holds: () => boolean): Promise<void> {
  const changes = new EventTarget()
  const unwatch = wire.watchPeers(() => changes.dispatchEvent(new Event('change')))
  try {
    while (!holds()) await once(changes, 'change', soon())
  } finally {
    unwatch()
  }
}

/** Asks until there is an answer: kad-dht makes sure of a new neighbour before it asks it. */
export async function untilFound<T>(ask: () => Promise<readonly T[]>): Promise<readonly T[]> {
  const { signal } = soon()
  for (;;) {
    const found = await ask()
    if (found.length > 0) return found
    signal.throwIfAborted()
    // A turn of the event loop: with nobody to ask, the answer comes without one.
    await setImmediate()
  }
}

/** Resolves when the peer hears what this node publishes on the shard. */
export async function isListening(wire: Libp2pWire, shard: number, peer: PeerId): Promise<void> {
  const changes = new EventTarget()
  const unwatch = wire.watchListeners(() => changes.dispatchEvent(new Event('change')))
  try {
    while (!wire.listenersOf(shard).includes(peer)) await once(changes, 'change', soon())
  } finally {
    unwatch()
  }
}

/** What somebody is told, for a test to wait for. */
export class Told<T> {
  readonly all: T[] = []
  readonly #events = new EventTarget()

  tell(what: T): void {
    this.all.push(what)
    this.#events.dispatchEvent(new Event('told'))
  }

  async until(holds: (all: readonly T[]) => boolean): Promise<readonly T[]> {
    while (!holds(this.all)) await once(this.#events, 'told', soon())
    return this.all
  }
}

/** Signed by a mailbox of its own; what is sealed in it is nobody's business here. */
export function identityRecord(
  seed: Uint8Array,
  sequence: bigint,
  network: Network = NETWORK,
  livesSeconds = 3600,
): { name: Uint8Array; record: Uint8Array } {
  const secret = Secret.copy(seed)
  const mailbox = crypto.ed25519Public(secret)
  const nowSeconds = Math.floor(Date.now() / 1000)
  const period = doorPeriod(nowSeconds)
  const header = {
    mailbox,
    period,
    sequence,
    expiresSeconds: nowSeconds + Math.floor(livesSeconds),
    warrant: null,
  }
  const clear = encodeClear(header, crypto.randomBytes(24))
  const body = concatBytes(clear, crypto.randomBytes(4096 - clear.length - 64))
  const signature = crypto.ed25519Sign(secret, labelled(SIGN_LABELS.record, network.id, body))
  return {
    name: recordName(crypto, network.id, mailbox),
    record: concatBytes(body, signature),
  }
}
