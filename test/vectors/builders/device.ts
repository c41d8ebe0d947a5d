import type { Vector } from '../vector.ts'
import { linkingVectors } from './device/linking.ts'
import { registerVectors } from './device/registers.ts'
import { sharingVectors } from './device/sharing.ts'

export function build(): Vector[] {
  return [...linkingVectors(), ...sharingVectors(), ...registerVectors()]
}
