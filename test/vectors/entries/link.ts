import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import { decodeLink, encodeLink, type LinkKind } from '@ezchat/protocol/codec/link.ts'
import { bytes, number, text } from '../input.ts'
import type { Entries } from '../vector.ts'

export const entries: Entries = {
  decode(input, crypto) {
    const link = decodeLink(crypto, text(input, 'text'))
    return link === null ? null : { kind: link.kind, body: toHex(link.body) }
  },
  encode(input, crypto) {
    const base = input.base === undefined ? null : text(input, 'base')
    return encodeLink(crypto, number(input, 'kind') as LinkKind, bytes(input, 'body'), base)
  },
}
