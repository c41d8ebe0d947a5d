// What the stem is for, and what it costs: how often the first spy names the author, how long an
// envelope stays on the stem, and how many a node can relay.
import assert from 'node:assert/strict'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import { envelopeIdOf } from '@ezchat/protocol/envelope/id.ts'
import { encodeHeader } from '@ezchat/protocol/envelope/layout.ts'
import { STEM_HOLD_MS_MAX } from '@ezchat/protocol/limits.ts'
import { signReceipt } from '@ezchat/protocol/receipt/receipt.ts'
import { Stem } from '@ezchat/protocol/stem/machine.ts'
import { encodeStemMessage } from '@ezchat/protocol/stem/message.ts'
import { stemReaders } from '@ezchat/protocol/stem/readers.ts'
import { type FirstSpyResult, firstSpy } from '../../packages/protocol/test/stem/first-spy.ts'
import type { Case, Contender, Context, CountedCase } from '../frame/case.ts'
import { native } from './implementations.ts'

export { firstSpy }

const RELAYS = 200
const NOW_SECONDS = 1_800_000_000
const network = {
  id: new Uint8Array(32).fill(1),
  shardBits: 0,
  ttlDays: 30,
  price: 0,
  bucketsMask: 0b1111,
}
const carrier = Secret.adopt(new Uint8Array(32).fill(2))
const mailbox = native.ed25519Public(carrier)

interface Handed {
  readonly relay: Uint8Array
  readonly envelope: Uint8Array
  /** What the next node answers. */
  readonly receipts: Uint8Array
}

function handed(): Handed[] {
  return Array.from({ length: RELAYS }, (_, i) => {
    const timestampSeconds = NOW_SECONDS - 600
    const envelope = new Uint8Array(1024)
    envelope.set(encodeHeader(network, { shard: 0, mailbox, timestampSeconds }))
    new DataView(envelope.buffer).setUint32(60, i)
    const id = envelopeIdOf(native, network, envelope)
    const keptUntil = timestampSeconds + network.ttlDays * 86_400
    const receipt = signReceipt(native, carrier, network.id, { envelopeId: id, keptUntil })
    return {
      envelope,
      relay: encodeStemMessage({ kind: 'relay', envelope }),
      receipts: encodeStemMessage({ kind: 'receipts', id, receipts: [receipt] }),
    }
  })
}

/** A relayer between alice, who hands over, and bob, who answers with a receipt each. */
function relayAll(list: readonly Handed[]): readonly string[] {
  // One half draws a relayer and holds for 69 ms.
  const stem = new Stem({
    random: (length) => new Uint8Array(length).fill(0x80),
    ...stemReaders({ crypto: native, network, nowSeconds: () => NOW_SECONDS }),
  })
  stem.handle({ kind: 'start' }, 0)
  stem.handle({ kind: 'peer-up', peer: 'alice', capable: false, dialled: false }, 0)
  stem.handle({ kind: 'peer-up', peer: 'bob', capable: true, dialled: true }, 0)
  const sent: string[] = []
  let nowMs = 0
  const perform = (event: Parameters<Stem['handle']>[0]) => {
    for (const effect of stem.handle(event, nowMs)) {
      if (effect.kind === 'send') sent.push(effect.peer)
    }
  }
  for (const { relay, receipts } of list) {
    perform({ kind: 'inbound', peer: 'alice', bytes: relay })
    nowMs += STEM_HOLD_MS_MAX
    perform({ kind: 'tick' })
    perform({ kind: 'inbound', peer: 'bob', bytes: receipts })
  }
  return sent
}

function relaying(): Contender[] {
  const list = handed()
  const expected = list.flatMap(() => ['bob', 'alice'])
  return [
    {
      name: 'ours',
      pieces: RELAYS,
      run: () => relayAll(list),
      check: (result) => assert.deepEqual(result, expected),
    },
    {
      name: 'one hash of the envelope and nothing else',
      pieces: RELAYS,
      run: () => list.map(({ envelope }) => native.sha256(envelope)),
      check: (result) => assert.equal((result as Uint8Array[]).length, RELAYS),
    },
  ]
}

function spied(quick: boolean, spies: number): FirstSpyResult {
  const nodes = quick ? 200 : 1000
  const messages = quick ? 200 : 2000
  return firstSpy({ nodes, spies, seed: 1, messages })
}

function share(quick: boolean, spies: number, most: number): CountedCase {
  return {
    kind: 'counted',
    name: `first spy names the author, ${spies * 100} % of nodes spying`,
    unit: 'of messages',
    target: { most },
    count() {
      const { stem, direct } = spied(quick, spies)
      assert.ok(stem > 0 && direct > stem)
      return { ours: stem, peers: { 'pushed to 4 carriers by the author': direct } }
    },
  }
}

export function* stemCases({ quick }: Context): Iterable<Case> {
  yield share(quick, 0.1, 0.15)
  yield share(quick, 0.2, 0.28)
  yield {
    kind: 'counted',
    name: 'stem: from submitting to the first push, 100 ms links, median',
    unit: 'ms',
    // 2 s to the recipient, of which delivery takes up to 500 ms.
    target: { most: 1500 },
    count: () => ({ ours: spied(quick, 0.1).stemMsP50 }),
  }
  yield {
    kind: 'timed',
    name: 'stem: relay an envelope of 1 KiB and verify its receipt',
    unit: 'per second',
    contenders: relaying,
  }
}
