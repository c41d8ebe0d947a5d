// A peer of the network on this machine: wire, store, carrier and courier. Builds everything and
// decides nothing.

import { HINT_BYTES_MAX, HINTS_MAX } from '@ezchat/protocol/constants.ts'
import type { Config } from '@ezchat/protocol/control/config.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import type { Secret } from '@ezchat/protocol/crypto/secret.ts'
import type { Clock, KeyValue } from '@ezchat/protocol/ports.ts'
import { type Carrier, startCarrier } from '../carrier/carrier.ts'
import { Ownership } from '../carrier/ownership.ts'
import type { CatchUp } from '../catch-up.ts'
import { besideCarrier } from '../courier/beside-carrier.ts'
import { type Courier, startCourier } from '../courier/courier.ts'
import type { DummyAddress } from '../courier/seams.ts'
import { signingElsewhere } from '../crypto/sign-elsewhere.ts'
import { openWire } from '../net/open-wire.ts'
import { PROFILES, type Profile } from '../net/profiles.ts'
import type { Libp2pWire } from '../net/wire.ts'
import { nodeThread } from '../postage/node-thread.ts'
import { threadedPostageWorker } from '../postage/worker.ts'
import type { EnvelopeStore } from '../store/envelope-store.ts'
import { openLevelKeyValue, openLevelStore } from '../store/level-store.ts'
import { Closings } from './closings.ts'
import type { HomeFiles } from './home.ts'
import type { JoinedNetwork } from './network-file.ts'

export interface PeerInit {
  readonly files: HomeFiles
  readonly crypto: Crypto
  readonly clock: Clock
  readonly joined: JoinedNetwork
  readonly peerSeed: Secret
  readonly config: Config
  readonly kind: 'person' | 'bootstrap'
  /** The courier's outbox: the history's disk, so that a message is accepted in one write. */
  readonly outbox: KeyValue
  readonly dummyAddress: () => DummyAddress | null
  readonly catchUp?: CatchUp
  /** What failed and is tried again. */
  readonly report: (error: unknown) => void
  readonly onBug: (error: unknown) => void
}

export interface Peer {
  readonly wire: Libp2pWire
  readonly store: EnvelopeStore
  readonly carrier: Carrier
  readonly courier: Courier
  /** Where carriers of a shard are, this peer among them: for invites and records. */
  hints(shard: number | null): readonly string[]
  close(): Promise<void>
}

export async function composePeer(init: PeerInit): Promise<Peer> {
  const closings = new Closings()
  try {
    return await compose(init, closings)
  } catch (error: unknown) {
    await closings.close()
    throw error
  }
}

async function compose(init: PeerInit, closings: Closings): Promise<Peer> {
  const { files, crypto, clock, joined, peerSeed, config, report, onBug } = init
  const { network } = joined
  const keyValue = await openLevelKeyValue(files.network)
  closings.add(() => keyValue.close())
  const blobs = await openLevelKeyValue(files.blobs)
  closings.add(() => blobs.close())
  const ownership = new Ownership()
  const store = await openLevelStore({
    ...{ directory: files.envelopes, crypto, network, isOwn: ownership.isOwn },
    quotaBytes: config.quotaBytes,
  })
  closings.add(() => store.close())
  const wire = await openWire({
    ...{ crypto, clock, network, networkKey: joined.key, peerSeed, keyValue },
    profile: profileOf(init.kind, config),
    listen: config.listen,
    announce: config.announce,
    bootstraps: [...config.bootstrap, ...joined.bootstraps],
    onFailure: report,
  })
  closings.add(() => wire.close())
  const carrier = await startCarrier({
    ...{ wire, clock, crypto, network, store, keyValue, peerSeed, ownership, report },
    ...(init.catchUp === undefined ? {} : { catchUp: init.catchUp }),
    mode: config.carry,
    isStem: true,
    blobs,
    signElsewhere: signingElsewhere(),
  })
  closings.add(() => carrier.close())
  const postage = threadedPostageWorker({
    startThread: nodeThread(),
    randomBytes: (length) => crypto.randomBytes(length),
  })
  closings.add(() => postage.close())
  const courier = await startCourier({
    ...{ wire, clock, crypto, network, postage, onBug, keyValue: init.outbox },
    ...besideCarrier(carrier, { wire, clock }),
    mode: config.privacy,
    dummyAddress: init.dummyAddress,
  })
  closings.add(() => courier.close())
  const hints = (shard: number | null) => hintsFor(wire, carrier, shard)
  return { wire, store, carrier, courier, hints, close: () => closings.close() }
}

/** Half of them ourselves, half of them others, who may be there when we are not. */
function hintsFor(wire: Libp2pWire, carrier: Carrier, shard: number | null): readonly string[] {
  const isHint = (text: string) => text.length <= HINT_BYTES_MAX
  const own = wire
    .addresses()
    .filter(isHint)
    .slice(0, HINTS_MAX / 2)
  const others = shard === null ? [] : carrier.book.known(shard)
  const theirs = others.flatMap((peer) => wire.addressesOf(peer).filter(isHint).slice(0, 1))
  return [...new Set([...own, ...theirs])].slice(0, HINTS_MAX)
}

const LOOPBACK = /^\/(?:ip4\/127\.|ip6\/::1\/|dns[46]?\/localhost\/)/

/** A peer that only this machine can reach is in a network on this machine. */
function profileOf(kind: 'person' | 'bootstrap', { listen, upnp, mdns }: Config): Profile {
  const isLocal = listen.every((multiaddr) => LOOPBACK.test(multiaddr))
  const own = { mapsPorts: upnp, announcesLocally: mdns }
  if (kind === 'person') return { ...(isLocal ? PROFILES.local : PROFILES.daemon), ...own }
  if (!isLocal) return { ...PROFILES.bootstrap, ...own }
  return { ...PROFILES.local, isRelay: true, connectionsMax: PROFILES.bootstrap.connectionsMax }
}
