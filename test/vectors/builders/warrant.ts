import { concatBytes, fromHex, toHex, utf8 } from '@ezchat/protocol/codec/bytes.ts'
import { ERROR_TABLE, type ErrorCode } from '@ezchat/protocol/errors.ts'
import { ed25519 } from '@noble/curves/ed25519.js'
import { bytesToNumberLE, numberToBytesLE } from '@noble/curves/utils.js'
import { sha256 } from '@noble/hashes/sha2.js'
import type { Vector } from '../vector.ts'

const NETWORK_ID = sha256(utf8('vector warrant: network'))
// A mailbox is any Ed25519 key, so a plain one stands for a blinded one; see blind/signature.
const MAILBOX_SEED = sha256(utf8('vector warrant: mailbox'))
const MAILBOX = ed25519.getPublicKey(MAILBOX_SEED)
const OTHER_SEED = sha256(utf8('vector warrant: other mailbox'))
const DELEGATE = ed25519.getPublicKey(sha256(utf8('vector warrant: delegate')))
const NOT_AFTER = 1_800_000_000
const LABEL = utf8('ezchat/v1/sign/warrant\0')
const SMALL_ORDER = fromHex('0100000000000000000000000000000000000000000000000000000000000000')

interface Parts {
  readonly version: number
  readonly networkId: Uint8Array
  readonly mailbox: Uint8Array
  readonly delegate: Uint8Array
  readonly rights: number
  readonly label: Uint8Array
  readonly seed: Uint8Array
}

const HONEST: Parts = {
  version: 1,
  networkId: NETWORK_ID,
  mailbox: MAILBOX,
  delegate: DELEGATE,
  rights: 3,
  label: LABEL,
  seed: MAILBOX_SEED,
}

function warrant(lie: Partial<Parts> = {}): Uint8Array {
  const { version, networkId, mailbox, delegate, rights, label, seed } = { ...HONEST, ...lie }
  const end = new DataView(new ArrayBuffer(5))
  end.setUint8(0, rights)
  end.setUint32(1, NOT_AFTER)
  const body = concatBytes(
    Uint8Array.of(version),
    networkId,
    mailbox,
    delegate,
    new Uint8Array(end.buffer),
  )
  return concatBytes(body, ed25519.sign(concatBytes(label, body), seed))
}

function changed(bytes: Uint8Array, at: number, flip: number): Uint8Array {
  return Uint8Array.from(bytes, (byte, i) => (i === at ? byte ^ flip : byte))
}

function withHighS(bytes: Uint8Array): Uint8Array {
  const s = bytesToNumberLE(bytes.subarray(-32)) + ed25519.Point.Fn.ORDER
  return concatBytes(bytes.subarray(0, -32), numberToBytesLE(s, 32))
}

interface Use {
  readonly right: 'record' | 'drop'
  readonly nowSeconds: number
  readonly mailbox: Uint8Array
}

const USE: Use = { right: 'record', nowSeconds: NOT_AFTER - 1000, mailbox: MAILBOX }

function vector(name: string, note: string, bytes: Uint8Array, use: Partial<Use>) {
  const { right, nowSeconds, mailbox } = { ...USE, ...use }
  const input = {
    warrant: toHex(bytes),
    networkId: toHex(NETWORK_ID),
    mailbox: toHex(mailbox),
    right,
    nowSeconds,
  }
  return { format: 'warrant', name, note, entry: 'verify', input }
}

function good(name: string, note: string, bytes: Uint8Array, use: Partial<Use> = {}): Vector {
  return { ...vector(name, note, bytes, use), expect: 'ok', output: toHex(DELEGATE) }
}

function bad(
  name: string,
  note: string,
  code: ErrorCode,
  bytes: Uint8Array,
  use: Partial<Use> = {},
): Vector {
  return { ...vector(name, note, bytes, use), expect: ERROR_TABLE.get(code)!.failure, code }
}

