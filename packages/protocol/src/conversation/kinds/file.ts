// A file: what it is called, and where its pieces are. kinds.md §5
import { isPlainName } from '../../codec/plain-text.ts'
import type { Reader } from '../../codec/reader.ts'
import type { Writer } from '../../codec/writer.ts'
import {
  CAPTION_BYTES_MAX,
  FILE_MANIFEST_BYTES_MAX,
  FILE_NAME_BYTES_MAX,
  MEDIA_TYPE_CHARACTERS_MAX,
  SEQUENCE_MAX,
} from '../../constants.ts'
import { assert } from '../../errors.ts'
import { readMessageText, writeMessageText } from '../message-text.ts'
import { type MessageHead, readHead, readPresence, writeHead } from './message-head.ts'

export interface FileContent extends MessageHead {
  readonly kind: 'file'
  readonly name: string
  readonly mediaType: string
  readonly sizeBytes: number
  readonly caption: string | null
  /** Keys and pieces, for the part that moves files. Opaque here. */
  readonly manifest: Uint8Array
}

const MEDIA_TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]*\/[a-z0-9][a-z0-9!#$&^_.+-]*$/

/** A name, not a path: nobody writes outside the folder that a reader chose. */
export function isFileName(name: string): boolean {
  if (name === '' || name === '.' || name === '..' || /[/\\]/.test(name)) return false
  return isPlainName(name, FILE_NAME_BYTES_MAX)
}

function isMediaType(text: string): boolean {
  return text.length <= MEDIA_TYPE_CHARACTERS_MAX && MEDIA_TYPE.test(text)
}

export function writeFile(writer: Writer, content: FileContent): void {
  const { name, mediaType, sizeBytes, caption, manifest } = content
  assert(isFileName(name) && isMediaType(mediaType), 'expected a file name and a media type')
  assert(manifest.length > 0, 'a file without a manifest')
  writeHead(writer, content)
  writer.text(name, FILE_NAME_BYTES_MAX).text(mediaType, MEDIA_TYPE_CHARACTERS_MAX)
  writer.u64(BigInt(sizeBytes)).u8(caption === null ? 0 : 1)
  if (caption !== null) writeMessageText(writer, caption, CAPTION_BYTES_MAX)
  writer.prefixed(manifest, FILE_MANIFEST_BYTES_MAX)
}

export function readFile(reader: Reader): FileContent {
  const head = readHead(reader)
  const name = reader.text(FILE_NAME_BYTES_MAX)
  if (!isFileName(name)) reader.fail('TEXT', 'file name')
  const mediaType = reader.text(MEDIA_TYPE_CHARACTERS_MAX)
  if (!isMediaType(mediaType)) reader.fail('TEXT', 'media type')
  const size = reader.u64()
  if (size > BigInt(SEQUENCE_MAX)) reader.fail('FIELD', 'size of the file')
  const caption = readPresence(reader) ? readMessageText(reader, CAPTION_BYTES_MAX) : null
  const manifest = reader.prefixed(FILE_MANIFEST_BYTES_MAX)
  if (manifest.length === 0) reader.fail('LENGTH', 'manifest')
  return { kind: 'file', ...head, name, mediaType, sizeBytes: Number(size), caption, manifest }
}
