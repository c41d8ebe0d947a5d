// Where identity records are kept and found, for this peer: with itself, too.
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import type { Clock } from '@ezchat/protocol/ports.ts'
import { findRecordAt, keepRecordAt } from '../carrier/record.ts'
import { type RecordRoutes, recordRoutes } from '../messenger/record-routes.ts'
import type { Peer } from './compose-peer.ts'
import type { JoinedNetwork } from './network-file.ts'

export interface RoutesTerms {
  readonly crypto: Crypto
  readonly clock: Clock
  readonly joined: JoinedNetwork
}

export function openRoutes({ crypto, clock, joined }: RoutesTerms, peer: Peer): RecordRoutes {
  const { wire, carrier } = peer
  const { records } = carrier.shelves
  const asking = { wire, clock, crypto, network: joined.network }
  const others = recordRoutes({
    ...{ wire, clock },
    carriersOf: (shard, options) => carrier.book.carriersOf(shard, options),
    findAt: async (from, name, options) =>
      (await findRecordAt(asking, from, name, options))?.bytes ?? null,
    keepAt: (to, name, record, options) => keepRecordAt(asking, to, { name, record }, options),
  })
  return {
    async find(name, terms) {
      const [own, found] = await Promise.all([records.find(name), others.find(name, terms)])
      return own === null ? found : [own, ...found]
    },
    async publish(name, record, terms) {
      await records.keep(name, record, wire.self)
      return others.publish(name, record, terms)
    },
  }
}
