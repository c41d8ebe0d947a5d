import type { Suite } from '../frame/case.ts'
import { channelCases } from './channel-cases.ts'
import { exchangeCases } from './exchange-cases.ts'
import { idleCases } from './idle-cases.ts'
import { intakeCases } from './intake-cases.ts'
import { pushCases } from './push-cases.ts'
import { storeCases } from './store-cases.ts'

export const suite: Suite = {
  name: 'carrier',
  describe:
    'what a carrier does with envelopes: its store, its door, and the channels to its peers',
  *cases(context) {
    yield* storeCases(context)
    yield* intakeCases(context)
    yield* pushCases(context)
    yield* channelCases(context)
    yield* exchangeCases(context)
    yield* idleCases(context)
  },
}
