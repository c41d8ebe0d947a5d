// What an author, a carrier and a recipient each do with one envelope.
import assert from 'node:assert/strict'
import { equalBytes } from '@ezchat/protocol/codec/bytes.ts'
import { BUCKETS_BYTES, type BucketBytes } from '@ezchat/protocol/constants.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import { decodeEnvelope, type Envelope } from '@ezchat/protocol/envelope/decode.ts'
import { type OpenedEnvelope, openEnvelope } from '@ezchat/protocol/envelope/open.ts'
import { capacityOf } from '@ezchat/protocol/envelope/padding.ts'
import type { EnvelopeRules } from '@ezchat/protocol/envelope/rules.ts'
import { sealEnvelope } from '@ezchat/protocol/envelope/seal.ts'
import { postageTaskOf, stampEnvelope } from '@ezchat/protocol/envelope/stamp.ts'
import { startSearch, stepSearch } from '@ezchat/protocol/postage/search.ts'
import type { Contender, TimedCase } from '../frame/case.ts'
import { besideNoble, native } from './implementations.ts'

const NOW_SECONDS = 1_700_000_000
const KIB = 1024

/** An open network with a price that a bench can pay. */
export const network: EnvelopeRules = {
  id: native.randomBytes(32),
  shardBits: 4,
  ttlDays: 30,
  price: 8,
  bucketsMask: (1 << BUCKETS_BYTES.length) - 1,
}

const key = Secret.adopt(native.randomBytes(32))
const mailbox = native.ed25519Public(Secret.adopt(native.randomBytes(32)))

export function sealed(crypto: Crypto, content: Uint8Array, bucketBytes: BucketBytes): Uint8Array {
  const to = { shard: 3, mailbox, key, nowSeconds: NOW_SECONDS }
  return sealEnvelope(crypto, network, { ...to, content, bucketBytes })
}

/** With postage found. */
export function stamped(bucketBytes: BucketBytes): Uint8Array {
  const envelope = sealed(native, native.randomBytes(100), bucketBytes)
  const { contentHash, trialsExpected } = postageTaskOf(native, network, envelope)
  let step = stepSearch(startSearch(contentHash, trialsExpected, 0n), 1e6)
  while (step.found === null) step = stepSearch(step.state, 1e6)
  return stampEnvelope(envelope, step.found)
}

function opens(envelope: Uint8Array, content: Uint8Array): void {
  const opened = openEnvelope(native, network, envelope, () => key)
  assert.ok(opened !== null && equalBytes(opened.content, content), 'does not open')
}

function sealing(crypto: Crypto, bucketBytes: BucketBytes) {
  const content = native.randomBytes(capacityOf(bucketBytes))
  const check: Contender['check'] = (result) => opens(result as Uint8Array, content)
  return { run: () => sealed(crypto, content, bucketBytes), check }
}

function opening(crypto: Crypto, bucketBytes: BucketBytes) {
  const content = native.randomBytes(capacityOf(bucketBytes))
  const envelope = sealed(native, content, bucketBytes)
  const check: Contender['check'] = (result) => {
    assert.ok(equalBytes((result as OpenedEnvelope).content, content), 'other content')
  }
  return { run: () => openEnvelope(crypto, network, envelope, () => key), check }
}

function accepting(crypto: Crypto, bucketBytes: BucketBytes) {
  const envelope = stamped(bucketBytes)
  const context = { network, nowSeconds: NOW_SECONDS }
  const check: Contender['check'] = (result) => {
    assert.equal((result as Envelope).shard, 3)
    // Work that is not checked is not work: the same envelope with another nonce is refused.
    const unpaid = stampEnvelope(envelope, 0xdead_beef_dead_beefn)
    assert.throws(() => decodeEnvelope(crypto, context, unpaid), { code: 'POSTAGE_UNPAID' })
  }
  return { run: () => decodeEnvelope(crypto, context, envelope), check }
}

export function envelopeCases(): TimedCase[] {
  const cases: TimedCase[] = []
  for (const bucketBytes of [BUCKETS_BYTES[0], BUCKETS_BYTES[3]]) {
    const size = `${bucketBytes / KIB} KiB`
    for (const [what, work] of Object.entries({ seal: sealing, open: opening })) {
      const contenders = () => besideNoble((crypto) => work(crypto, bucketBytes))
      cases.push({
        kind: 'timed',
        name: `envelope ${what} ${size}`,
        unit: 'per second',
        contenders,
      })
    }
    cases.push({
      kind: 'timed',
      name: `envelope accept ${size}: layout, time, id, postage`,
      unit: 'per second',
      contenders: () => besideNoble((crypto) => accepting(crypto, bucketBytes)),
    })
  }
  return cases
}
