// What people say: kinds.md §3, §4 and §6.
import { concatBytes, toHex, utf8 } from '@ezchat/protocol/codec/bytes.ts'
import type { JsonObject, Vector } from '../../vector.ts'
import { seed, u } from '../conversation/raw.ts'
import { bad, bytes, good, NO_HASH, prefixed, TARGET, text } from './raw.ts'

const KIND = { text: 1, reaction: 2, edit: 3, delete: 4, profile: 6, timer: 7 }
const STAYS = u(4, 0)
const NO_REPLY = u(1, 0)
const BOB = seed('bob')
const mention = (start: number, length: number) => concatBytes(u(2, start), u(2, length), BOB)

const message = (body: Uint8Array, mentions: readonly Uint8Array[] = []): Uint8Array =>
  bytes(STAYS, NO_REPLY, mentions.length, ...mentions, body)

const plain = (value: string): JsonObject => ({
  kind: 'text',
  disappearSeconds: 0,
  replyTo: null,
  mentions: [],
  text: value,
})

function goodTexts(): Vector[] {
  const { text: kind } = KIND
  const reply = bytes(u(4, 3600), 1, TARGET, 1, mention(0, 4), text('@bob hi'))
  return [
    good('text', 'Text of people.', kind, message(text('hello')), plain('hello')),
    good(
      'text-reply',
      'An answer with a mention, which goes an hour after it was read.',
      kind,
      reply,
      {
        ...plain('@bob hi'),
        disappearSeconds: 3600,
        replyTo: toHex(TARGET),
        mentions: [{ start: 0, length: 4, identity: toHex(BOB) }],
      },
    ),
    good(
      'text-newline-and-tab',
      'Tab and newline are text.',
      kind,
      message(text('a\tb\nc')),
      plain('a\tb\nc'),
    ),
    good(
      'text-direction',
      'Marks that turn direction are kept, and flagged when they are shown.',
      kind,
      message(text('a\u202eb')),
      { ...plain('a\u202eb'), turnsDirection: true },
    ),
    good(
      'text-not-normalized',
      'Text is not normalized.',
      kind,
      message(text('e\u0301')),
      plain('e\u0301'),
    ),
  ]
}

function badTexts(): Vector[] {
  const { text: kind } = KIND
  return [
    bad('text-empty', 'Nothing is not said.', kind, message(text('')), 'CONTENT_TEXT'),
    bad(
      'text-escape',
      'A control character could speak to a terminal.',
      kind,
      message(text('a\u001b[2J')),
      'CONTENT_TEXT',
    ),
    bad(
      'text-carriage-return',
      'A line ends in a newline and nothing else.',
      kind,
      message(text('a\r\n')),
      'CONTENT_TEXT',
    ),
    bad(
      'text-c1-control',
      'The controls from U+0080 on are controls too.',
      kind,
      message(text('a\u0085b')),
      'CONTENT_TEXT',
    ),
    bad(
      'text-not-utf-8',
      'Text is well-formed UTF-8.',
      kind,
      message(prefixed(Uint8Array.of(0xff))),
      'CONTENT_TEXT',
    ),
    bad(
      'text-surrogate',
      'Half of a pair is no character.',
      kind,
      message(prefixed(Uint8Array.of(0xed, 0xa0, 0x80))),
      'CONTENT_TEXT',
    ),
    bad(
      'text-too-long',
      'Text has at most 32 KiB.',
      kind,
      message(prefixed(new Uint8Array(3), 32_769)),
      'CONTENT_LIMIT',
    ),
    bad(
      'text-trailing-byte',
      'Nothing follows the text.',
      kind,
      bytes(message(text('a')), 0),
      'CONTENT_TRAILING',
    ),
    bad(
      'text-cut',
      'The text is shorter than it says.',
      kind,
      message(prefixed(utf8('abc'), 4)),
      'CONTENT_TRUNCATED',
    ),
  ]
}

function badHeads(): Vector[] {
  const { text: kind } = KIND
  return [
    bad(
      'text-disappears-too-late',
      'A message disappears within a year or stays.',
      kind,
      bytes(u(4, 31_536_001), 0, 0, text('a')),
      'CONTENT_FIELD',
    ),
    bad(
      'text-reply-to-zero',
      'Zero is the hash of nothing.',
      kind,
      bytes(STAYS, 1, NO_HASH, 0, text('a')),
      'CONTENT_FIELD',
    ),
    bad(
      'text-reply-presence',
      'Something is there or it is not.',
      kind,
      bytes(STAYS, 2, TARGET, 0, text('a')),
      'CONTENT_FIELD',
    ),
  ]
}

