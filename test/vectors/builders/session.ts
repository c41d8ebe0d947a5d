// Sessions. Everybody's keys and coins are SHA-256 of their names, so that the files stay the same.
import type { Vector } from '../vector.ts'
import { frameCases, traceCases } from './session/frame-cases.ts'
import { handshakeCases, handshakeLies } from './session/handshake-cases.ts'
import { messageCases, messageLies } from './session/message-cases.ts'
import { vectorOf } from './session/people.ts'
import { prekeyCases, signedPrekeyCases } from './session/prekey-cases.ts'

export function build(): Vector[] {
  const cases = [
    ...prekeyCases(),
    ...signedPrekeyCases(),
    ...handshakeCases(),
    ...handshakeLies(),
    ...messageCases(),
    ...messageLies(),
    ...frameCases(),
    ...traceCases(),
  ]
  return cases.map(vectorOf)
}
