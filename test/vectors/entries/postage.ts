import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import { contentHashOf, idOf, shortIdOf } from '@ezchat/protocol/envelope/id.ts'
import { checkNonce, checkPaid } from '@ezchat/protocol/postage/check.ts'
import { effortOf, thresholdOf, trialsExpectedOf } from '@ezchat/protocol/postage/price.ts'
import { startSearch, stepSearch } from '@ezchat/protocol/postage/search.ts'
import { bytes, number, text } from '../input.ts'
import type { Entries } from '../vector.ts'

const u64 = (value: bigint): string => value.toString(16).padStart(16, '0')

export const entries: Entries = {
  trials(input) {
    const terms = { price: number(input, 'price'), ttlDays: number(input, 'ttlDays') }
    return trialsExpectedOf(terms, number(input, 'envelopeBytes'))
  },
  threshold(input) {
    const threshold = thresholdOf(number(input, 'trialsExpected'))
    if (threshold === null) return { threshold: null }
    return { threshold: u64((BigInt(threshold.high) << 32n) | BigInt(threshold.low)) }
  },
  'content-hash'(input, crypto) {
    // The hash knows nothing of a network but its id.
    const network = {
      id: bytes(input, 'networkId'),
      shardBits: 8,
      ttlDays: 1,
      price: 0,
      bucketsMask: 1,
    }
    return toHex(contentHashOf(crypto, network, bytes(input, 'envelope')))
  },
  id(input, crypto) {
    const id = idOf(crypto, bytes(input, 'contentHash'), bytes(input, 'nonce'))
    return { id: toHex(id), shortId: toHex(shortIdOf(id)), effort: effortOf(id) }
  },
  check(input) {
    const threshold = thresholdOf(number(input, 'trialsExpected'))
    const id = bytes(input, 'id')
    checkNonce(BigInt(`0x${text(input, 'nonce')}`), threshold)
    checkPaid(id, threshold)
    return { effort: effortOf(id) }
  },
  search(input) {
    const from = BigInt(`0x${text(input, 'fromNonce')}`)
    let state = startSearch(bytes(input, 'contentHash'), number(input, 'trialsExpected'), from)
    for (;;) {
      const step = stepSearch(state, 1000)
      if (step.found !== null) return { nonce: u64(step.found), trials: step.trials }
      state = step.state
    }
  },
}
