import type { Vector } from '../vector.ts'
import { forms } from './group/forms.ts'
import { histories } from './group/histories.ts'
import { messages } from './group/messages.ts'
import { rotationForms } from './group/rotation-forms.ts'
import { rotations } from './group/rotations.ts'

export function build(): Vector[] {
  return [...forms(), ...histories(), ...rotationForms(), ...rotations(), ...messages()]
}
