import { concatBytes, toHex, utf8 } from '@ezchat/protocol/codec/bytes.ts'
import { ERROR_TABLE, type ErrorCode } from '@ezchat/protocol/errors.ts'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { base64urlnopad } from '@scure/base'
import type { Json, JsonObject, Vector } from '../vector.ts'

const KEY = sha256(utf8('vector network: key'))
const KEY_CHECK = hkdf(sha256, KEY, new Uint8Array(0), utf8('ezchat/v1/network/key-check\0'), 32)
const NOW = 1_800_000_000
const EXPIRES_AT = NOW + 86_400
const BOOTSTRAPS = ['/dns4/relay.example/tcp/443/wss', '/ip6/2001:db8::1/tcp/4001']
const LINK_KIND_CONTACT = 1
const LINK_KIND_NETWORK = 2

function u16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 0xff)
}

function u32(value: number): Uint8Array {
  return concatBytes(u16(value >>> 16), u16(value & 0xffff))
}

function prefixed(bytes: Uint8Array): Uint8Array {
  return concatBytes(u16(bytes.length), bytes)
}

interface Parts {
  readonly version: number
  readonly name: Uint8Array
  readonly shardBits: number
  readonly ttlDays: number
  readonly price: number
  readonly bucketsMask: number
  readonly access: Uint8Array
}

const OPEN = Uint8Array.of(0)
const CLOSED = concatBytes(Uint8Array.of(1), KEY_CHECK)
const HONEST: Parts = {
  version: 1,
  name: utf8('ezchat'),
  shardBits: 8,
  ttlDays: 30,
  price: 137,
  bucketsMask: 15,
  access: OPEN,
}

function descriptor(lie: Partial<Parts> = {}): Uint8Array {
  const parts = { ...HONEST, ...lie }
  return concatBytes(
    Uint8Array.of(parts.version),
    prefixed(parts.name),
    Uint8Array.of(parts.shardBits),
    u16(parts.ttlDays),
    u32(parts.price),
    Uint8Array.of(parts.bucketsMask),
    parts.access,
  )
}

function outputOf(lie: Partial<Parts>, name: string): { [field: string]: Json } {
  const { shardBits, ttlDays, price, bucketsMask, access } = { ...HONEST, ...lie }
  const keyCheck = access.length === 1 ? null : toHex(access.subarray(1))
  const id = toHex(sha256(descriptor(lie)))
  return { id, name, shardBits, ttlDays, price, bucketsMask, keyCheck }
}

function good(name: string, note: string, entry: string, input: JsonObject, output: Json): Vector {
  return { format: 'network', name, note, entry, input, expect: 'ok', output }
}

function fails(
  name: string,
  note: string,
  code: ErrorCode,
  entry: string,
  input: JsonObject,
): Vector {
  const expect = ERROR_TABLE.get(code)!.failure
  return { format: 'network', name, note, entry, input, expect, code }
}

function decodes(name: string, note: string, lie: Partial<Parts>, shown: string): Vector {
  const bytes = toHex(descriptor(lie))
  const output = { ...outputOf(lie, shown), again: bytes }
  return good(name, note, 'decode', { descriptor: bytes }, output)
}

function refuses(name: string, note: string, code: ErrorCode, bytes: Uint8Array): Vector {
  return fails(name, note, code, 'decode', { descriptor: toHex(bytes) })
}

function named(name: string, note: string, text: string | Uint8Array): Vector {
  const bytes = typeof text === 'string' ? utf8(text) : text
  return refuses(name, note, 'NETWORK_TEXT', descriptor({ name: bytes }))
}

function descriptors(): Vector[] {
  const longest = 'é'.repeat(32)
  return [
    good(
      'default',
      'The network of those who name none.',
      'default',
      {},
      {
        descriptor: toHex(descriptor()),
        ...outputOf({}, 'ezchat'),
      },
    ),
    decodes(
      'closed',
      'A closed network carries what its key derives to.',
      { access: CLOSED },
      'ezchat',
    ),
    decodes(
      'least',
      'Every number at its least: one shard, one day, no postage, one size.',
      { name: utf8('x'), shardBits: 0, ttlDays: 1, price: 0, bucketsMask: 1 },
      'x',
    ),
    decodes(
      'most',
      'Every number at its most, and a name of 64 bytes in form C.',
      { name: utf8(longest), shardBits: 8, ttlDays: 365, price: 0xffffffff },
      longest,
    ),
    good(
      'key-check',
      'What the key of a closed network derives to.',
      'keyCheck',
      { key: toHex(KEY) },
      toHex(KEY_CHECK),
    ),
    good(
      'protocol-name',
      'Half of the id is in every protocol name, so networks never mix.',
      'protocolName',
      { networkId: toHex(sha256(descriptor())), name: 'stem', version: 1 },
      `/ezchat/${toHex(sha256(descriptor()).subarray(0, 16))}/stem/1`,
    ),
    good(
      'last-shard',
      'Shards are counted from 0.',
      'shard',
      { descriptor: toHex(descriptor()), shard: 255 },
      255,
    ),
    fails('shard-beyond', 'There is no shard 256 of 256.', 'NETWORK_FIELD', 'shard', {
      descriptor: toHex(descriptor()),
      shard: 256,
    }),
  ]
}

