// Any bytes to any handler: refused with a status, or answered; never a failure, and nothing kept.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EzchatError } from '@ezchat/node/errors.ts'
import { METHODS, type MethodName } from '@ezchat/protocol/request/method.ts'
import { encodePush } from '@ezchat/protocol/request/push.ts'
import fc from 'fast-check'
import { settled } from '../manual-clock.ts'
import { ALWAYS, envelopeOf, NOW_SECONDS, serve, several } from './handlers.ts'

const REQUESTS: readonly MethodName[] = [
  ...['push', 'load', 'fetch', 'watch', 'unwatch', 'drop', 'drops'],
  ...['findRecord', 'keepRecord', 'offerBlob', 'getBlob', 'findBlob'],
] as MethodName[]
const NOTICES = ['seen', 'arrived'] as const
const ALLOWED = ['PEER_REFUSED', 'PEER_FULL', 'PEER_BUSY']

for (const method of REQUESTS) {
  test(`${method}: any bytes are answered or refused, and nothing is kept of them`, async () => {
    const { alice, peer, store, records, watches, network, clock } = await serve()
    await Promise.all(several(20).map((one) => store.put(one)))
    // Nobody is there to pull from.
    network.intercept = (_from, to, name) =>
      to !== peer && name === 'getBlob' ? Promise.reject(new EzchatError('PEER_UNREACHABLE')) : null
    const bytesMax = Math.min(300, METHODS[method].requestBytesMax)
    const body = fc.oneof(
      fc.uint8Array({ maxLength: bytesMax }),
      // What is small where lengths and kinds are gets further.
      fc.array(fc.nat(4), { maxLength: bytesMax }).map((list) => Uint8Array.from(list)),
    )
    await fc.assert(
      fc.asyncProperty(body, async (bytes) => {
        try {
          await alice.wire.request(peer, method, bytes, ALWAYS)
        } catch (error: unknown) {
          assert.ok(error instanceof EzchatError && ALLOWED.includes(error.code), String(error))
        }
      }),
      { numRuns: 300 },
    )
    await settled()
    assert.equal(store.usage.count, 20)
    assert.equal(store.usage.dropCount, 0)
    assert.equal(records.count, 0)
    watches.close()
    assert.equal(clock.timerCount, 0)
  })
}

test('any bytes in a notice are ignored', async () => {
  const { alice, peer } = await serve()
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...NOTICES),
      fc.uint8Array({ maxLength: 60 }),
      async (method, bytes) => {
        const fitting = bytes.subarray(0, METHODS[method].requestBytesMax)
        assert.equal(alice.wire.notify(peer, method, fitting), true)
        await null
      },
    ),
    { numRuns: 300 },
  )
  await settled()
})

test('what is pushed by many at once is stored once, and all are answered', async () => {
  const { alice, eve, peer, store, accepted } = await serve()
  const envelopes = several(64)
  const body = encodePush(envelopes.map(({ bytes }) => bytes))
  const pushes = Array.from({ length: 20 }, (_, at) =>
    (at % 2 === 0 ? alice : eve).wire.request(peer, 'push', body, ALWAYS),
  )
  const answers = await Promise.all(pushes)
  for (const answer of answers) assert.deepEqual(answer, answers[0])
  assert.equal(store.usage.count, 64)
  assert.equal(accepted.length, 64)
})

test('envelopes of mixed faults cost one penalty for each request', async () => {
  const { alice, peer, wire } = await serve()
  const { bytes } = envelopeOf({ number: 1, timestampSeconds: NOW_SECONDS })
  const rotten = bytes.map((byte, at) => (at === 38 ? byte ^ 1 : byte))
  const body = encodePush(Array.from({ length: 64 }, () => rotten))
  for (let count = 1; count <= 3; count++) {
    await alice.wire.request(peer, 'push', body, ALWAYS)
    assert.equal(wire.penalties.length, count)
  }
})
