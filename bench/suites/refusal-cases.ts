// How long the worst of all vectors takes: what a stranger's bytes can cost, hostile ones included.
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { ProtocolError } from '@ezchat/protocol/errors.ts'
import { type FormatVectors, loadFormats } from '../../test/vectors/registry.ts'
import type { Entry, Vector } from '../../test/vectors/vector.ts'
import type { Context, CountedCase } from '../frame/case.ts'
import { native, noble } from './implementations.ts'

const MILLISECONDS_MAX = 50
/** A passphrase is stretched slowly on purpose, and never a stranger's. */
const STRETCHES = 'stretch'

/** Of one vector, the best of several times: a pause for garbage is not the input's doing. */
function millisecondsOf(entry: Entry, vector: Vector, crypto: Crypto, times: number): number {
  let best = Infinity
  for (let time = 0; time < times; time++) {
    const from = performance.now()
    try {
      entry(vector.input, crypto)
    } catch (error: unknown) {
      if (!(error instanceof ProtocolError)) throw error
    }
    best = Math.min(best, performance.now() - from)
  }
  return best
}

function worstOf(formats: readonly FormatVectors[], crypto: Crypto, times: number): number {
  let worst = 0
  for (const { build, entries } of formats) {
    for (const vector of build()) {
      if (vector.entry === STRETCHES) continue
      worst = Math.max(worst, millisecondsOf(entries[vector.entry]!, vector, crypto, times))
    }
  }
  return worst
}

export function* refusalCases({ check, quick }: Context): Iterable<CountedCase> {
  const times = quick || check ? 2 : 5
  yield {
    kind: 'counted',
    name: 'the slowest of all vectors to read or refuse',
    unit: 'ms',
    target: { most: MILLISECONDS_MAX },
    count: async () => {
      const all = await loadFormats()
      const formats = check ? all.slice(0, 3) : all
      const ours = worstOf(formats, native, times)
      return check ? { ours } : { ours, peers: { noble: worstOf(formats, noble, times) } }
    },
  }
}
