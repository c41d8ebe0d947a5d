// Frames and traces.
import { concatBytes, toHex, utf8 } from '@ezchat/protocol/codec/bytes.ts'
import type { ErrorCode } from '@ezchat/protocol/errors.ts'
import { coveredBy, sealTrace } from '@ezchat/protocol/session/trace.ts'
import { flip } from './initiator.ts'
import { associated, type Case, crypto, named, secretOf } from './people.ts'

export function frameCases(): Case[] {
  const frame = (name: string, note: string, bytes: Uint8Array, code?: ErrorCode): Case => ({
    name: `frame-${name}`,
    note,
    entry: 'frame',
    input: { frame: toHex(bytes) },
    ...(code === undefined ? {} : { code }),
  })
  const references = (count: number) =>
    concatBytes(Uint8Array.of(2, count), named('references', count * 16))
  return [
    frame('content', 'A frame with a content.', concatBytes(Uint8Array.of(1), utf8('hello'))),
    frame('resend', 'Two messages are asked for again.', references(2)),
    frame('nothing', 'A frame that says nothing.', Uint8Array.of(3)),
    frame('unknown-kind', 'A kind from a later version is passed over.', Uint8Array.of(9, 9)),
    frame('empty', 'There is not even a kind.', new Uint8Array(0), 'SESSION_TRUNCATED'),
    frame('no-references', 'The request asks for nothing.', Uint8Array.of(2, 0), 'SESSION_FIELD'),
    frame(
      'many-references',
      'The request asks for 65 messages, one too many.',
      references(65),
      'SESSION_FIELD',
    ),
    frame(
      'cut-reference',
      'The last reference is cut off.',
      references(2).slice(0, -1),
      'SESSION_TRUNCATED',
    ),
    frame(
      'trailing-byte',
      'A frame of nothing has a byte more.',
      Uint8Array.of(3, 0),
      'SESSION_TRAILING',
    ),
  ]
}

export function traceCases(): Case[] {
  const digest = named('digest')
  const covered = coveredBy(digest, true, associated)
  const trace = sealTrace(crypto, secretOf('trace key'), covered, { count: 7, incarnation: 99 })
  const input = {
    traceKey: toHex(named('trace key')),
    digest: toHex(digest),
    direction: '00',
    associated: toHex(associated),
    trace: toHex(trace),
  }
  const entry = 'trace'
  const notMine = true as const
  return [
    { name: 'trace', note: 'Message 7 of incarnation 99.', entry, input },
    {
      name: 'trace-reflected',
      note: 'The trace of one’s own message.',
      entry,
      input: { ...input, direction: '01' },
      notMine,
    },
    {
      name: 'trace-mark',
      note: 'One bit of the masked mark is wrong.',
      entry,
      input: { ...input, trace: toHex(flip(trace, 12)) },
      notMine,
    },
    {
      name: 'trace-tag',
      note: 'One bit of the tag is wrong.',
      entry,
      input: { ...input, trace: toHex(flip(trace, 0)) },
      notMine,
    },
  ]
}
