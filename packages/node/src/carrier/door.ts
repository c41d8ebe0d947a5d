// How what other carriers bring enters, by gossip and reconciliation: through the same intake as
// pushes, but what it brings has been told already. carrier.md §4, §5
import { codeOf, ERROR_TABLE, ProtocolError } from '@ezchat/protocol/errors.ts'
import type { PeerId, Wire } from '@ezchat/protocol/ports.ts'
import { EzchatError } from '../errors.ts'
import type { Drops } from './drop.ts'
import type { Intake, Taken } from './intake.ts'

export type Reception =
  | { readonly kind: 'new' }
  /** Drops have no id. */
  | { readonly kind: 'known'; readonly id?: Uint8Array }
  /** Its owner has dropped it: the drop, for whoever still offers it. */
  | { readonly kind: 'dropped'; readonly drop: Uint8Array }
  /** Out of its time by our clock, or of a version that we do not know. */
  | { readonly kind: 'untimely' }
  | { readonly kind: 'busy' }
  /** Our store is full of what is worth as much. */
  | { readonly kind: 'full' }
  /** What nobody should have taken, let alone passed on. */
  | { readonly kind: 'wrong' }

export interface Door {
  /** One for each, in their order. All of them have to be of this shard. */
  takeEnvelopes(
    envelopes: readonly Uint8Array[],
    from: PeerId,
    shard: number,
  ): Promise<readonly Reception[]>
  takeDrops(drops: readonly Uint8Array[], from: PeerId): Promise<readonly Reception[]>
}

export interface DoorInit {
  readonly wire: Pick<Wire, 'penalise'>
  readonly intake: Intake
  readonly drops: Drops
}

const WRONG: Reception = { kind: 'wrong' }
const STATUS_FULL = 4
const STATUS_PROTOCOL_MIN = 256
const SHARD_OFFSET = 1

export class CarrierDoor implements Door {
  readonly #init: DoorInit

  constructor(init: DoorInit) {
    this.#init = init
  }

  async takeEnvelopes(
    envelopes: readonly Uint8Array[],
    from: PeerId,
    shard: number,
  ): Promise<readonly Reception[]> {
    const { wire, intake } = this.#init
    if (envelopes.some((envelope) => shardOf(envelope) !== shard)) {
      wire.penalise(from, 'malformed')
      return envelopes.map(() => WRONG)
    }
    const taken = await intake.take(envelopes, from)
    return taken.map(receptionOf)
  }

  async takeDrops(drops: readonly Uint8Array[], from: PeerId): Promise<readonly Reception[]> {
    const receptions: Reception[] = []
    for (const drop of drops) {
      const reception = await this.#takeDrop(drop, from)
      receptions.push(reception)
      // Whoever sends that is not read on: each costs us a signature.
      if (reception.kind === 'wrong') break
    }
    return receptions
  }

  async #takeDrop(drop: Uint8Array, from: PeerId): Promise<Reception> {
    try {
      const verdict = await this.#init.drops.take(drop, from)
      return verdict === 'full' ? { kind: 'full' } : { kind: verdict }
    } catch (error: unknown) {
      if (error instanceof ProtocolError) return refusalOf(error.status)
      // Of our disk: nobody else is at fault.
      if (error instanceof EzchatError) return { kind: 'busy' }
      throw error
    }
  }
}

/** Without reading the rest: too short is the intake's affair. envelope.md §1 */
function shardOf(envelope: Uint8Array): number {
  return ((envelope[SHARD_OFFSET] ?? 0) << 8) | (envelope[SHARD_OFFSET + 1] ?? 0)
}

function receptionOf(taken: Taken): Reception {
  if (taken.kind === 'stored') return { kind: 'new' }
  if (taken.kind === 'dropped') return { kind: 'dropped', drop: taken.drop.bytes }
  if (taken.kind === 'refused') return refusalOf(taken.status)
  return { kind: 'known', id: taken.envelope.id }
}

function refusalOf(status: number): Reception {
  if (status === STATUS_FULL) return { kind: 'full' }
  const code = status < STATUS_PROTOCOL_MIN ? null : codeOf(status)
  // A shard that we have just left is nobody's fault.
  if (code === null || code === 'REQUEST_STATE') return { kind: 'busy' }
  const failure = ERROR_TABLE.get(code)?.failure
  return failure === 'expired' || failure === 'version' ? { kind: 'untimely' } : WRONG
}