function form(): Vector[] {
  const whole = warrant()
  return [
    bad('empty', 'No bytes at all.', 'WARRANT_TRUNCATED', new Uint8Array(0)),
    bad('truncated', 'The last byte is missing.', 'WARRANT_TRUNCATED', whole.subarray(0, -1)),
    bad(
      'trailing-byte',
      'A byte too many.',
      'WARRANT_TRAILING',
      concatBytes(whole, Uint8Array.of(0)),
    ),
    bad('unknown-version', 'Version 2, well signed.', 'WARRANT_VERSION', warrant({ version: 2 })),
    bad('no-rights', 'It gives no right at all.', 'WARRANT_FIELD', warrant({ rights: 0 })),
    bad(
      'unknown-right',
      'A bit that has no meaning yet must not be given one later.',
      'WARRANT_FIELD',
      warrant({ rights: 5 }),
    ),
    bad(
      'small-order-delegate',
      'Under a delegate key of small order anybody could sign.',
      'WARRANT_INVALID',
      warrant({ delegate: SMALL_ORDER }),
    ),
  ]
}

function forged(): Vector[] {
  const whole = warrant()
  return [
    bad('forged', 'A bit of the signature is wrong.', 'WARRANT_SIGNATURE', changed(whole, 120, 1)),
    bad(
      'longer-time',
      'The time was extended after signing.',
      'WARRANT_SIGNATURE',
      changed(whole, 98, 4),
    ),
    bad(
      'raised-rights',
      'A right was added after signing.',
      'WARRANT_SIGNATURE',
      changed(warrant({ rights: 1 }), 97, 2),
      { right: 'drop' },
    ),
    bad(
      'signed-by-another',
      'Signed by a key that is not the mailbox.',
      'WARRANT_SIGNATURE',
      warrant({ seed: OTHER_SEED }),
    ),
    bad(
      'label-of-drop',
      'Signed as a drop: a signature for one use must not serve another.',
      'WARRANT_SIGNATURE',
      warrant({ label: utf8('ezchat/v1/sign/drop\0') }),
    ),
    bad(
      'signature-with-high-s',
      'S is not below the group order: the same signature in a second form.',
      'WARRANT_SIGNATURE',
      withHighS(whole),
    ),
    bad(
      'small-order-mailbox',
      'Under a mailbox of small order this signature of nothing would hold for every text.',
      'WARRANT_SIGNATURE',
      concatBytes(
        warrant({ mailbox: SMALL_ORDER }).subarray(0, -64),
        SMALL_ORDER,
        new Uint8Array(32),
      ),
      { mailbox: SMALL_ORDER },
    ),
  ]
}

function misused(): Vector[] {
  return [
    bad(
      'other-network',
      'A warrant of another network.',
      'WARRANT_NETWORK',
      warrant({ networkId: sha256(utf8('vector warrant: other network')) }),
    ),
    bad(
      'other-mailbox',
      'Genuine, and for another mailbox.',
      'WARRANT_PERMISSION',
      warrant({ mailbox: ed25519.getPublicKey(OTHER_SEED), seed: OTHER_SEED }),
    ),
    bad(
      'missing-right',
      'It lets its holder publish records, not drop messages.',
      'WARRANT_PERMISSION',
      warrant({ rights: 1 }),
      { right: 'drop' },
    ),
    bad('expired', 'A second past its last.', 'WARRANT_EXPIRED', warrant(), {
      nowSeconds: NOT_AFTER + 1,
    }),
  ]
}

export function build(): Vector[] {
  return [
    good('record', 'Both rights, used for a record.', warrant()),
    good('drop', 'Only the right to drop.', warrant({ rights: 2 }), { right: 'drop' }),
    good('last-second', 'It holds in its last second.', warrant(), { nowSeconds: NOT_AFTER }),
    ...form(),
    ...forged(),
    ...misused(),
  ]
}
