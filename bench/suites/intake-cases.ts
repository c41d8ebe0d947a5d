// A whole push: decoded, verified, written, and answered with signed receipts, as a peer's handler
// does it; only the sockets are missing. Beside it LevelDB alone, given the same bytes.
import assert from 'node:assert/strict'
import { Intake } from '@ezchat/node/carrier/intake.ts'
import { pushHandler } from '@ezchat/node/carrier/push.ts'
import { signingElsewhere } from '@ezchat/node/crypto/sign-elsewhere.ts'
import type { EnvelopeStore } from '@ezchat/node/store/envelope-store.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import type { Clock, RequestHandler } from '@ezchat/protocol/ports.ts'
import { decodePushed, encodePush } from '@ezchat/protocol/request/push.ts'
import type { Contender, Context, TimedCase } from '../frame/case.ts'
import { native } from './implementations.ts'
import { NETWORK, NOW_SECONDS, open, raw, SHARDS, several } from './store-cases.ts'

const PUSH_COUNT = 64
const STANDING: Clock = {
  nowMs: () => NOW_SECONDS * 1000,
  monotonicMs: () => 0,
  after: () => () => undefined,
}
const ALWAYS = { signal: new AbortController().signal }

function handlerOf(store: EnvelopeStore): RequestHandler {
  const wire = { penalise: () => assert.fail('nobody did anything wrong') }
  const intake = new Intake({
    ...{ wire, store, clock: STANDING, crypto: native, network: NETWORK },
    peerSeed: Secret.adopt(new Uint8Array(32).fill(7)),
    signElsewhere: signingElsewhere(),
    isCarried: () => true,
    onAccepted: () => undefined,
  })
  return pushHandler({ wire, intake })
}

/** So many requests are always under way. */
function pushing(handler: RequestHandler, count: number, inFlight: number): Contender {
  return {
    name: 'the handler of push',
    pieces: count,
    prepare: () => {
      const envelopes = several(count).map(({ bytes }) => bytes)
      return Array.from({ length: count / PUSH_COUNT }, (_, at) =>
        encodePush(envelopes.slice(at * PUSH_COUNT, (at + 1) * PUSH_COUNT)),
      )
    },
    run: async (prepared) => {
      const bodies = (prepared as Uint8Array[]).values()
      const answers: Uint8Array[] = []
      const lane = async () => {
        for (const body of bodies) answers.push(await handler('bob', body, ALWAYS))
      }
      await Promise.all(Array.from({ length: inFlight }, lane))
      return answers
    },
    check: (answers) => {
      const outcomes = (answers as Uint8Array[]).flatMap(decodePushed)
      assert.equal(outcomes.length, count)
      assert.ok(outcomes.every(({ kind }) => kind === 'receipt'))
    },
  }
}

export function* intakeCases({ check }: Context): Iterable<TimedCase> {
  const count = check ? PUSH_COUNT : 1024
  yield {
    ...{ kind: 'timed', unit: 'per second', target: { least: 10_000, ratioLeast: 1 / 3 } },
    name: `push: 1 KiB, verified, durable, receipt signed, ${SHARDS} shards, 4 requests under way`,
    contenders: async () => {
      const { store, level } = await open()
      return [pushing(handlerOf(store), count, 4), raw(level, count, PUSH_COUNT)]
    },
  }
}
