// Bodies: what their owner reads, and what is wrong with them.
import { concatBytes, toHex, utf8 } from '@ezchat/protocol/codec/bytes.ts'
import { ERROR_TABLE, type ErrorCode } from '@ezchat/protocol/errors.ts'
import type { Vector } from '../../vector.ts'
import {
  BOB,
  BOB_KEY,
  big,
  FREE,
  HONEST,
  inputOf,
  type Network,
  NOW,
  PAID,
  paddedContent,
  payFor,
  sealed,
  seed,
} from './compose.ts'

function opening(
  name: string,
  note: string,
  envelope: Uint8Array,
  result: Pick<Vector, 'expect' | 'code' | 'output'>,
  network: Network = FREE,
): Vector {
  const { nowSeconds: _, ...input } = inputOf(envelope, { network })
  const mine = { mailbox: toHex(BOB), key: toHex(BOB_KEY) }
  return { format: 'envelope', name, note, entry: 'open', input: { ...input, ...mine }, ...result }
}

const HELLO = utf8('hello, Bob')
const content = (bytes: Uint8Array) =>
  ({ expect: 'ok', output: { content: toHex(bytes), isDummy: bytes.length === 0 } }) as const

export function seals(): Vector[] {
  const envelope = sealed({}, paddedContent(HELLO, 937))
  const full = new Uint8Array(933).fill(0xf1)
  const { envelope: _, ...input } = inputOf(envelope, { now: NOW + 599 })
  return [
    {
      format: 'envelope',
      name: 'seal',
      note: 'Sealing with a given nonce, to the byte; the timestamp is rounded down.',
      entry: 'seal',
      input: {
        ...input,
        shard: HONEST.shard,
        mailbox: toHex(BOB),
        key: toHex(BOB_KEY),
        content: toHex(HELLO),
        bucketBytes: 1024,
        sealNonce: toHex(envelope.subarray(47, 71)),
      },
      expect: 'ok',
      output: toHex(envelope),
    },
    opening('open', 'The owner of the mailbox reads it.', envelope, content(HELLO)),
    opening(
      'open-full',
      '933 bytes: as much as 1 KiB holds.',
      sealed({}, paddedContent(full, 937)),
      content(full),
    ),
    opening(
      'open-4-kib',
      'The same content where a larger bucket hides its size.',
      sealed({}, paddedContent(HELLO, 4009)),
      content(HELLO),
    ),
    opening(
      'open-dummy',
      'No content: cover traffic.',
      sealed({}, new Uint8Array(937)),
      content(new Uint8Array(0)),
    ),
    opening(
      'open-stamped',
      'Postage is no part of what the seal binds.',
      payFor(PAID, sealed({}, paddedContent(HELLO, 937), PAID)),
      content(HELLO),
      PAID,
    ),
    opening(
      'open-for-somebody-else',
      'No key for this mailbox: not mine, and no error.',
      sealed({ mailbox: seed('mailbox of somebody else', 0x7f) }, paddedContent(HELLO, 937)),
      { expect: 'not-mine' },
    ),
  ]
}

export function brokenSeals(): Vector[] {
  const envelope = sealed({}, paddedContent(HELLO, 937))
  const flip = (at: number) => {
    const changed = Uint8Array.from(envelope)
    changed[at]! ^= 1
    return changed
  }
  const no = (
    name: string,
    note: string,
    bytes: Uint8Array,
    code: ErrorCode = 'ENVELOPE_SEAL',
    network = FREE,
  ) => opening(name, note, bytes, { expect: ERROR_TABLE.get(code)!.failure, code }, network)
  const fillerAt = (at: number) => {
    const padded = paddedContent(HELLO, 937)
    padded[at] = 1
    return sealed({}, padded)
  }
  const tooLong = concatBytes(big(934, 4), new Uint8Array(933))
  const later = concatBytes(envelope.subarray(0, 35), big(NOW + 600, 4), envelope.subarray(39))
  return [
    no('seal-tag', 'The last bit of the tag is wrong.', flip(1023)),
    no('seal-text', 'A bit of the ciphertext is wrong.', flip(100)),
    no('seal-nonce', 'A bit of the nonce of the seal is wrong.', flip(47)),
    no('seal-shard', 'The envelope was moved to another shard.', flip(2)),
    no('seal-timestamp', 'The envelope was made ten minutes younger.', later),
    no('seal-network', 'The envelope was carried to another network.', envelope, 'ENVELOPE_SEAL', {
      ...FREE,
      id: seed('other network'),
    }),
    no(
      'seal-key',
      'Sealed with another key.',
      sealed({}, paddedContent(HELLO, 937), FREE, seed('wrong key')),
    ),
    no(
      'seal-filler',
      'Genuine, with a filler byte that is not zero: a hidden mark.',
      fillerAt(936),
      'PADDING_FIELD',
    ),
    no(
      'seal-content-length',
      'Genuine, with a content longer than the envelope.',
      sealed({}, tooLong),
      'PADDING_LENGTH',
    ),
    no(
      'open-truncated',
      'Opening looks at the layout as well.',
      envelope.subarray(0, -1),
      'ENVELOPE_LENGTH',
    ),
  ]
}
