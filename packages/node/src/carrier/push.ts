// Envelopes for a carrier to keep: requests.md §4.
import { equalBytes } from '@ezchat/protocol/codec/bytes.ts'
import { PUSH_ANSWER_BYTES_MAX } from '@ezchat/protocol/constants.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { expiresAtSecondsOf } from '@ezchat/protocol/envelope/decode.ts'
import { envelopeIdOf } from '@ezchat/protocol/envelope/id.ts'
import { decodeLayout } from '@ezchat/protocol/envelope/layout.ts'
import type { EnvelopeRules } from '@ezchat/protocol/envelope/rules.ts'
import { ProtocolError } from '@ezchat/protocol/errors.ts'
import { type VerifiedDrop, verifyDrop } from '@ezchat/protocol/mailbox/drop.ts'
import type { PeerId, RequestHandler, WireOptions } from '@ezchat/protocol/ports.ts'
import { verifyReceipt } from '@ezchat/protocol/receipt/receipt.ts'
import { KnownRoots } from '@ezchat/protocol/receipt/tree.ts'
import {
  decodePush,
  decodePushed,
  encodePush,
  encodePushed,
  type PushOutcome,
  pushOutcomeBytes,
} from '@ezchat/protocol/request/push.ts'
import { peerKeyOf } from '../net/peer-id.ts'
import { type Asking, ask, FalseAnswer } from './asking.ts'
import type { Intake } from './intake.ts'
import { type Penalising, serving } from './serving.ts'

const BUSY: PushOutcome = { kind: 'refused', status: 1 }

export interface PushInit {
  readonly wire: Penalising
  readonly intake: Intake
}

export function pushHandler({ wire, intake }: PushInit): RequestHandler {
  return serving(wire, decodePush, async (peer, envelopes) => {
    return encodePushed(fitting(await intake.takeSigned(envelopes, peer)))
  })
}

/** Drops are long: those beyond an answer's bytes are for when the envelope is sent again. */
function fitting(outcomes: readonly PushOutcome[]): PushOutcome[] {
  const others = outcomes.filter(({ kind }) => kind !== 'dropped')
  const drops = outcomes.length - others.length
  let left = PUSH_ANSWER_BYTES_MAX - 1 - drops * pushOutcomeBytes(BUSY)
  for (const outcome of others) left -= pushOutcomeBytes(outcome)
  return outcomes.map((outcome) => {
    if (outcome.kind !== 'dropped') return outcome
    const more = pushOutcomeBytes(outcome) - pushOutcomeBytes(BUSY)
    if (more > left) return BUSY
    left -= more
    return outcome
  })
}

export interface PushAsking extends Asking {
  readonly crypto: Crypto
  readonly network: EnvelopeRules
}

/**
 * One outcome for each envelope, in their order. Receipts and drops in it hold, and are the asked
 * peer's own; a false one rejects with PEER_INVALID.
 */
export function pushTo(
  asking: PushAsking,
  peer: PeerId,
  envelopes: readonly Uint8Array[],
  options: WireOptions,
): Promise<PushOutcome[]> {
  const question = { peer, method: 'push', body: encodePush(envelopes) } as const
  return ask(asking, question, options, (answer) => {
    const outcomes = decodePushed(answer)
    if (outcomes.length !== envelopes.length) {
      throw new FalseAnswer('malformed', `${outcomes.length} outcomes for ${envelopes.length}`)
    }
    const checking = { ...asking, peer, roots: new KnownRoots() }
    return outcomes.map((outcome, at) => checked(checking, envelopes[at]!, outcome))
  })
}

interface Checking extends PushAsking {
  readonly peer: PeerId
  readonly roots: KnownRoots
}

/** What is out of time by our clock is no proof and no fault: it counts as refused. */
function checked(checking: Checking, envelope: Uint8Array, outcome: PushOutcome): PushOutcome {
  if (outcome.kind === 'refused') return outcome
  try {
    if (outcome.kind === 'receipt') checkReceipt(checking, envelope, outcome.receipt)
    else checkDrop(checking, envelope, outcome.drop)
    return outcome
  } catch (error: unknown) {
    if (!(error instanceof ProtocolError) || error.failure !== 'expired') throw error
    // Longer than the network keeps anything is false by any clock.
    if (error.code === 'RECEIPT_FUTURE') throw new FalseAnswer('lies', error.message)
    return { kind: 'refused', status: error.status }
  }
}

function checkReceipt(
  { crypto, network, clock, peer, roots }: Checking,
  envelope: Uint8Array,
  receipt: Uint8Array,
): void {
  const { timestampSeconds } = decodeLayout(network, envelope)
  const verified = verifyReceipt(crypto, receipt, {
    networkId: network.id,
    envelopeId: envelopeIdOf(crypto, network, envelope),
    expiresAt: expiresAtSecondsOf(network, timestampSeconds),
    nowSeconds: Math.floor(clock.nowMs() / 1000),
    roots,
  })
  if (verified === null) throw new FalseAnswer('forged', 'a receipt for another envelope')
  const peerKey = peerKeyOf(peer)
  if (peerKey === null || !equalBytes(verified.carrier, peerKey)) {
    throw new FalseAnswer('forged', 'a receipt of another carrier')
  }
}

function checkDrop(
  { crypto, network, clock }: PushAsking,
  envelope: Uint8Array,
  bytes: Uint8Array,
): void {
  const nowSeconds = Math.floor(clock.nowMs() / 1000)
  const check = { networkId: network.id, ttlDays: network.ttlDays, nowSeconds }
  const drop = verifyDrop(crypto, bytes, check)
  const { mailbox, timestampSeconds } = decodeLayout(network, envelope)
  const id = envelopeIdOf(crypto, network, envelope)
  if (!equalBytes(drop.mailbox, mailbox) || !isInScope(drop, id, timestampSeconds)) {
    throw new FalseAnswer('forged', 'a drop of something else')
  }
}

function isInScope({ scope }: VerifiedDrop, id: Uint8Array, timestampSeconds: number): boolean {
  if (scope.kind === 'before') return timestampSeconds < scope.before
  return scope.ids.some((other) => equalBytes(other, id))
}
