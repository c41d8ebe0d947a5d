import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ReceiptSigner } from '@ezchat/node/carrier/receipt-signer.ts'
import { nativeCrypto } from '@ezchat/node/crypto/native.ts'
import { signingElsewhere } from '@ezchat/node/crypto/sign-elsewhere.ts'
import { INTAKE_RECEIPTS_MAX, INTAKE_SIGN_ELSEWHERE_MIN } from '@ezchat/node/limits.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import { signReceipt } from '@ezchat/protocol/receipt/receipt.ts'

const crypto = nativeCrypto()
const networkId = new Uint8Array(32).fill(1)
const peerSeed = Secret.adopt(new Uint8Array(32).fill(7))

function envelopes(count: number) {
  return Array.from({ length: count }, (_, at) => {
    const id = crypto.sha256(Uint8Array.of(at >> 8, at))
    return { id, expiresAtSeconds: 1_800_000_000 + at }
  })
}

const expected = (all: ReturnType<typeof envelopes>) =>
  all.map(({ id, expiresAtSeconds }) =>
    signReceipt(crypto, peerSeed, networkId, { envelopeId: id, keptUntil: expiresAtSeconds }),
  )

for (const count of [0, 1, INTAKE_SIGN_ELSEWHERE_MIN - 1, INTAKE_SIGN_ELSEWHERE_MIN, 64]) {
  test(`${count} receipts are in order and the same, whoever signs them`, async () => {
    const all = envelopes(count)
    for (const signElsewhere of [null, signingElsewhere()]) {
      const signer = new ReceiptSigner({ crypto, networkId, peerSeed, signElsewhere })
      assert.deepEqual(await signer.sign(all), expected(all))
    }
  })
}

test('few are signed here, and many are not', async () => {
  const real = signingElsewhere()
  let count = 0
  const signElsewhere: typeof real = (seed, message) => {
    count++
    return real(seed, message)
  }
  const signer = new ReceiptSigner({ crypto, networkId, peerSeed, signElsewhere })
  await signer.sign(envelopes(INTAKE_SIGN_ELSEWHERE_MIN - 1))
  assert.equal(count, 0)
  await signer.sign(envelopes(INTAKE_SIGN_ELSEWHERE_MIN * 2))
  assert.equal(count, INTAKE_SIGN_ELSEWHERE_MIN + 1, 'what was signed is remembered')
})

test('what is remembered has an end, and the latest half of it is there', async () => {
  let count = 0
  const signElsewhere = async () => {
    count++
    return new Uint8Array(64)
  }
  const signer = new ReceiptSigner({ crypto, networkId, peerSeed, signElsewhere })
  const all = envelopes(INTAKE_RECEIPTS_MAX * 2)
  await signer.sign(all)
  await signer.sign(all.slice(-INTAKE_RECEIPTS_MAX / 2))
  assert.equal(count, all.length)
  await signer.sign(all.slice(0, INTAKE_RECEIPTS_MAX))
  assert.equal(count, all.length + INTAKE_RECEIPTS_MAX)
})

test('a failure elsewhere is told', async () => {
  const signElsewhere = () => Promise.reject(new Error('no threads'))
  const signer = new ReceiptSigner({ crypto, networkId, peerSeed, signElsewhere })
  await assert.rejects(signer.sign(envelopes(INTAKE_SIGN_ELSEWHERE_MIN)), /no threads/)
})
