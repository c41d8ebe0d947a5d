import type { Vector } from '../vector.ts'
import { fileVectors } from './kinds/files.ts'
import { messageVectors } from './kinds/messages.ts'
import { trafficVectors } from './kinds/traffic.ts'

export function build(): Vector[] {
  return [...messageVectors(), ...fileVectors(), ...trafficVectors()]
}
