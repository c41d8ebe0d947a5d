import { concatBytes, toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { ErrorCode } from '@ezchat/protocol/errors.ts'
import type { Json, Vector } from '../vector.ts'
import { base64url, linkPayload, secretOf } from './reference/pieces.ts'
import { verdicts } from './reference/verdict.ts'

const decode = verdicts('link', 'decode')
const encode = verdicts('link', 'encode')

// 40 bytes and 5 around them: 60 characters that all carry six bits.
const BODY = concatBytes(secretOf('link'), secretOf('link').subarray(0, 8))
const SHORTER = BODY.subarray(1)
const payload = linkPayload(1, BODY)
const link = `ezchat:${payload}`
const output = (kind: number, body = BODY): Json => ({ kind, body: toHex(body) })

function good(name: string, note: string, text: string, kind = 1): Vector {
  return decode.good(name, note, { text }, output(kind))
}

function accepted(): Vector[] {
  const wrapped = `${link.slice(0, 30)}\r\n ${link.slice(30)}`
  return [
    good('contact', 'With our own scheme.', link),
    good('network', 'An invite to a network.', `ezchat:${linkPayload(2, BODY)}`, 2),
    good('device', 'A device to be linked.', `ezchat:${linkPayload(3, BODY)}`, 3),
    good('on-the-web', 'In the fragment of any page.', `https://chat.example/app?x=1#${payload}`),
    good('upper-case-scheme', 'Schemes have no case.', `EZCHAT:${payload}`),
    good('in-brackets', 'As mail programs write links.', ` <${link}>.`),
    good('in-quotes', 'As people write them.', `“${link}”, `),
    good('wrapped', 'Broken over two lines.', wrapped),
    decode.good(
      'no-body',
      'What a body may be is its kind’s affair.',
      { text: `ezchat:${linkPayload(1, new Uint8Array(0))}` },
      output(1, new Uint8Array(0)),
    ),
    encode.good('encode', 'Kind and body to text.', { kind: 1, body: toHex(BODY) }, link),
    encode.good(
      'encode-on-the-web',
      'Behind the address of a web client.',
      { kind: 1, body: toHex(BODY), base: 'https://chat.example/' },
      `https://chat.example/#${payload}`,
    ),
  ]
}

function refused(): Vector[] {
  const bad = (name: string, note: string, code: ErrorCode, text: string): Vector =>
    decode.bad(name, note, code, { text })
  const other = link.at(30) === 'A' ? 'B' : 'A'
  const kind = (value: number): string => `ezchat:${linkPayload(value, BODY)}`
  const short = `ezchat:${linkPayload(1, SHORTER)}`
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const filler = short.slice(0, -1) + alphabet[alphabet.indexOf(short.at(-1)!) + 1]
  const web = `https://chat.example/#${payload}`
  return [
    bad('truncated', 'The last character is missing.', 'LINK_CHECKSUM', link.slice(0, -1)),
    bad(
      'truncated-on-the-web',
      'The end is missing, of a page.',
      'LINK_CHECKSUM',
      web.slice(0, -9),
    ),
    bad(
      'mistyped',
      'One character is another.',
      'LINK_CHECKSUM',
      link.slice(0, 30) + other + link.slice(31),
    ),
    bad(
      'too-short',
      'No room for a checksum.',
      'LINK_TRUNCATED',
      `ezchat:${base64url(BODY.subarray(0, 4))}`,
    ),
    bad(
      'foreign-character',
      'The other base64.',
      'LINK_TEXT',
      `${link.slice(0, 30)}+${link.slice(31)}`,
    ),
    bad(
      'filler-characters',
      'base64 with its equal signs.',
      'LINK_TEXT',
      `ezchat:${linkPayload(1, BODY.subarray(2))}==`,
    ),
    bad('lone-character', 'A last character that carries nothing.', 'LINK_TEXT', `${link}A`),
    bad('filler-bits', 'Bits after the last byte: a second spelling.', 'LINK_TEXT', filler),
    bad('kind-zero', 'Zero names no kind.', 'LINK_KIND', kind(0)),
    bad('next-kind', 'The first kind that this version does not speak.', 'LINK_KIND', kind(6)),
    bad('unknown-kind', 'A kind of a later version.', 'LINK_KIND', kind(255)),
    bad(
      'too-long',
      'One character above the limit.',
      'LINK_LIMIT',
      link + 'A'.repeat(2049 - link.length),
    ),
    bad(
      'too-long-on-the-web',
      'The page’s own address counts too.',
      'LINK_LIMIT',
      `https://${'a'.repeat(2000)}/#${payload}`,
    ),
  ]
}

export function build(): Vector[] {
  const notMine = (name: string, note: string, text: string) => decode.notMine(name, note, { text })
  return [
    ...accepted(),
    ...refused(),
    notMine('prose', 'Any text that people write.', 'see you at seven'),
    notMine('page', 'A page without a fragment.', 'https://chat.example/'),
    notMine('part-of-a-page', 'A fragment that is a name.', 'https://chat.example/#top'),
    notMine(
      'plain-http',
      'Whoever is on the way could have changed the page.',
      `http://chat.example/#${payload}`,
    ),
  ]
}
