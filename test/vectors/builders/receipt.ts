import { concatBytes, fromHex, toHex, utf8 } from '@ezchat/protocol/codec/bytes.ts'
import { ERROR_TABLE, type ErrorCode } from '@ezchat/protocol/errors.ts'
import { ed25519 } from '@noble/curves/ed25519.js'
import { bytesToNumberLE, numberToBytesLE } from '@noble/curves/utils.js'
import { sha256 } from '@noble/hashes/sha2.js'
import type { JsonObject, Vector } from '../vector.ts'

const seed = (name: string): Uint8Array => sha256(utf8(`vector receipt: ${name}`))

const NETWORK_ID = seed('network')
const ENVELOPE_ID = seed('envelope')
const CARRIER_SEED = seed('carrier')
const CARRIER = ed25519.getPublicKey(CARRIER_SEED)
const NOW = 1_800_000_000
const EXPIRES_AT = NOW + 20 * 86_400
const SLACK_SECONDS = 3600
const IDENTITY_POINT = fromHex(`01${'00'.repeat(31)}`)

interface Parts {
  readonly version: number
  readonly networkId: Uint8Array
  readonly envelopeId: Uint8Array
  readonly keptUntil: number
  readonly carrier: Uint8Array
  readonly label: string
  readonly seed: Uint8Array
}

const HONEST: Parts = {
  version: 1,
  networkId: NETWORK_ID,
  envelopeId: ENVELOPE_ID,
  keptUntil: EXPIRES_AT,
  carrier: CARRIER,
  label: 'ezchat/v1/sign/receipt\0',
  seed: CARRIER_SEED,
}

function receipt(lie: Partial<Parts> = {}): Uint8Array {
  const parts = { ...HONEST, ...lie }
  const until = new DataView(new ArrayBuffer(4))
  until.setUint32(0, parts.keptUntil)
  const body = concatBytes(
    Uint8Array.of(parts.version),
    parts.envelopeId,
    new Uint8Array(until.buffer),
    parts.carrier,
  )
  const signed = concatBytes(utf8(parts.label), parts.networkId, body)
  return concatBytes(body, ed25519.sign(signed, parts.seed))
}

function inputOf(bytes: Uint8Array, nowSeconds: number): JsonObject {
  return {
    receipt: toHex(bytes),
    networkId: toHex(NETWORK_ID),
    envelopeId: toHex(ENVELOPE_ID),
    expiresAt: EXPIRES_AT,
    nowSeconds,
  }
}

function good(name: string, note: string, lie: Partial<Parts>): Vector {
  const { carrier, keptUntil } = { ...HONEST, ...lie }
  return {
    format: 'receipt',
    name,
    note,
    entry: 'verify',
    input: inputOf(receipt(lie), NOW),
    expect: 'ok',
    output: { carrier: toHex(carrier), keptUntil },
  }
}

function bad(
  name: string,
  note: string,
  code: ErrorCode,
  bytes: Uint8Array,
  nowSeconds: number = NOW,
): Vector {
  const expect = ERROR_TABLE.get(code)!.failure
  const input = inputOf(bytes, nowSeconds)
  return { format: 'receipt', name, note, entry: 'verify', input, expect, code }
}

function malformed(): Vector[] {
  const whole = receipt()
  return [
    bad('empty', 'No bytes at all.', 'RECEIPT_TRUNCATED', new Uint8Array(0)),
    bad('truncated', 'The last byte is missing.', 'RECEIPT_TRUNCATED', whole.subarray(0, -1)),
    bad(
      'trailing-byte',
      'A byte too many.',
      'RECEIPT_TRAILING',
      concatBytes(whole, Uint8Array.of(0)),
    ),
    bad('unknown-version', 'Version 2, well signed.', 'RECEIPT_VERSION', receipt({ version: 2 })),
    bad(
      'small-order-carrier',
      'A carrier of small order, whose signature of nothing would hold for every text.',
      'RECEIPT_INVALID',
      concatBytes(
        receipt({ carrier: IDENTITY_POINT }).subarray(0, -64),
        IDENTITY_POINT,
        new Uint8Array(32),
      ),
    ),
  ]
}