function badMentions(): Vector[] {
  const { text: kind } = KIND
  return [
    bad(
      'mentions-too-many',
      'A message mentions at most 32.',
      kind,
      bytes(STAYS, NO_REPLY, 33, text('a')),
      'CONTENT_LIMIT',
    ),
    bad(
      'mention-outside',
      'A mention is inside the text.',
      kind,
      message(text('abc'), [mention(2, 2)]),
      'CONTENT_FIELD',
    ),
    bad(
      'mention-of-nothing',
      'A mention covers something.',
      kind,
      message(text('abc'), [mention(1, 0)]),
      'CONTENT_FIELD',
    ),
    bad(
      'mention-in-a-character',
      'A mention ends between two characters.',
      kind,
      message(text('ñ'), [mention(0, 1)]),
      'CONTENT_FIELD',
    ),
    bad(
      'mentions-overlap',
      'Mentions are apart and ascending.',
      kind,
      message(text('abcd'), [mention(0, 2), mention(1, 2)]),
      'CONTENT_ORDER',
    ),
  ]
}

function reactions(): Vector[] {
  const target = toHex(TARGET)
  return [
    good('reaction', 'An emoji on a message.', KIND.reaction, bytes(TARGET, 1, text('👍')), {
      kind: 'reaction',
      target,
      isAdded: true,
      emoji: '👍',
    }),
    good(
      'reaction-taken-away',
      'A flag is one emoji of 28 bytes.',
      KIND.reaction,
      bytes(TARGET, 0, text('🏴󠁧󠁢󠁥󠁮󠁧󠁿')),
      {
        kind: 'reaction',
        target,
        isAdded: false,
        emoji: '🏴󠁧󠁢󠁥󠁮󠁧󠁿',
      },
    ),
    bad(
      'reaction-with-space',
      'An emoji has no space in it.',
      KIND.reaction,
      bytes(TARGET, 1, text('a b')),
      'CONTENT_TEXT',
    ),
    bad(
      'reaction-turning',
      'An emoji does not turn what stands beside it.',
      KIND.reaction,
      bytes(TARGET, 1, text('\u202e')),
      'CONTENT_TEXT',
    ),
    bad(
      'reaction-too-long',
      'An emoji has at most 32 bytes.',
      KIND.reaction,
      bytes(TARGET, 1, text('x'.repeat(33))),
      'CONTENT_LIMIT',
    ),
    bad(
      'reaction-neither',
      'It is put there or taken away.',
      KIND.reaction,
      bytes(TARGET, 2, text('👍')),
      'CONTENT_FIELD',
    ),
  ]
}

function edits(): Vector[] {
  const target = toHex(TARGET)
  return [
    good(
      'edit',
      'A message says something else from now on.',
      KIND.edit,
      bytes(TARGET, 0, text('new')),
      {
        kind: 'edit',
        target,
        mentions: [],
        text: 'new',
      },
    ),
    bad(
      'edit-of-nothing',
      'Zero is the hash of nothing.',
      KIND.edit,
      bytes(NO_HASH, 0, text('a')),
      'CONTENT_FIELD',
    ),
    good('delete', 'A message goes, for everybody.', KIND.delete, TARGET, {
      kind: 'delete',
      target,
    }),
    bad('delete-cut', 'A hash has 32 bytes.', KIND.delete, TARGET.subarray(1), 'CONTENT_TRUNCATED'),
  ]
}

function settings(): Vector[] {
  const target = toHex(TARGET)
  return [
    good('timer', 'From now on messages disappear.', KIND.timer, u(4, 86_400), {
      kind: 'timer',
      disappearSeconds: 86_400,
    }),
    bad(
      'timer-too-long',
      'Not after more than a year.',
      KIND.timer,
      u(4, 2 ** 32 - 1),
      'CONTENT_FIELD',
    ),
    good(
      'profile',
      'A name that is a word of the language.',
      KIND.profile,
      bytes(text('__proto__'), 1, TARGET),
      {
        kind: 'profile',
        name: '__proto__',
        pictureHash: target,
      },
    ),
    bad(
      'profile-invisible-name',
      'A name has no characters that do not show.',
      KIND.profile,
      bytes(text('a\u200bb'), 0),
      'CONTENT_TEXT',
    ),
  ]
}

export const messageVectors = (): Vector[] => [
  ...goodTexts(),
  ...badTexts(),
  ...badHeads(),
  ...badMentions(),
  ...reactions(),
  ...edits(),
  ...settings(),
]
