// The content of an entry, by its kind. kinds.md §1
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import { ENTRY_KINDS } from '../constants.ts'
import { assert, ProtocolError } from '../errors.ts'
import { contentBytesMax } from './entry.ts'
import { type FileContent, readFile, writeFile } from './kinds/file.ts'
import {
  type AnswerContent,
  type RequestContent,
  readAnswer,
  readRequest,
  writeAnswer,
  writeRequest,
} from './kinds/history.ts'
import {
  type CallContent,
  type OpaqueContent,
  type OpaqueKind,
  type OpaqueOf,
  readCall,
  readOpaque,
  writeCall,
  writeOpaque,
} from './kinds/opaque.ts'
import {
  type ProfileContent,
  readProfile,
  readTimer,
  type TimerContent,
  writeProfile,
  writeTimer,
} from './kinds/profile.ts'
import { type ReactionContent, readReaction, writeReaction } from './kinds/reaction.ts'
import { type ReceiptContent, readReceipt, writeReceipt } from './kinds/receipt.ts'
import {
  type DeleteContent,
  type EditContent,
  readDelete,
  readEdit,
  readText,
  type TextContent,
  writeDelete,
  writeEdit,
  writeText,
} from './kinds/text.ts'

export type Content =
  | TextContent
  | ReactionContent
  | EditContent
  | DeleteContent
  | FileContent
  | ProfileContent
  | TimerContent
  | OpaqueContent
  | ReceiptContent
  | CallContent
  | RequestContent
  | AnswerContent

export type ContentKind = Content['kind']

interface Codec<C> {
  readonly write: (writer: Writer, content: C) => void
  readonly read: (reader: Reader) => C
}

const opaque = <K extends OpaqueKind>(kind: K): Codec<OpaqueOf<K>> => ({
  write: (writer, content) => writeOpaque(writer, content as OpaqueContent),
  read: (reader) => readOpaque(reader, kind),
})

const CODECS: { readonly [K in ContentKind]: Codec<Extract<Content, { kind: K }>> } = {
  text: { write: writeText, read: readText },
  reaction: { write: writeReaction, read: readReaction },
  edit: { write: writeEdit, read: readEdit },
  delete: { write: writeDelete, read: readDelete },
  file: { write: writeFile, read: readFile },
  profile: { write: writeProfile, read: readProfile },
  timer: { write: writeTimer, read: readTimer },
  membership: opaque('membership'),
  rotation: opaque('rotation'),
  readState: opaque('readState'),
  contact: opaque('contact'),
  setting: opaque('setting'),
  receipt: { write: writeReceipt, read: readReceipt },
  call: { write: writeCall, read: readCall },
  request: { write: writeRequest, read: readRequest },
  answer: { write: writeAnswer, read: readAnswer },
}

const NAMES: ReadonlyMap<number, ContentKind> = new Map(
  Object.entries(ENTRY_KINDS).map(([name, kind]) => [kind, name as ContentKind]),
)

export function contentKindOf(kind: number): ContentKind | null {
  return NAMES.get(kind) ?? null
}

export interface EncodedContent {
  readonly kind: number
  readonly content: Uint8Array
}

export function encodeContent(content: Content): EncodedContent {
  const kind = ENTRY_KINDS[content.kind]
  const writer = new Writer()
  const codec = CODECS[content.kind] as unknown as Codec<Content>
  codec.write(writer, content)
  const bytes = writer.finish()
  assert(bytes.length <= contentBytesMax(kind), `${bytes.length} bytes of ${content.kind}`)
  return { kind, content: bytes }
}

/** Null for a kind from a newer version: kept, passed on, and not shown. Throws CONTENT_*. */
export function decodeContent(kind: number, bytes: Uint8Array): Content | null {
  const name = contentKindOf(kind)
  if (name === null) return null
  if (bytes.length > contentBytesMax(kind)) throw new ProtocolError('CONTENT_LIMIT')
  const reader = new Reader(bytes, 'CONTENT')
  const content = CODECS[name].read(reader)
  reader.end()
  return content
}