function forged(): Vector[] {
  const whole = receipt()
  const s = bytesToNumberLE(whole.subarray(-32)) + ed25519.Point.Fn.ORDER
  return [
    bad(
      'other-network',
      'The same promise in another network: the network is signed without being carried.',
      'RECEIPT_SIGNATURE',
      receipt({ networkId: seed('other network') }),
    ),
    bad(
      'signed-by-another',
      'Signed by a key that is not the carrier it names.',
      'RECEIPT_SIGNATURE',
      receipt({ seed: seed('other carrier') }),
    ),
    bad(
      'longer-promise',
      'The promise was made a day longer after signing.',
      'RECEIPT_SIGNATURE',
      concatBytes(receipt().subarray(0, 69), receipt({ keptUntil: EXPIRES_AT - 60 }).subarray(69)),
    ),
    bad(
      'label-of-drop',
      'Signed as a drop: a signature for one use must not serve another.',
      'RECEIPT_SIGNATURE',
      receipt({ label: 'ezchat/v1/sign/drop\0' }),
    ),
    bad(
      'signature-with-high-s',
      'S is not below the group order: the same receipt in a second form.',
      'RECEIPT_SIGNATURE',
      concatBytes(whole.subarray(0, -32), numberToBytesLE(s, 32)),
    ),
  ]
}

function outsideItsTime(): Vector[] {
  return [
    bad(
      'too-short-promise',
      'A second less than the slack allows: the envelope could be gone before it expires.',
      'RECEIPT_EXPIRED',
      receipt({ keptUntil: EXPIRES_AT - SLACK_SECONDS - 1 }),
    ),
    bad(
      'too-long-promise',
      'Longer than the network keeps anything: nothing true, and room for a hidden mark.',
      'RECEIPT_FUTURE',
      receipt({ keptUntil: EXPIRES_AT + 1 }),
    ),
    bad('past-promise', 'The promise has run out.', 'RECEIPT_EXPIRED', receipt(), EXPIRES_AT),
  ]
}

export function build(): Vector[] {
  const others = ['second', 'third'].map((name) => ({
    carrier: ed25519.getPublicKey(seed(name)),
    seed: seed(name),
  }))
  const { receipt: signed, ...terms } = inputOf(receipt(), NOW)
  return [
    good('whole-life', 'A promise for as long as the envelope may live.', {}),
    good('slack', 'An hour less than its life still counts.', {
      keptUntil: EXPIRES_AT - SLACK_SECONDS,
    }),
    {
      format: 'receipt',
      name: 'signature',
      note: 'What a carrier signs, to the byte.',
      entry: 'sign',
      input: {
        carrierSeed: toHex(CARRIER_SEED),
        networkId: toHex(NETWORK_ID),
        envelopeId: toHex(ENVELOPE_ID),
        keptUntil: EXPIRES_AT,
      },
      expect: 'ok',
      output: signed!,
    },
    {
      format: 'receipt',
      name: 'distinct-carriers',
      note: 'Four receipts of three carriers count as three, however their promises differ.',
      entry: 'count',
      input: {
        ...terms,
        receipts: [{}, { keptUntil: EXPIRES_AT - 60 }, ...others].map((lie) => toHex(receipt(lie))),
      },
      expect: 'ok',
      output: 3,
    },
    {
      format: 'receipt',
      name: 'other-envelope',
      note: 'A genuine receipt for another envelope is not mine.',
      entry: 'verify',
      input: inputOf(receipt({ envelopeId: seed('other envelope') }), NOW),
      expect: 'not-mine',
    },
    ...malformed(),
    ...forged(),
    ...outsideItsTime(),
  ]
}
