import type { Suite } from '../frame/case.ts'
import { storeCases } from './store-cases.ts'

export const suite: Suite = {
  name: 'carrier',
  describe: 'what a carrier does with envelopes: its store',
  *cases(context) {
    yield* storeCases(context)
  },
}
