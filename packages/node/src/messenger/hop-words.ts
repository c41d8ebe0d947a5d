// The hops of a message, in words for its author.
import { codeOf } from '@ezchat/protocol/errors.ts'
import type { Hop, HopKind } from '../courier/story.ts'
import { peerIdOf } from '../net/peer-id.ts'

const WORDS: { readonly [kind in HopKind]: string } = {
  queued: 'on disk here, for one device',
  stamped: 'its postage was found',
  handed: 'handed to a neighbour, who hands it on',
  delivering: 'this node brings it to carriers itself',
  receipt: 'a carrier has it on disk',
  stored: 'enough carriers have it',
  resent: 'sent again, by another way',
  unanswered: 'no answer in time',
  refused: 'a carrier refused it',
  dropped: 'its recipient has removed it from the network',
  withdrawn: 'delivered: nothing more to do',
  expired: 'past its time to live',
}

const REASONS: { readonly [why: string]: string } = {
  direct: 'as the privacy mode says',
  role: 'for ten minutes it does so for others, too',
  loop: 'it came back to us',
  embargo: 'nobody answered in time',
  refused: 'the neighbour refused it',
  alone: 'there is nobody to hand it to',
  named: 'by its name, so it has come that far',
  before: 'with all that was as old, perhaps unread',
}

export function hopWords({ kind, why, status, carrier }: Hop): string {
  if (carrier !== null) return `${WORDS[kind]}: ${peerIdOf(carrier)}`
  if (kind === 'refused' && status > 0) return `${WORDS[kind]}: ${codeOf(status) ?? status}`
  const reason = REASONS[why]
  return reason === undefined ? WORDS[kind] : `${WORDS[kind]}: ${reason}`
}
