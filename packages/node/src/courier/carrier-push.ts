// What a carrier answers to a push, in form only: the delivery judges each receipt and drop by
// itself, so that one false answer does not cost the others their receipts.
import { decodePushed, encodePush } from '@ezchat/protocol/request/push.ts'
import { type Asking, ask, FalseAnswer } from '../carrier/asking.ts'
import type { Push } from './seams.ts'

export function carrierPush(asking: Asking): Push {
  return (peer, envelopes, options) => {
    const question = { peer, method: 'push', body: encodePush(envelopes) } as const
    return ask(asking, question, options, (answer) => {
      const outcomes = decodePushed(answer)
      if (outcomes.length === envelopes.length) return outcomes
      throw new FalseAnswer('malformed', `${outcomes.length} outcomes for ${envelopes.length}`)
    })
  }
}
