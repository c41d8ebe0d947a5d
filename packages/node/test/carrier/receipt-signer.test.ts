import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ReceiptSigner } from '@ezchat/node/carrier/receipt-signer.ts'
import { nativeCrypto } from '@ezchat/node/crypto/native.ts'
import { signingElsewhere } from '@ezchat/node/crypto/sign-elsewhere.ts'
import { INTAKE_RECEIPTS_MAX, INTAKE_SIGN_ELSEWHERE_MIN } from '@ezchat/node/limits.ts'
import { RECEIPT_LEAVES_MAX } from '@ezchat/protocol/constants.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import { verifyReceipt } from '@ezchat/protocol/receipt/receipt.ts'

const crypto = nativeCrypto()
const networkId = new Uint8Array(32).fill(1)
const peerSeed = Secret.adopt(new Uint8Array(32).fill(7))
const NOW_SECONDS = 1_790_000_000
/** Of one request, so many that their signatures are made elsewhere. */
const MANY = INTAKE_SIGN_ELSEWHERE_MIN * RECEIPT_LEAVES_MAX

function envelopes(count: number) {
  return Array.from({ length: count }, (_, at) => {
    const id = crypto.sha256(Uint8Array.of(at >> 8, at))
    return { id, expiresAtSeconds: 1_800_000_000 + at }
  })
}

/** How many signatures were made elsewhere. */
function counting(sign = signingElsewhere()) {
  const counted = { count: 0, signElsewhere: sign }
  counted.signElsewhere = (seed, message) => {
    counted.count++
    return sign(seed, message)
  }
  return counted
}

for (const count of [0, 1, 2, 3, 7, RECEIPT_LEAVES_MAX, RECEIPT_LEAVES_MAX + 1, MANY, 64]) {
  test(`${count} receipts are in order, and each holds by itself, whoever signs them`, async () => {
    const all = envelopes(count)
    for (const signElsewhere of [null, signingElsewhere()]) {
      const signer = new ReceiptSigner({ crypto, networkId, peerSeed, signElsewhere })
      const receipts = await signer.sign(all)
      assert.equal(receipts.length, count)
      for (const [at, { id: envelopeId, expiresAtSeconds: expiresAt }] of all.entries()) {
        const check = { networkId, envelopeId, expiresAt, nowSeconds: NOW_SECONDS }
        const verified = verifyReceipt(crypto, receipts[at]!, check)
        assert.deepEqual(verified?.carrier, crypto.ed25519Public(peerSeed))
      }
      assert.deepEqual(await signer.sign(all), receipts, 'what was signed is remembered')
    }
  })
}

test('few signatures are made here, and many are not, eight receipts to each', async () => {
  const counted = counting()
  const { signElsewhere } = counted
  const signer = new ReceiptSigner({ crypto, networkId, peerSeed, signElsewhere })
  await signer.sign(envelopes(MANY - RECEIPT_LEAVES_MAX))
  assert.equal(counted.count, 0)
  await signer.sign(envelopes(2 * MANY - RECEIPT_LEAVES_MAX))
  assert.equal(counted.count, INTAKE_SIGN_ELSEWHERE_MIN, 'what was signed is remembered')
})

test('an envelope that is there twice is signed for once', async () => {
  const signer = new ReceiptSigner({ crypto, networkId, peerSeed, signElsewhere: null })
  const [one, other] = envelopes(2)
  const receipts = await signer.sign([one!, other!, one!])
  assert.deepEqual(receipts[0], receipts[2])
  assert.notDeepEqual(receipts[0], receipts[1])
})

test('what is asked for while it is signed is not signed again', async () => {
  const counted = counting()
  const { signElsewhere } = counted
  const signer = new ReceiptSigner({ crypto, networkId, peerSeed, signElsewhere })
  const all = envelopes(MANY)
  const [first, second] = await Promise.all([signer.sign(all), signer.sign(all)])
  assert.deepEqual(first, second)
  assert.equal(counted.count, INTAKE_SIGN_ELSEWHERE_MIN)
})

test('what is remembered has an end, and the latest half of it is there', async () => {
  const counted = counting(async () => new Uint8Array(64))
  const { signElsewhere } = counted
  const signer = new ReceiptSigner({ crypto, networkId, peerSeed, signElsewhere })
  const all = envelopes(INTAKE_RECEIPTS_MAX * 2)
  await signer.sign(all)
  await signer.sign(all.slice(-INTAKE_RECEIPTS_MAX / 2))
  assert.equal(counted.count, all.length / RECEIPT_LEAVES_MAX)
  await signer.sign(all.slice(0, INTAKE_RECEIPTS_MAX))
  assert.equal(counted.count, (all.length + INTAKE_RECEIPTS_MAX) / RECEIPT_LEAVES_MAX)
})

test('a failure elsewhere is told', async () => {
  const signElsewhere = () => Promise.reject(new Error('no threads'))
  const signer = new ReceiptSigner({ crypto, networkId, peerSeed, signElsewhere })
  await assert.rejects(signer.sign(envelopes(MANY)), /no threads/)
})

test('what could not be signed is signed when it is asked for again', async () => {
  let isBroken = true
  const real = signingElsewhere()
  const signElsewhere: typeof real = (seed, message) =>
    isBroken ? Promise.reject(new Error('no threads')) : real(seed, message)
  const signer = new ReceiptSigner({ crypto, networkId, peerSeed, signElsewhere })
  await assert.rejects(signer.sign(envelopes(MANY)), /no threads/)
  isBroken = false
  assert.equal((await signer.sign(envelopes(MANY))).length, MANY)
})
