import type { Vector } from '../vector.ts'
import { grantVectors } from './device/grants.ts'
import { linkingVectors } from './device/linking.ts'
import { registerVectors } from './device/registers.ts'
import { sharingVectors } from './device/sharing.ts'

export function build(): Vector[] {
  return [...linkingVectors(), ...grantVectors(), ...sharingVectors(), ...registerVectors()]
}
