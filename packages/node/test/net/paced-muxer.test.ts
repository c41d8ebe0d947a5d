// What a connection brings is read in turns, in its order, and nothing of it twice.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MessageStream, StreamMuxerFactory } from '@libp2p/interface'
import { MUXER_PIECE_BYTES, MUXER_TURN_MS } from '../../src/limits.ts'
import { withPacedReads } from '../../src/net/paced-muxer.ts'

type Read = (bytes: Uint8Array) => void

/** A muxer that takes so long for each piece, on a connection that keeps what comes while paused. */
function rig(msPerPiece: number, onPiece: (count: number) => void = () => undefined) {
  let elapsedMs = 0
  const timers: (() => void)[] = []
  const clock = {
    nowMs: () => elapsedMs,
    monotonicMs: () => elapsedMs,
    after(_delayMs: number, callback: () => void) {
      timers.push(callback)
      return () => undefined
    },
  }
  const read: number[] = []
  const aborts: string[] = []
  const held: Uint8Array[] = []
  let isPaused = false
  let pieces = 0
  const muxer = {
    status: 'open',
    onData(bytes: Uint8Array) {
      elapsedMs += msPerPiece
      read.push(...new Set(bytes))
      onPiece(++pieces)
    },
    abort: (error: Error) => aborts.push(`muxer ${error.message}`),
  }
  const connection = {
    status: 'open',
    pause() {
      isPaused = true
    },
    resume() {
      isPaused = false
      for (const bytes of held.splice(0)) muxer.onData(bytes)
    },
    abort: (error: Error) => aborts.push(`connection ${error.message}`),
  }
  const make = () =>
    ({ protocol: '/test', createStreamMuxer: () => muxer }) as unknown as StreamMuxerFactory
  withPacedReads(clock, make)().createStreamMuxer(connection as unknown as MessageStream)
  const bring: Read = (bytes) => (isPaused ? held.push(bytes) : muxer.onData(bytes))
  /** Until nothing is left to be done; how many turns it took. */
  const runOut = () => {
    let turns = 0
    for (; timers.length > 0; turns++) for (const timer of timers.splice(0)) timer()
    return turns
  }
  return { bring, runOut, read, aborts, muxer, connection, isPaused: () => isPaused }
}

const filled = (value: number, pieces: number) =>
  new Uint8Array(pieces * MUXER_PIECE_BYTES).fill(value)

test('what is read quickly is read at once, and nothing is paused', () => {
  const { bring, read, isPaused } = rig(0)
  for (let value = 1; value <= 9; value++) bring(filled(value, 4))
  assert.equal(read.length, 36)
  assert.equal(isPaused(), false)
})

test('what takes long is read in turns, in its order, each once', () => {
  const { bring, runOut, read, isPaused } = rig(MUXER_TURN_MS)
  bring(filled(1, 4))
  const inFirstTurn = read.length
  assert.ok(inFirstTurn < 4, `${inFirstTurn} pieces at once`)
  bring(filled(2, 2))
  bring(filled(3, 1))
  assert.equal(read.length, inFirstTurn)
  assert.ok(runOut() > 2)
  assert.deepEqual(read, [1, 1, 1, 1, 2, 2, 3])
  assert.equal(isPaused(), false)
})

test('what comes while the connection is paused, or goes on, comes behind the rest', () => {
  const { bring, runOut, read } = rig(MUXER_TURN_MS, (count) => {
    if (count === 3) bring(filled(2, 3))
    if (count === 5) bring(filled(3, 1))
  })
  bring(filled(1, 4))
  runOut()
  assert.deepEqual(read, [1, 1, 1, 1, 2, 2, 2, 3])
})

test('what cannot be read ends the connection, in a later turn too', () => {
  const { bring, runOut, aborts, read } = rig(MUXER_TURN_MS, (count) => {
    if (count === 3) throw new Error('no frame')
  })
  bring(filled(1, 4))
  runOut()
  assert.deepEqual(aborts, ['muxer no frame', 'connection no frame'])
  assert.equal(read.length, 3)
})

test('of a connection that has ended nothing more is read', () => {
  const { bring, runOut, read, connection } = rig(MUXER_TURN_MS)
  bring(filled(1, 4))
  const before = read.length
  connection.status = 'closed'
  runOut()
  assert.equal(read.length, before)
})
