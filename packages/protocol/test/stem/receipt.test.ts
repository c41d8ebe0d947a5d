import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toHex } from '../../src/codec/bytes.ts'
import { ENVELOPE_HEADER_BYTES } from '../../src/constants.ts'
import { nobleCrypto } from '../../src/crypto/noble.ts'
import { Secret } from '../../src/crypto/secret.ts'
import { ProtocolError } from '../../src/errors.ts'
import { STEM_HOLD_MS_MAX } from '../../src/limits.ts'
import { signReceipt, verifyReceipt } from '../../src/receipt/receipt.ts'
import type { ReceiptVerifier } from '../../src/stem/entry.ts'
import { Host } from './host.ts'
import { envelopeOf, sha256 } from './seeded.ts'

const crypto = nobleCrypto((length) => new Uint8Array(length).fill(7))
const networkId = new Uint8Array(32).fill(1)
const TTL_SECONDS = 30 * 86_400
const NOW_SECONDS = 1_800_000_000

const envelope = envelopeOf(1)
new DataView(envelope.buffer).setUint32(34, NOW_SECONDS - 600)
const expiresAt = NOW_SECONDS - 600 + TTL_SECONDS

/** As a courier would write it: which failures are lies, and which may be a clock. */
const verify: ReceiptVerifier = (receipt, { id, header }) => {
  assert.equal(header.length, ENVELOPE_HEADER_BYTES)
  const timestamp = new DataView(header.buffer, header.byteOffset).getUint32(34)
  const check = {
    networkId,
    envelopeId: id,
    expiresAt: timestamp + TTL_SECONDS,
    nowSeconds: NOW_SECONDS,
  }
  try {
    const good = verifyReceipt(crypto, receipt, check)
    return good === null ? 'forged' : { carrier: toHex(good.carrier) }
  } catch (error: unknown) {
    if (!(error instanceof ProtocolError)) throw error
    return error.failure === 'expired' ? 'useless' : 'forged'
  }
}

const signed = (seed: number, keptUntil: number, envelopeId = sha256(envelope)) =>
  signReceipt(crypto, Secret.adopt(new Uint8Array(32).fill(seed)), networkId, {
    envelopeId,
    keptUntil,
  })

function onStem(): { readonly host: Host; readonly id: Uint8Array } {
  const host = new Host({ verifyReceipt: verify }).up('alice', 'bob')
  const id = host.relayFrom('alice', envelope)
  host.advance(STEM_HOLD_MS_MAX)
  assert.deepEqual(host.take(), ['relay bob'])
  return { host, id }
}

test('signed receipts of carriers pass up the stem as they are', () => {
  const { host, id } = onStem()
  host.receiptsFrom('bob', id, signed(1, expiresAt), signed(2, expiresAt), signed(1, expiresAt - 1))
  assert.deepEqual(host.take(), ['receipts 2 alice'])
})

test('a receipt for another envelope, or with a broken signature, is a lie of who sends it', () => {
  const broken = signed(1, expiresAt)
  broken[132]! ^= 1
  for (const receipt of [broken, signed(1, expiresAt, new Uint8Array(32)), new Uint8Array(133)]) {
    const { host, id } = onStem()
    host.receiptsFrom('bob', id, receipt)
    assert.deepEqual(host.take(), ['penalise bob forged'])
    assert.equal(host.stem.status.activeCount, 1)
  }
})

test('a receipt that promises too little is neither passed on nor held against anybody', () => {
  const { host, id } = onStem()
  host.receiptsFrom('bob', id, signed(1, expiresAt - 7200))
  assert.deepEqual(host.take(), [])
  assert.equal(host.stem.status.activeCount, 1)
  host.receiptsFrom('bob', id, signed(1, expiresAt - 7200), signed(2, expiresAt))
  assert.deepEqual(host.take(), ['receipts 1 alice'])
})
