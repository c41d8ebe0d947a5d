import type { Suite } from '../frame/case.ts'
import { conversationCases } from './conversation-cases.ts'
import { cryptoCases } from './crypto-cases.ts'
import { envelopeCases } from './envelope-cases.ts'
import { mailboxCases } from './mailbox-cases.ts'
import { postageCases } from './postage-cases.ts'
import { refusalCases } from './refusal-cases.ts'
import { stemCases } from './stem-privacy.ts'
import { syncCases } from './sync-cases.ts'

export const suite: Suite = {
  name: 'protocol',
  describe: 'the pure core: cryptography, envelopes, mailboxes, postage, sync, stem, conversations',
  *cases(context) {
    yield* cryptoCases()
    yield* envelopeCases()
    yield* postageCases()
    yield* mailboxCases()
    yield* syncCases(context)
    yield* stemCases(context)
    yield* conversationCases(context)
    yield* refusalCases(context)
  },
}
