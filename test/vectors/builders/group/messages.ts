// Messages, one after the other.
import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { ErrorCode } from '@ezchat/protocol/errors.ts'
import type { JsonObject, Vector } from '../../vector.ts'
import { type MessageParts, message, rotationBody, ZERO } from '../reference/groups.ts'
import { verdicts } from '../reference/verdict.ts'
import { CONVERSATION, EVERYBODY, inputOf, PAIRWISE, PSK, ROOT, rooted } from './epoch.ts'
import { ALICE, BOB, CAROL, CONTENT, GROUP_ID } from './founding.ts'

const open = verdicts('group', 'message')
const BODY = rotationBody(PAIRWISE)

const index = EVERYBODY.indexOf(ALICE)
const parts: MessageParts = {
  groupId: GROUP_ID,
  body: BODY,
  root: ROOT,
  sender: ALICE,
  index,
  counter: 0,
  conversationId: CONVERSATION,
  content: CONTENT,
}
const input = (list: readonly Uint8Array[], more: JsonObject = {}): JsonObject => ({
  ...inputOf(rooted(BODY)),
  conversationId: toHex(CONVERSATION),
  messages: list.map(toHex),
  ...more,
})
const at = (counter: number, more: Partial<MessageParts> = {}) =>
  message({ ...parts, counter, ...more })
const said = (counter: number) => `${counter} ${toHex(ALICE.device)} ${toHex(CONTENT)}`
const bad = (name: string, note: string, defect: string, ...list: readonly Uint8Array[]) =>
  open.bad(name, note, `GROUP_MESSAGE_${defect}` as ErrorCode, input(list))
const one = at(0)

function answers(): Vector[] {
  return [
    open.good('message', 'The first of its sender.', input([one]), [said(0)]),
    open.good('message-order', 'In any order, each once.', input([at(2), at(0), at(1)]), [
      said(2),
      said(0),
      said(1),
    ]),
    open.good('message-skip', 'A thousand may be missing.', input([at(1000)]), [said(1000)]),
    open.good(
      'message-rolled-back',
      'Our own, which our state has forgotten: rotate before sending.',
      input([at(0, { sender: BOB, index: EVERYBODY.indexOf(BOB) })]),
      'rolled-back',
    ),
    open.notMine(
      'message-conversation',
      'Of another conversation.',
      input([one], { conversationId: toHex(ZERO) }),
    ),
    open.notMine('message-network', 'Of another network.', input([at(0, { networkId: ZERO })])),
    open.notMine('message-epoch', 'Of an epoch that is not known.', input([at(0, { root: PSK })])),
    open.notMine('message-short', 'Too short to be one.', input([one.slice(0, 115)])),
  ]
}

function refusals(): Vector[] {
  return [
    bad('message-version', 'A version of later.', 'VERSION', one.with(0, 2)),
    bad('message-suite', 'A suite of later.', 'KIND', one.with(1, 2)),
    bad(
      'message-no-sender',
      'A place that no device has.',
      'FIELD',
      at(0, { index: 3, chainIndex: 0 }),
    ),
    bad(
      'message-other-chain',
      'Sealed with another sender’s key.',
      'SEAL',
      at(0, { chainIndex: (index + 1) % 3 }),
    ),
    bad('message-changed', 'A changed byte.', 'SEAL', one.with(60, one[60]! ^ 1)),
    bad(
      'message-posing',
      'Every member has every key: signed by another.',
      'SIGNATURE',
      at(0, { signedBy: CAROL }),
    ),
    bad(
      'message-other-number',
      'Signed for another number.',
      'SIGNATURE',
      at(1, { signedCounter: 0 }),
    ),
    bad('message-replayed', 'A second time.', 'STALE', one, one),
    bad('message-too-far', 'More than a thousand ahead.', 'LIMIT', at(1001)),
  ]
}

export function messages(): Vector[] {
  return [...answers(), ...refusals()]
}
