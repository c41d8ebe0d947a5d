import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toHex } from '../../src/codec/bytes.ts'
import { BUCKETS_BYTES, ENVELOPE_HEADER_BYTES, RECEIPT_BYTES } from '../../src/constants.ts'
import { nobleCrypto } from '../../src/crypto/noble.ts'
import { Secret } from '../../src/crypto/secret.ts'
import { envelopeIdOf } from '../../src/envelope/id.ts'
import { encodeHeader } from '../../src/envelope/layout.ts'
import { ProtocolError } from '../../src/errors.ts'
import { STEM_HOLD_MS_MAX } from '../../src/limits.ts'
import { signReceipt } from '../../src/receipt/receipt.ts'
import { encodeStemMessage } from '../../src/stem/message.ts'
import { stemReaders } from '../../src/stem/readers.ts'
import { Host } from './host.ts'

const crypto = nobleCrypto((length) => new Uint8Array(length).fill(7))
const network = {
  id: new Uint8Array(32).fill(1),
  shardBits: 4,
  ttlDays: 30,
  price: 0,
  bucketsMask: 0b1111,
}
const NOW_SECONDS = 1_800_000_000
const mailbox = crypto.ed25519Public(Secret.adopt(new Uint8Array(32).fill(3)))

function envelopeAt(timestampSeconds: number): Uint8Array {
  const envelope = new Uint8Array(BUCKETS_BYTES[0])
  envelope.set(encodeHeader(network, { shard: 3, mailbox, timestampSeconds }))
  return envelope
}

const envelope = envelopeAt(NOW_SECONDS - 600)
const id = envelopeIdOf(crypto, network, envelope)
const expiresAt = NOW_SECONDS - 600 + 30 * 86_400
const readers = stemReaders({ crypto, network, nowSeconds: () => NOW_SECONDS })

const signed = (seed: number, keptUntil: number, envelopeId = id) =>
  signReceipt(crypto, Secret.adopt(new Uint8Array(32).fill(seed)), network.id, {
    envelopeId,
    keptUntil,
  })

function onStem(): Host {
  const host = new Host(readers).up('alice', 'bob')
  host.relayFrom('alice', envelope)
  host.advance(STEM_HOLD_MS_MAX)
  assert.deepEqual(host.take(), ['relay bob'])
  return host
}

test('signed receipts of carriers pass up the stem as they are', () => {
  const host = onStem()
  host.receiptsFrom('bob', id, signed(1, expiresAt), signed(2, expiresAt), signed(1, expiresAt - 1))
  const receipts = [signed(1, expiresAt), signed(2, expiresAt)]
  const bytes = encodeStemMessage({ kind: 'receipts', id, receipts })
  const sent = host.log.flatMap(({ effect }) => (effect.kind === 'send' ? [effect] : []))
  assert.deepEqual(sent, [{ kind: 'send', peer: 'alice', bytes }])
})

test('a receipt for another envelope, or with a broken signature, is a lie of who sends it', () => {
  const broken = signed(1, expiresAt)
  broken[132]! ^= 1
  const elsewhere = signed(1, expiresAt, new Uint8Array(32))
  for (const receipt of [broken, elsewhere, new Uint8Array(RECEIPT_BYTES)]) {
    const host = onStem()
    host.receiptsFrom('bob', id, receipt)
    assert.deepEqual(host.take(), ['penalise bob forged'])
    assert.equal(host.stem.status.activeCount, 1)
  }
})

test('a receipt that promises too little is neither passed on nor held against anybody', () => {
  const host = onStem()
  host.receiptsFrom('bob', id, signed(1, expiresAt - 7200), signed(1, expiresAt + 1))
  assert.deepEqual(host.take(), [])
  assert.equal(host.stem.status.activeCount, 1)
  host.receiptsFrom('bob', id, signed(1, expiresAt - 7200), signed(2, expiresAt))
  assert.deepEqual(host.take(), ['receipts 1 alice'])
})

test('an envelope is read as its network reads it, and its time apart from the rest', () => {
  const read = readers.readEnvelope(envelope)
  assert.deepEqual(read, { id, expiresAtSeconds: expiresAt, isTimely: true })
  const old = envelopeAt(NOW_SECONDS - 30 * 86_400 - 600)
  const early = envelopeAt(NOW_SECONDS - (NOW_SECONDS % 600) + 2 * 86_400)
  for (const untimely of [old, early]) {
    const { isTimely, id: itsId } = readers.readEnvelope(untimely)
    assert.equal(isTimely, false)
    assert.equal(toHex(itsId), toHex(envelopeIdOf(crypto, network, untimely)))
  }
  const unpaid = envelope.slice()
  unpaid[ENVELOPE_HEADER_BYTES - 1] = 1
  const elsewhere = envelope.slice()
  elsewhere[1] = 0xff
  for (const bad of [unpaid, elsewhere, new Uint8Array(1024)]) {
    assert.throws(() => readers.readEnvelope(bad), ProtocolError)
    const host = new Host(readers).up('mallory')
    host.relayFrom('mallory', bad)
    assert.deepEqual(host.take(), ['penalise mallory invalid'])
  }
})

test('a bug under the readers is not taken for a lie of somebody’s', () => {
  const broken = stemReaders({
    crypto,
    network,
    nowSeconds: () => {
      throw new RangeError('no clock')
    },
  })
  assert.throws(() => broken.readEnvelope(envelope), RangeError)
  const subject = { id, expiresAtSeconds: expiresAt }
  assert.throws(() => broken.verifyReceipt(signed(1, expiresAt), subject), RangeError)
  const host = new Host({ ...readers, readEnvelope: broken.readEnvelope }).up('bob')
  assert.throws(() => host.relayFrom('bob', envelope), RangeError)
})
