import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { envelopeIdOf, idOf } from '@ezchat/protocol/envelope/id.ts'
import { isPaid, thresholdOf, trialsExpectedOf } from '@ezchat/protocol/postage/price.ts'
import { startSearch, stepSearch } from '@ezchat/protocol/postage/search.ts'
import type { Contender, TimedCase } from '../frame/case.ts'
import { network, stamped } from './envelope-cases.ts'
import { besideNoble, native, noble } from './implementations.ts'

const TRIALS = 20_000
/** Nobody finds one by chance, so every run makes all its trials. */
const HOPELESS = Number.MAX_SAFE_INTEGER
const VERIFY_MICROSECONDS_MAX = 10

const contentHash = native.randomBytes(32)

function nonceBytes(nonce: number): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(nonce))
  return bytes
}

/** The search finds what everybody else calls a good nonce, and the first one. */
function checkOurs(result: unknown): void {
  assert.deepEqual((result as { state: { trials: number } }).state.trials, TRIALS)
  const expected = 1000
  const threshold = thresholdOf(expected)
  const isGood = (nonce: number) => isPaid(idOf(native, contentHash, nonceBytes(nonce)), threshold)
  let first = 0
  while (!isGood(first)) first++
  const step = stepSearch(startSearch(contentHash, expected, 0n), first + 1)
  assert.equal(step.found, BigInt(first))
}

/** The loop that one would write first: hash 40 bytes, look at the first eight. */
function plainSearch(sha256: (block: Uint8Array) => Uint8Array): Contender['run'] {
  const threshold = thresholdOf(HOPELESS)
  return () => {
    const block = new Uint8Array(40)
    block.set(contentHash)
    const view = new DataView(block.buffer)
    let found = 0
    for (let nonce = 0; nonce < TRIALS; nonce++) {
      view.setUint32(36, nonce)
      if (isPaid(sha256(block), threshold)) found++
    }
    return found
  }
}

function trials(): Contender[] {
  const foundNothing = (result: unknown) => assert.equal(result, 0)
  const oneShot = (block: Uint8Array) => hash('sha256', block, 'buffer')
  return [
    {
      name: 'ours',
      pieces: TRIALS,
      run: () => stepSearch(startSearch(contentHash, HOPELESS, 0n), TRIALS),
      check: checkOurs,
    },
    {
      name: 'crypto.hash',
      pieces: TRIALS,
      run: plainSearch(oneShot),
      check: foundNothing,
    },
    { name: 'noble', pieces: TRIALS, run: plainSearch(noble.sha256), check: foundNothing },
  ]
}

function verifying(): Contender[] {
  const envelope = stamped(1024)
  const threshold = thresholdOf(trialsExpectedOf(network, envelope.length))
  return besideNoble((crypto) => ({
    run: () => isPaid(envelopeIdOf(crypto, network, envelope), threshold),
    check: (result) => assert.equal(result, true),
  }))
}

export function postageCases(): TimedCase[] {
  return [
    {
      kind: 'timed',
      name: 'postage trials, one thread',
      unit: 'per second',
      contenders: trials,
    },
    {
      kind: 'timed',
      name: 'postage verify, 1 KiB envelope',
      unit: 'µs',
      target: { most: VERIFY_MICROSECONDS_MAX },
      contenders: verifying,
    },
  ]
}
