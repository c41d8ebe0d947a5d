// An emoji on somebody's message, put there or taken away. kinds.md §4
import type { Reader } from '../../codec/reader.ts'
import type { Writer } from '../../codec/writer.ts'
import { EMOJI_BYTES_MAX } from '../../constants.ts'
import { assert } from '../../errors.ts'
import { isEmoji } from '../message-text.ts'
import { readHash, readPresence, writeHash } from './message-head.ts'

export interface ReactionContent {
  readonly kind: 'reaction'
  readonly target: Uint8Array
  readonly isAdded: boolean
  readonly emoji: string
}

export function writeReaction(writer: Writer, content: ReactionContent): void {
  assert(isEmoji(content.emoji), 'expected an emoji')
  writeHash(writer, content.target)
    .u8(content.isAdded ? 1 : 0)
    .text(content.emoji, EMOJI_BYTES_MAX)
}

export function readReaction(reader: Reader): ReactionContent {
  const target = readHash(reader)
  const isAdded = readPresence(reader)
  const emoji = reader.text(EMOJI_BYTES_MAX)
  if (!isEmoji(emoji)) reader.fail('TEXT', 'no emoji')
  return { kind: 'reaction', target, isAdded, emoji }
}
