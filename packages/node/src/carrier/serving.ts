// How every handler of this folder begins: what cannot be read costs its sender, and is refused.
import { ProtocolError } from '@ezchat/protocol/errors.ts'
import type { PeerId, RequestHandler, Wire, WireOptions } from '@ezchat/protocol/ports.ts'
import { offenceOf } from './offences.ts'

export type Penalising = Pick<Wire, 'penalise'>

export function serving<T>(
  wire: Penalising,
  decode: (body: Uint8Array) => T,
  serve: (peer: PeerId, request: T, options: WireOptions) => Promise<Uint8Array>,
): RequestHandler {
  return async (peer, body, options) =>
    serve(
      peer,
      atCostOf(wire, peer, () => decode(body)),
      options,
    )
}

/** Throws on what is theirs and broken, and counts it against them. */
export function atCostOf<T>(wire: Penalising, peer: PeerId, read: () => T): T {
  try {
    return read()
  } catch (error: unknown) {
    if (error instanceof ProtocolError) {
      const offence = offenceOf(error)
      if (offence !== null) wire.penalise(peer, offence)
    }
    throw error
  }
}

/** Null for a notice that is broken: there is nobody to tell. */
export function readNotice<T>(wire: Penalising, peer: PeerId, read: () => T): T | null {
  try {
    return atCostOf(wire, peer, read)
  } catch (error: unknown) {
    if (error instanceof ProtocolError) return null
    throw error
  }
}

export const NOTHING = new Uint8Array(0)
