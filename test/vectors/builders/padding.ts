import { concatBytes, fromHex, toHex, utf8 } from '@ezchat/protocol/codec/bytes.ts'
import { ERROR_TABLE, type ErrorCode } from '@ezchat/protocol/errors.ts'
import type { Vector } from '../vector.ts'

const HELLO = utf8('hello, Bob')
/** The whole of what is sealed: length, content, and filler up to 32 bytes. */
const WHOLE = concatBytes(fromHex('0000000a'), HELLO, new Uint8Array(18))

function unpads(name: string, note: string, padded: Uint8Array, content: Uint8Array): Vector {
  const input = { padded: toHex(padded) }
  return {
    format: 'padding',
    name,
    note,
    entry: 'unpad',
    input,
    expect: 'ok',
    output: toHex(content),
  }
}

function refused(name: string, note: string, code: ErrorCode, padded: Uint8Array): Vector {
  const expect = ERROR_TABLE.get(code)!.failure
  const input = { padded: toHex(padded) }
  return { format: 'padding', name, note, entry: 'unpad', input, expect, code }
}

function fits(
  name: string,
  note: string,
  contentBytes: number,
  bucketsMask: number,
  bytes: number | null,
): Vector {
  const input = { contentBytes, bucketsMask }
  return { format: 'padding', name, note, entry: 'bucket', input, expect: 'ok', output: { bytes } }
}

function changed(at: number, value: number): Uint8Array {
  const bytes = Uint8Array.from(WHOLE)
  bytes[at] = value
  return bytes
}

function written(): Vector[] {
  return [
    {
      format: 'padding',
      name: 'pad',
      note: 'Length, content, zeros.',
      entry: 'pad',
      input: { content: toHex(HELLO), paddedBytes: WHOLE.length },
      expect: 'ok',
      output: toHex(WHOLE),
    },
    {
      format: 'padding',
      name: 'pad-without-filler',
      note: 'Content that leaves no room for filler.',
      entry: 'pad',
      input: { content: toHex(HELLO), paddedBytes: 14 },
      expect: 'ok',
      output: `0000000a${toHex(HELLO)}`,
    },
    {
      format: 'padding',
      name: 'capacities',
      note: 'The content that each bucket holds, smallest first.',
      entry: 'capacities',
      input: {},
      expect: 'ok',
      output: [933, 4005, 16_293, 65_445],
    },
    fits('fits-smallest', '933 bytes fit in 1 KiB.', 933, 0b1111, 1024),
    fits('fits-next', '934 bytes do not.', 934, 0b1111, 4096),
    fits(
      'fits-allowed',
      'The smallest that the network allows, not the smallest.',
      10,
      0b1010,
      4096,
    ),
    fits('fits-largest', '65,445 bytes are the most.', 65_445, 0b1111, 65_536),
    fits('fits-nowhere', 'One more is too many for an envelope.', 65_446, 0b1111, null),
  ]
}

export function build(): Vector[] {
  const hidden = concatBytes(WHOLE.subarray(0, -1), Uint8Array.of(0x80))
  return [
    ...written(),
    unpads('unpad', 'Length, content, zeros.', WHOLE, HELLO),
    unpads(
      'no-content',
      'Nothing but filler: what a dummy holds.',
      new Uint8Array(32),
      new Uint8Array(0),
    ),
    unpads(
      'no-filler',
      'Content up to the last byte.',
      concatBytes(fromHex('0000000a'), HELLO),
      HELLO,
    ),
    unpads(
      'only-length',
      'Room for a length of zero and for nothing else.',
      new Uint8Array(4),
      new Uint8Array(0),
    ),
    unpads(
      'content-ends-in-zero',
      'A zero that the length counts is content.',
      changed(3, 0x0b),
      concatBytes(HELLO, Uint8Array.of(0)),
    ),
    refused('empty', 'No bytes at all.', 'PADDING_TRUNCATED', new Uint8Array(0)),
    refused(
      'truncated-length',
      'The length has three bytes.',
      'PADDING_TRUNCATED',
      WHOLE.subarray(0, 3),
    ),
    refused('length-beyond-end', 'One byte more than there is.', 'PADDING_LENGTH', changed(3, 29)),
    refused('length-of-the-whole', 'The length counts itself.', 'PADDING_LENGTH', changed(3, 32)),
    refused(
      'negative-length',
      'The top bit of the length: negative where it is read as signed.',
      'PADDING_LENGTH',
      changed(0, 0x80),
    ),
    refused(
      'absurd-length',
      'The largest length that the field holds.',
      'PADDING_LENGTH',
      concatBytes(fromHex('ffffffff'), WHOLE.subarray(4)),
    ),
    refused(
      'first-filler-byte',
      'The first byte of the filler is not zero.',
      'PADDING_FIELD',
      changed(14, 1),
    ),
    refused(
      'last-filler-byte',
      'The last byte of the filler is not zero: a hidden mark.',
      'PADDING_FIELD',
      hidden,
    ),
    refused(
      'shortened-content',
      'A length of one less leaves a byte of content in the filler.',
      'PADDING_FIELD',
      changed(3, 9),
    ),
  ]
}
