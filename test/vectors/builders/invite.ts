import { concatBytes, toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { ErrorCode } from '@ezchat/protocol/errors.ts'
import type { Json, Vector } from '../vector.ts'
import {
  linkPayload,
  prefixed,
  publicOf,
  secretOf,
  u8,
  u16,
  u32,
  WRONG_KEYS,
} from './reference/pieces.ts'
import { verdicts } from './reference/verdict.ts'

const NOW = 1_800_000_000
const decode = verdicts('invite', 'decode')
const link = verdicts('invite', 'link')
const check = verdicts('invite', 'network')

const NETWORK = secretOf('network')
const KEY = publicOf('invite')
const DOOR = secretOf('door')
const TOKEN = secretOf('token').subarray(0, 16)
const HINTS = ['/dns4/a.example/tcp/443/wss', '/ip6/2001:db8::7/tcp/4001']

interface Parts {
  readonly version: number
  readonly flags: number
  readonly key: Uint8Array
  readonly shard: number
  readonly expires: number
  readonly hintCount: number | null
  readonly hints: readonly (string | Uint8Array)[]
  readonly name: string | Uint8Array
  readonly end: Uint8Array
}

const HONEST: Parts = {
  version: 1,
  flags: 1,
  key: KEY,
  shard: 42,
  expires: NOW,
  hintCount: null,
  hints: HINTS,
  name: 'Bob',
  end: TOKEN,
}

function invite(lie: Partial<Parts> = {}): Uint8Array {
  const parts = { ...HONEST, ...lie }
  return concatBytes(
    u8(parts.version),
    u8(parts.flags),
    NETWORK,
    parts.key,
    DOOR,
    u16(parts.shard),
    u32(parts.expires),
    u8(parts.hintCount ?? parts.hints.length),
    ...parts.hints.map(prefixed),
    prefixed(parts.name),
    parts.end,
  )
}

const OUTPUT = {
  networkId: toHex(NETWORK),
  identityKey: toHex(KEY),
  doorSecret: toHex(DOOR),
  homeShard: 42,
  expiresSeconds: NOW as number | null,
  hints: HINTS as string[],
  suggestedName: 'Bob',
  token: toHex(TOKEN) as string | null,
}

function input(bytes: Uint8Array, nowSeconds = NOW): { [key: string]: Json } {
  return { invite: toHex(bytes), nowSeconds }
}

function good(
  name: string,
  note: string,
  lie: Partial<Parts>,
  output: Partial<typeof OUTPUT>,
): Vector {
  return decode.good(name, note, input(invite(lie)), { ...OUTPUT, ...output })
}

function accepted(): Vector[] {
  const most = Array.from({ length: 4 }, (_, i) => `/dns4/${i}${'x'.repeat(121)}`)
  const longName = `${'€'.repeat(21)}a`
  const family = '👩‍👩‍👧'
  return [
    good('whole', 'Every field, in its last second.', {}, {}),
    good(
      'least',
      'Nothing that may be left out, and no end.',
      { flags: 0, expires: 0, hints: [], name: '', end: new Uint8Array(0) },
      { expiresSeconds: null, hints: [], suggestedName: '', token: null },
    ),
    good(
      'largest',
      'Every field at its limit: 707 bytes.',
      { hints: most, name: longName },
      { hints: most, suggestedName: longName },
    ),
    good(
      'joined-emoji',
      'Joiners are allowed: emoji need them.',
      { name: family },
      { suggestedName: family },
    ),
    link.good(
      'as-link',
      'In a link of kind 1.',
      { text: `ezchat:${linkPayload(1, invite())}`, nowSeconds: NOW },
      OUTPUT,
    ),
    link.notMine('link-to-network', 'A link of kind 2 is no contact.', {
      text: `ezchat:${linkPayload(2, invite())}`,
      nowSeconds: NOW,
    }),
  ]
}

function bad(name: string, note: string, code: ErrorCode, bytes: Uint8Array): Vector {
  return decode.bad(name, note, code, input(bytes))
}

function malformed(): Vector[] {
  const whole = invite()
  const none = new Uint8Array(0)
  return [
    bad('empty', 'There are no bytes.', 'INVITE_TRUNCATED', none),
    bad('truncated', 'The last byte is missing.', 'INVITE_TRUNCATED', whole.subarray(0, -1)),
    bad('trailing-byte', 'A byte too many.', 'INVITE_TRAILING', concatBytes(whole, u8(0))),
    bad('unknown-version', 'A later version.', 'INVITE_VERSION', invite({ version: 2 })),
    bad('unknown-flag', 'A flag of a later version.', 'INVITE_FIELD', invite({ flags: 3 })),
    bad(
      'token-without-flag',
      'The flag denies the token.',
      'INVITE_TRAILING',
      invite({ flags: 0 }),
    ),
    bad(
      'flag-without-token',
      'The flag promises a token.',
      'INVITE_TRUNCATED',
      invite({ end: none }),
    ),
    bad(
      'five-hints',
      'One hint more than there may be.',
      'INVITE_LIMIT',
      invite({ hints: ['/a', '/b', '/c', '/d', '/e'] }),
    ),
    bad(
      'absurd-hint-count',
      'It claims 255 hints and has two.',
      'INVITE_LIMIT',
      invite({ hintCount: 255 }),
    ),
    bad(
      'long-hint',
      'A hint of 129 bytes.',
      'INVITE_LIMIT',
      invite({ hints: [`/${'a'.repeat(128)}`] }),
    ),
    bad('long-name', 'A name of 65 bytes.', 'INVITE_LIMIT', invite({ name: 'a'.repeat(65) })),
    bad(
      'too-long',
      'One byte above the limit.',
      'INVITE_LIMIT',
      concatBytes(whole, new Uint8Array(708 - whole.length)),
    ),
  ]
}

function texts(): Vector[] {
  const hint = (name: string, note: string, text: string | Uint8Array): Vector =>
    bad(name, note, 'INVITE_TEXT', invite({ hints: [text] }))
  const named = (name: string, note: string, text: string | Uint8Array): Vector =>
    bad(name, note, 'INVITE_TEXT', invite({ name: text }))
  return [
    hint('hint-without-slash', 'No multiaddr begins so.', 'a.example:443'),
    hint('hint-with-space', 'A space would end it where it is shown.', '/dns4/a b'),
    hint('hint-not-ascii', 'Letters that look like others.', '/dns4/аpple.example'),
    hint('empty-hint', 'A hint of nothing.', ''),
    bad('repeated-hint', 'A hint twice.', 'INVITE_ORDER', invite({ hints: ['/a', '/a'] })),
    named('name-with-line-end', 'It would forge a line.', 'Bob\nfrom: Alice'),
    named('name-with-direction', 'It would turn the text around it.', 'Bob\u202e'),
    named('name-with-isolate', 'The newer marks of direction too.', 'Bob\u2066'),
    named('name-with-zero-width', 'It would pass for another name.', 'Bo\u200bb'),
    named('name-with-tags', 'Text inside text that nobody sees.', 'Bob\u{e0041}'),
    named('name-with-space-before', 'It would pass for another name.', ' Bob'),
    named('name-not-utf8', 'A byte that no UTF-8 has.', Uint8Array.of(0x42, 0xff)),
    named(
      'name-with-surrogate',
      'Half of a pair, spelled as UTF-8.',
      Uint8Array.of(0xed, 0xa0, 0x80),
    ),
  ]
}

function refused(): Vector[] {
  const wrongKey = (name: string, note: string, key: Uint8Array): Vector =>
    bad(name, note, 'INVITE_INVALID', invite({ key }))
  const networkInput = (id: Uint8Array, shardBits: number) => ({
    ...input(invite()),
    networkId: toHex(id),
    shardBits,
  })
  return [
    wrongKey('torsion-key', 'It would have several mailboxes for one day.', WRONG_KEYS.torsion),
    wrongKey('small-order-key', 'Everybody can sign for it.', WRONG_KEYS.smallOrder),
    wrongKey('key-off-curve', 'It is no point at all.', WRONG_KEYS.offCurve),
    bad('expired', 'Its last second is over.', 'INVITE_EXPIRED', invite({ expires: NOW - 1 })),
    check.good('network-fits', 'A shard that the network has.', networkInput(NETWORK, 6), true),
    check.bad(
      'other-network',
      'For another network.',
      'INVITE_NETWORK',
      networkInput(secretOf('x'), 6),
    ),
    check.bad(
      'shard-beyond-network',
      'Shard 42 in a network of 32.',
      'INVITE_FIELD',
      networkInput(NETWORK, 5),
    ),
  ]
}

export function build(): Vector[] {
  return [...accepted(), ...malformed(), ...texts(), ...refused()]
}
