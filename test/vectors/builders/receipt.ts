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
  readonly salt: Uint8Array
  readonly place: number
  /** Three hashes; from the leaf up, those beside the way. */
  readonly path: Uint8Array
  readonly nodeLabel: string
}

const HONEST: Parts = {
  version: 1,
  networkId: NETWORK_ID,
  envelopeId: ENVELOPE_ID,
  keptUntil: EXPIRES_AT,
  carrier: CARRIER,
  label: 'ezchat/v1/sign/receipt\0',
  seed: CARRIER_SEED,
  salt: new Uint8Array(16),
  place: 1,
  path: new Uint8Array(96),
  nodeLabel: 'ezchat/v1/hash/receipt-node\0',
}

const SALT = seed('salt').subarray(0, 16)
const PATH = concatBytes(seed('beside'), seed('above'), seed('on top'))
/** Of two, of four and of eight leaves. */
const second = { salt: SALT, place: 3, path: concatBytes(PATH.subarray(0, 32), new Uint8Array(64)) }
const third = { salt: SALT, place: 6, path: concatBytes(PATH.subarray(0, 64), new Uint8Array(32)) }
const eighth = { salt: SALT, place: 15, path: PATH }

function rootOf({ place, path, nodeLabel }: Parts, promise: Uint8Array): Uint8Array {
  let hash = sha256(concatBytes(utf8('ezchat/v1/hash/receipt-leaf\0'), promise))
  for (let level = 0; place >> level > 1; level++) {
    const beside = path.subarray(32 * level, 32 * level + 32)
    const isRight = ((place >> level) & 1) === 1
    const pair = isRight ? [beside, hash] : [hash, beside]
    hash = sha256(concatBytes(utf8(nodeLabel), ...pair))
  }
  return hash
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
    parts.salt,
  )
  const signed = concatBytes(utf8(parts.label), parts.networkId, rootOf(parts, body))
  const place = Uint8Array.of(parts.place)
  return concatBytes(body, place, parts.path, ed25519.sign(signed, parts.seed))
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

/** Each well signed. */
function outOfForm(): Vector[] {
  const beyond = concatBytes(second.path.subarray(0, 95), Uint8Array.of(1))
  const lies: readonly (readonly [string, string, Partial<Parts>])[] = [
    ['no-place', 'Place 0, which no tree has.', { place: 0 }],
    ['place-beyond-eight', 'Place 16: a ninth leaf and beyond.', { ...eighth, place: 16 }],
    ['salt-alone', 'A salt where nothing is beside it: room for a mark.', { salt: SALT }],
    ['path-beyond-root', 'A bit behind the only hash on its way.', { ...second, path: beyond }],
  ]
  return lies.map(([name, note, lie]) => bad(name, note, 'RECEIPT_FIELD', receipt(lie)))
}

function forged(): Vector[] {
  const whole = receipt()
  const replaced = (lie: Partial<Parts>, signature: Uint8Array) =>
    concatBytes(receipt(lie).subarray(0, -64), signature.subarray(-64))
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
      'place-of-another',
      'The left leaf of the root says that it is the right one.',
      'RECEIPT_SIGNATURE',
      replaced({ ...second, place: 2 }, receipt(second)),
    ),
    bad(
      'salt-of-another',
      'The salt was changed after signing.',
      'RECEIPT_SIGNATURE',
      replaced({ ...eighth, salt: seed('other salt').subarray(0, 16) }, receipt(eighth)),
    ),
    bad(
      'path-of-another',
      'A hash beside the way to the root was changed after signing.',
      'RECEIPT_SIGNATURE',
      replaced(
        { ...third, path: concatBytes(seed('other'), third.path.subarray(32)) },
        receipt(third),
      ),
    ),
    bad(
      'node-labelled-as-leaf',
      'Two hashes put together as if they were a promise: a node must not serve as a leaf.',
      'RECEIPT_SIGNATURE',
      receipt({ ...second, nodeLabel: 'ezchat/v1/hash/receipt-leaf\0' }),
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
    good(
      'second-of-two',
      'Signed together with another one, of which only a hash is seen.',
      second,
    ),
    good('third-of-four', 'Two hashes on the way to what was signed.', third),
    good('eighth-of-eight', 'The last of as many as one signature may cover.', eighth),
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
    ...outOfForm(),
    ...forged(),
    ...outsideItsTime(),
  ]
}