function malformed(): Vector[] {
  const whole = descriptor()
  const closed = descriptor({ access: CLOSED })
  return [
    refuses('empty', 'No bytes at all.', 'NETWORK_TRUNCATED', new Uint8Array(0)),
    refuses('truncated', 'The access is missing.', 'NETWORK_TRUNCATED', whole.subarray(0, -1)),
    refuses('truncated-check', 'Half a check.', 'NETWORK_TRUNCATED', closed.subarray(0, -16)),
    refuses(
      'trailing-byte',
      'A byte more would be another id for the same network.',
      'NETWORK_TRAILING',
      concatBytes(whole, Uint8Array.of(0)),
    ),
    refuses(
      'open-with-check',
      'An open network with the check of a key.',
      'NETWORK_TRAILING',
      descriptor({ access: concatBytes(OPEN, KEY_CHECK) }),
    ),
    refuses('absurd-length', 'Far longer than any.', 'NETWORK_LIMIT', new Uint8Array(4096).fill(1)),
    refuses(
      'unknown-version',
      'A version that is not known here.',
      'NETWORK_VERSION',
      descriptor({ version: 2 }),
    ),
    refuses(
      'too-many-shards',
      'More shards than one gossip network bears.',
      'NETWORK_FIELD',
      descriptor({ shardBits: 9 }),
    ),
    refuses('no-time', 'It keeps nothing.', 'NETWORK_FIELD', descriptor({ ttlDays: 0 })),
    refuses('too-long-time', 'More than a year.', 'NETWORK_FIELD', descriptor({ ttlDays: 366 })),
    refuses('no-buckets', 'No size is allowed.', 'NETWORK_FIELD', descriptor({ bucketsMask: 0 })),
    refuses('unknown-bucket', 'A fifth size.', 'NETWORK_FIELD', descriptor({ bucketsMask: 16 })),
    refuses(
      'unknown-access',
      'Neither open nor closed.',
      'NETWORK_FIELD',
      descriptor({ access: Uint8Array.of(2) }),
    ),
  ]
}

function names(): Vector[] {
  return [
    named('empty-name', 'A network without a name.', ''),
    refuses(
      'long-name',
      'A name of 65 bytes.',
      'NETWORK_LIMIT',
      descriptor({ name: utf8('x'.repeat(65)) }),
    ),
    named('name-not-utf8', 'Bytes that are no text.', Uint8Array.of(0x65, 0xff)),
    named('name-overlong', 'A slash in two bytes where one says it.', Uint8Array.of(0xc0, 0xaf)),
    named('name-with-bom', 'A byte order mark, which some decoders swallow.', '\ufeffezchat'),
    named('name-not-form-c', 'e and a combining accent: looks like another name.', 'cafe\u0301'),
    named('name-with-control', 'A line break could forge a line of a log.', 'ez\nchat'),
    named('name-turned-round', 'A character that reverses what follows it.', 'ez\u202echat'),
    named('name-invisible', 'A space of no width: looks like another name.', 'ez\u200bchat'),
    named('name-with-tag', 'Tags are text that nobody sees.', 'ezchat\u{e0032}'),
    named('name-with-joiner', 'Joiners are of no use here, and do not show.', 'ez\u200dchat'),
    named('name-with-filler', 'A letter without a shape: looks like another name.', 'ezchat\u3164'),
    named('name-with-edge-space', 'A space that nobody sees.', 'ezchat '),
  ]
}

interface InviteParts {
  readonly version: number
  readonly descriptor: Uint8Array
  readonly expiresAt: number
  readonly key: Uint8Array
  readonly bootstraps: readonly string[]
  readonly count: number | null
}

const HONEST_INVITE: InviteParts = {
  version: 1,
  descriptor: descriptor({ access: CLOSED }),
  expiresAt: EXPIRES_AT,
  key: KEY,
  bootstraps: BOOTSTRAPS,
  count: null,
}

function inviteBody(lie: Partial<InviteParts> = {}): Uint8Array {
  const parts = { ...HONEST_INVITE, ...lie }
  return concatBytes(
    Uint8Array.of(parts.version),
    prefixed(parts.descriptor),
    u32(parts.expiresAt),
    parts.key,
    Uint8Array.of(parts.count ?? parts.bootstraps.length),
    ...parts.bootstraps.map((bootstrap) => prefixed(utf8(bootstrap))),
  )
}

