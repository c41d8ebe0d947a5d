import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { CHANNEL_PEER_BYTES_MAX } from '@ezchat/node/limits.ts'
import { concatBytes } from '@ezchat/protocol/codec/bytes.ts'
import fc from 'fast-check'
import { type Node, startNode } from './loopback.ts'
import { header, Mallory, METHODS, Party, RawStream, until } from './party.ts'

let bobNode: Node
let malloryNode: Node

before(async () => {
  bobNode = await startNode()
  malloryNode = await startNode()
})
after(() => Promise.all([bobNode.stop(), malloryNode.stop()]))

const numbers = Object.values(METHODS).map(({ number }) => number)
const good = fc.record({
  kind: fc.constantFrom(1, 1, 1, 2, 3),
  code: fc.constantFrom(...numbers, 999),
  length: fc.nat(64),
})
const wild = fc.record({
  length: fc.oneof(fc.nat(80), fc.constantFrom(0, 69_632, 69_633, 0xffff_ffff)),
  kind: fc.nat(5),
  id: fc.nat(40),
  code: fc.oneof(fc.constantFrom(...numbers), fc.nat(0xffff)),
  missing: fc.nat(9),
})
/** Mostly frames that are right: what is all noise ends with its first header. */
const frames = fc
  .array(
    fc.oneof(
      { weight: 30, arbitrary: good.map((frame) => ({ ...frame, isGood: true as const })) },
      { weight: 1, arbitrary: wild.map((frame) => ({ ...frame, isGood: false as const })) },
    ),
    { maxLength: 60 },
  )
  .map((list) =>
    list.map((frame, n) => {
      if (!frame.isGood) {
        const { length, kind, id, code, missing } = frame
        const body = new Uint8Array(Math.max(0, Math.min(length, 69_632) - missing))
        return concatBytes(header(length, kind, id, code), body)
      }
      const { kind, code, length } = frame
      const isCancel = kind === 3
      const body = new Uint8Array(isCancel ? 0 : length)
      // A cancel is of one of the requests before it.
      const id = kind === 2 ? 0 : isCancel ? Math.max(1, n - length) : n + 1
      return concatBytes(header(body.length, kind, id, isCancel ? 0 : code), body)
    }),
  )
const pieces = fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 8 })

test('whatever a peer sends ends in answers or in the end of its channel, and nothing is kept', async () => {
  const bob = new Party(bobNode)
  const mallory = new Mallory(malloryNode)
  bob.channels.handleNotices('note', () => undefined)
  bob.channels.handle('hold', (_peer, body, { signal }) => {
    handled++
    // Some end by themselves, some when they are told to.
    if (body.length % 2 === 0) return Promise.resolve(body)
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason))
    })
  })
  let runs = 0
  let handled = 0
  await fc.assert(
    fc.asyncProperty(frames, pieces, async (list, lengths) => {
      const name = `stranger ${runs++}`
      bobNode.onStream = (stream) => {
        bob.accepted.push(stream)
        bob.channels.accept(stream, name)
      }
      const before = bob.accepted.length
      const stream = new RawStream(await mallory.node.open(bobNode), 'answerer')
      await until(() => bob.accepted.length > before, 'the stream')
      const bytes = concatBytes(...list)
      for (let at = 0, n = 0; at < bytes.length; n++) {
        const length = lengths[n % lengths.length]!
        stream.send(bytes.subarray(at, at + length))
        at += length
        if (n % 16 === 0) await new Promise((resolve) => setImmediate(resolve))
        const { incomingBytes } = bob.look()
        assert.ok(incomingBytes <= CHANNEL_PEER_BYTES_MAX)
      }
      // What was sent is read before the end is.
      await stream.stream.close().catch((error: unknown) => assert.ok(error instanceof Error))
      await until(() => bob.accepted.at(-1)!.status !== 'open', 'the end')
      await until(() => bob.look().runningCount === 0, 'the end of the handlers')
      const { incomingBytes, unreadBytes, pausedCount } = bob.look()
      assert.deepEqual([incomingBytes, unreadBytes, pausedCount], [0, 0, 0])
      bob.clock.advance(100)
    }),
    { numRuns: 150 },
  )
  assert.deepEqual(bob.failures, [])
  assert.ok(bob.offences.every((offence) => offence === 'malformed'))
  // It did not only look at headers.
  assert.ok(handled > 10, `${handled} requests`)
  bob.channels.close()
})
