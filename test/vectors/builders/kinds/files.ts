// Files that people send: kinds.md §5.
import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { Vector } from '../../vector.ts'
import { seed, u } from '../conversation/raw.ts'
import { bad, bytes, good, prefixed, text } from './raw.ts'

interface FileParts {
  readonly name: string
  readonly mediaType: string
  readonly size: bigint
  readonly manifest: Uint8Array
}

function file(lie: Partial<FileParts> = {}): Uint8Array {
  const parts = {
    name: 'a.txt',
    mediaType: 'text/plain',
    size: 7n,
    manifest: seed('manifest'),
    ...lie,
  }
  const { name, mediaType, size, manifest } = parts
  return bytes(u(4, 0), 0, text(name), text(mediaType), u(8, size), 0, prefixed(manifest))
}

export function fileVectors(): Vector[] {
  const kind = 5
  return [
    good('file', 'A file, whose pieces its manifest names.', kind, file(), {
      kind: 'file',
      disappearSeconds: 0,
      replyTo: null,
      name: 'a.txt',
      mediaType: 'text/plain',
      sizeBytes: 7,
      caption: null,
      manifest: toHex(seed('manifest')),
    }),
    bad(
      'file-name-is-a-path',
      'A name that is a path writes where it should not.',
      kind,
      file({ name: '../a' }),
      'CONTENT_TEXT',
    ),
    bad(
      'file-name-backslash',
      'A path on other systems is a path as well.',
      kind,
      file({ name: 'a\\b' }),
      'CONTENT_TEXT',
    ),
    bad('file-name-dots', 'Two dots are a folder.', kind, file({ name: '..' }), 'CONTENT_TEXT'),
    bad(
      'file-name-turning',
      'A name that turns hides what kind of file it is.',
      kind,
      file({ name: 'a\u202egpj.exe' }),
      'CONTENT_TEXT',
    ),
    bad(
      'file-media-type',
      'A media type is in lower case, with one stroke.',
      kind,
      file({ mediaType: 'Text/HTML' }),
      'CONTENT_TEXT',
    ),
    bad(
      'file-too-large',
      'A size above 2^53 - 1 is not counted by every language.',
      kind,
      file({ size: 2n ** 53n }),
      'CONTENT_FIELD',
    ),
    bad(
      'file-without-manifest',
      'Without a manifest there is no file.',
      kind,
      file({ manifest: new Uint8Array(0) }),
      'CONTENT_LENGTH',
    ),
    bad(
      'file-manifest-too-long',
      'A manifest has at most 8 KiB.',
      kind,
      file({ manifest: new Uint8Array(8193) }),
      'CONTENT_LIMIT',
    ),
  ]
}
