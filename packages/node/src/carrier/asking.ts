// How every client of this folder asks: within a time, and what is answered is not believed.
import { ProtocolError } from '@ezchat/protocol/errors.ts'
import type { Clock, Offence, PeerId, Wire, WireOptions } from '@ezchat/protocol/ports.ts'
import type { MethodName } from '@ezchat/protocol/request/method.ts'
import { within } from '../deadline.ts'
import { EzchatError } from '../errors.ts'
import { REQUEST_MS_MAX } from '../limits.ts'
import { offenceOf } from './offences.ts'

export interface Asking {
  readonly wire: Wire
  readonly clock: Clock
}

export interface Question {
  readonly peer: PeerId
  readonly method: MethodName
  readonly body: Uint8Array
}

/** An answer of the right form that no honest peer gives. */
export class FalseAnswer extends Error {
  override readonly name = 'FalseAnswer'
  readonly offence: Offence

  constructor(offence: Offence, detail: string, options?: ErrorOptions) {
    super(detail, options)
    this.offence = offence
  }
}

/** PEER_INVALID, at the peer's cost, where `read` refuses the answer. */
export async function ask<T>(
  { wire, clock }: Asking,
  { peer, method, body }: Question,
  { signal }: WireOptions,
  read: (answer: Uint8Array) => T,
): Promise<T> {
  const asking = (limit: AbortSignal) => wire.request(peer, method, body, { signal: limit })
  const answer = await within(clock, REQUEST_MS_MAX, asking, signal)
  return readAnswer(wire, peer, () => read(answer))
}

export function readAnswer<T>(wire: Pick<Wire, 'penalise'>, peer: PeerId, read: () => T): T {
  try {
    return read()
  } catch (error: unknown) {
    const isBroken = error instanceof ProtocolError
    if (!isBroken && !(error instanceof FalseAnswer)) throw error
    const offence = isBroken ? offenceOf(error) : error.offence
    if (offence !== null) wire.penalise(peer, offence)
    throw new EzchatError('PEER_INVALID', { detail: error.message, cause: error })
  }
}

/** For an answer whose status says all. */
export function readNothing(answer: Uint8Array): void {
  if (answer.length > 0) throw new ProtocolError('REQUEST_TRAILING')
}
