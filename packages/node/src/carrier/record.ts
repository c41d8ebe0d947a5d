// Identity records with the carriers of their home shard: requests.md §10.
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { ProtocolError } from '@ezchat/protocol/errors.ts'
import { type ValidatedRecord, validateRecord } from '@ezchat/protocol/identity/record-validator.ts'
import type { PeerId, RequestHandler, WireOptions } from '@ezchat/protocol/ports.ts'
import {
  decodeFindRecord,
  decodeFoundRecord,
  decodeKeepRecord,
  encodeFindRecord,
  encodeFoundRecord,
  encodeKeepRecord,
  type NamedRecord,
} from '@ezchat/protocol/request/record.ts'
import { type Asking, ask, readNothing } from './asking.ts'
import { offenceOf } from './offences.ts'
import type { RecordShelf } from './record-shelf.ts'
import { NOTHING, type Penalising, serving } from './serving.ts'

export interface RecordInit {
  readonly wire: Penalising
  readonly shelf: RecordShelf
}

export function findRecordHandler({ wire, shelf }: RecordInit): RequestHandler {
  return serving(wire, decodeFindRecord, async (_peer, name) => {
    return encodeFoundRecord(await shelf.find(name))
  })
}

export function keepRecordHandler({ wire, shelf }: RecordInit): RequestHandler {
  return serving(wire, decodeKeepRecord, async (peer, { name, record }) => {
    try {
      await shelf.keep(name, record, peer)
    } catch (error: unknown) {
      const offence = error instanceof ProtocolError ? offenceOf(error) : null
      if (offence !== null) wire.penalise(peer, offence)
      throw error
    }
    return NOTHING
  })
}

export interface RecordAsking extends Asking {
  readonly crypto: Crypto
  readonly network: { readonly id: Uint8Array }
}

/** Null where it has none that holds now. What is false rejects, at the peer's cost. */
export function findRecordAt(
  asking: RecordAsking,
  peer: PeerId,
  name: Uint8Array,
  options: WireOptions,
): Promise<ValidatedRecord | null> {
  const { crypto, network, clock } = asking
  const question = { peer, method: 'findRecord', body: encodeFindRecord(name) } as const
  return ask(asking, question, options, (answer) => {
    const bytes = decodeFoundRecord(answer)
    if (bytes === null) return null
    const check = { networkId: network.id, nowSeconds: Math.floor(clock.nowMs() / 1000) }
    try {
      return validateRecord(crypto, name, bytes, check).record
    } catch (error: unknown) {
      // Its clock may be right.
      if (error instanceof ProtocolError && error.failure === 'expired') return null
      throw error
    }
  })
}

/** Resolves when the peer keeps it; PEER_REFUSED with RECORD_STALE where it has a newer one. */
export function keepRecordAt(
  asking: Asking,
  peer: PeerId,
  named: NamedRecord,
  options: WireOptions,
): Promise<void> {
  const question = { peer, method: 'keepRecord', body: encodeKeepRecord(named) } as const
  return ask(asking, question, options, readNothing)
}