function inviteOutput(lie: Partial<InviteParts>): { [field: string]: Json } {
  const { descriptor: bytes, key, bootstraps, expiresAt } = { ...HONEST_INVITE, ...lie }
  return {
    network: toHex(sha256(bytes)),
    key: key.length === 0 ? null : toHex(key),
    bootstraps: [...bootstraps],
    expiresAt,
  }
}

function invites(name: string, note: string, lie: Partial<InviteParts>): Vector {
  const body = toHex(inviteBody(lie))
  const output = { ...inviteOutput(lie), again: body }
  return good(name, note, 'invite', { body, nowSeconds: NOW }, output)
}

function refusesInvite(
  name: string,
  note: string,
  code: ErrorCode,
  lie: Partial<InviteParts>,
): Vector {
  return fails(name, note, code, 'invite', { body: toHex(inviteBody(lie)), nowSeconds: NOW })
}

function link(kind: number, body: Uint8Array): string {
  const kindAndBody = concatBytes(Uint8Array.of(kind), body)
  const sum = sha256(concatBytes(utf8('ezchat/v1/hash/link\0'), kindAndBody)).subarray(0, 4)
  return `ezchat:${base64urlnopad.encode(concatBytes(kindAndBody, sum))}`
}

function goodInvites(): Vector[] {
  const text = link(LINK_KIND_NETWORK, inviteBody())
  const open = { descriptor: descriptor(), key: new Uint8Array(0) }
  return [
    invites('invite-closed', 'The key travels with the invite to a closed network.', {}),
    invites('invite-open', 'An open network has no key.', open),
    invites('invite-alone', 'No nodes to begin with.', { ...open, bootstraps: [] }),
    invites('invite-last-second', 'It may be used in its last second.', { expiresAt: NOW }),
    good(
      'invite-link',
      'The same as a link.',
      'link',
      { link: text, nowSeconds: NOW },
      {
        ...inviteOutput({}),
        again: text,
      },
    ),
    {
      format: 'network',
      name: 'invite-other-link',
      note: 'A link to a person is no invite to a network.',
      entry: 'link',
      input: { link: link(LINK_KIND_CONTACT, inviteBody()), nowSeconds: NOW },
      expect: 'not-mine',
    },
  ]
}

function badInvites(): Vector[] {
  const many = Array.from({ length: 9 }, (_, n) => `/ip4/192.0.2.${n}/tcp/4001`)
  return [
    refusesInvite(
      'invite-wrong-key',
      'A key that is not the one that the network names.',
      'NETWORK_INVALID',
      { key: sha256(KEY) },
    ),
    refusesInvite('invite-expired', 'A second past its last.', 'NETWORK_EXPIRED', {
      expiresAt: NOW - 1,
    }),
    refusesInvite(
      'invite-unknown-version',
      'A version that is not known here.',
      'NETWORK_VERSION',
      { version: 2 },
    ),
    refusesInvite('invite-bad-descriptor', 'A network that keeps nothing.', 'NETWORK_FIELD', {
      descriptor: descriptor({ ttlDays: 0, access: CLOSED }),
    }),
    refusesInvite('invite-truncated', 'It names a third node.', 'NETWORK_TRUNCATED', { count: 3 }),
    refusesInvite('invite-trailing', 'It names one node of two.', 'NETWORK_TRAILING', { count: 1 }),
    refusesInvite('invite-crowd', 'Nine nodes.', 'NETWORK_LIMIT', { bootstraps: many }),
    refusesInvite('invite-node-twice', 'A node twice.', 'NETWORK_ORDER', {
      bootstraps: [BOOTSTRAPS[0]!, BOOTSTRAPS[0]!],
    }),
    refusesInvite('invite-no-multiaddr', 'A host name.', 'NETWORK_TEXT', {
      bootstraps: ['relay.example'],
    }),
    refusesInvite('invite-control', 'A line break in an address.', 'NETWORK_TEXT', {
      bootstraps: ['/dns4/relay.example\n/tcp/443'],
    }),
    refusesInvite('invite-not-ascii', 'A letter that only looks like a.', 'NETWORK_TEXT', {
      bootstraps: ['/dns4/rel\u0430y.example/tcp/443'],
    }),
    refusesInvite('invite-long-address', 'An address of 129 characters.', 'NETWORK_LIMIT', {
      bootstraps: [`/dns4/${'x'.repeat(123)}`],
    }),
  ]
}

export function build(): Vector[] {
  return [...descriptors(), ...malformed(), ...names(), ...goodInvites(), ...badInvites()]
}
