// One question about all shards that two carriers share: requests.md §5.
import { equalBytes } from '@ezchat/protocol/codec/bytes.ts'
import { SYNC_SALT_BYTES } from '@ezchat/protocol/constants.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import type { PeerId, RequestHandler, Wire, WireOptions } from '@ezchat/protocol/ports.ts'
import {
  decodeRoots,
  decodeRootsAnswer,
  encodeRoots,
  encodeRootsAnswer,
  rootOfShards,
  shardFingerprint,
} from '@ezchat/protocol/request/roots.ts'
import type { Sharded } from '@ezchat/protocol/request/shard-map.ts'
import { EzchatError } from '../errors.ts'
import { RECONCILE_WORK_SHARDS } from '../limits.ts'
import type { EnvelopeStore } from '../store/envelope-store.ts'
import { type Penalising, serving } from './serving.ts'

export interface RootsInit {
  readonly crypto: Crypto
  readonly network: Sharded
  readonly store: Pick<EnvelopeStore, 'digests'>
}

export interface RootsHandlerInit extends RootsInit {
  readonly wire: Penalising
  readonly isAllowed: (peer: PeerId, work: number) => boolean
  /** What the peer has found out we hear too. */
  readonly onEqual: (peer: PeerId, shards: readonly number[]) => void
}

export function rootsHandler(init: RootsHandlerInit): RequestHandler {
  const decode = (body: Uint8Array) => decodeRoots(init.network, body)
  return serving(init.wire, decode, async (peer, { salt, shards, root }) => {
    const work = 1 + Math.floor(shards.length / RECONCILE_WORK_SHARDS)
    if (!init.isAllowed(peer, work)) throw new EzchatError('PEER_BUSY')
    const ours = fingerprintsOf(init, salt, shards)
    if (!equalBytes(root, rootOfShards(init.crypto, salt, shards, ours))) {
      return encodeRootsAnswer(ours)
    }
    init.onEqual(peer, shards)
    return encodeRootsAnswer(null)
  })
}

/** Which of the shards differ. */
export async function compareRoots(
  init: RootsInit & { readonly wire: Wire },
  { peer, shards }: { readonly peer: PeerId; readonly shards: readonly number[] },
  options: WireOptions,
): Promise<number[]> {
  const { crypto, network, wire } = init
  const salt = crypto.randomBytes(SYNC_SALT_BYTES)
  const ours = fingerprintsOf(init, salt, shards)
  const root = rootOfShards(crypto, salt, shards, ours)
  const body = encodeRoots(network, { salt, shards, root })
  const answer = await wire.request(peer, 'roots', body, options)
  const theirs = decodeRootsAnswer(answer, shards.length)
  if (theirs === null) return []
  return shards.filter((_, at) => !equalBytes(ours[at]!, theirs[at]!))
}

function fingerprintsOf(
  { crypto, store }: RootsInit,
  salt: Uint8Array,
  shards: readonly number[],
): Uint8Array[] {
  return shards.map((shard) => shardFingerprint(crypto, salt, shard, store.digests(shard)))
}
