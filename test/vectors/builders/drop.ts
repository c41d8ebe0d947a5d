import { compareBytes, concatBytes, toHex, utf8 } from '@ezchat/protocol/codec/bytes.ts'
import { ERROR_TABLE, type ErrorCode } from '@ezchat/protocol/errors.ts'
import { ed25519 } from '@noble/curves/ed25519.js'
import { sha256 } from '@noble/hashes/sha2.js'
import type { Json, JsonObject, Vector } from '../vector.ts'

const seed = (name: string): Uint8Array => sha256(utf8(`vector drop: ${name}`))

const NETWORK_ID = seed('network')
const MAILBOX_SEED = seed('mailbox')
const MAILBOX = ed25519.getPublicKey(MAILBOX_SEED)
const OTHER_SEED = seed('other mailbox')
const OTHER = ed25519.getPublicKey(OTHER_SEED)
const DELEGATE_SEED = seed('delegate')
const DELEGATE = ed25519.getPublicKey(DELEGATE_SEED)
const NOW = 1_800_000_000
const DAY_SECONDS = 86_400
const TTL_DAYS = 30
const IDS = [1, 2, 3].map((n) => seed(`envelope ${n}`)).sort(compareBytes)
const KIND_IDS = 1
const KIND_BEFORE = 2

function numbers(...fields: readonly [bits: 8 | 16 | 32, value: number][]): Uint8Array {
  const view = new DataView(new ArrayBuffer(fields.reduce((sum, [bits]) => sum + bits / 8, 0)))
  let at = 0
  for (const [bits, value] of fields) {
    if (bits === 8) view.setUint8(at, value)
    else if (bits === 16) view.setUint16(at, value)
    else view.setUint32(at, value)
    at += bits / 8
  }
  return new Uint8Array(view.buffer)
}

function warrant(lie: { rights?: number; notAfter?: number; seed?: Uint8Array } = {}): Uint8Array {
  const owner = lie.seed ?? MAILBOX_SEED
  const body = concatBytes(
    numbers([8, 1]),
    NETWORK_ID,
    ed25519.getPublicKey(owner),
    DELEGATE,
    numbers([8, lie.rights ?? 2], [32, lie.notAfter ?? NOW]),
  )
  const signed = concatBytes(utf8('ezchat/v1/sign/warrant\0'), body)
  return concatBytes(body, ed25519.sign(signed, owner))
}

interface Parts {
  readonly version: number
  readonly networkId: Uint8Array
  readonly mailbox: Uint8Array
  readonly kind: number
  readonly time: number
  readonly ids: readonly Uint8Array[]
  readonly count: number | null
  readonly signer: number
  readonly warrant: Uint8Array
  readonly label: string
  readonly seed: Uint8Array
}

const HONEST: Parts = {
  version: 1,
  networkId: NETWORK_ID,
  mailbox: MAILBOX,
  kind: KIND_IDS,
  time: NOW,
  ids: IDS,
  count: null,
  signer: 0,
  warrant: new Uint8Array(0),
  label: 'ezchat/v1/sign/drop\0',
  seed: MAILBOX_SEED,
}

function drop(lie: Partial<Parts> = {}): Uint8Array {
  const parts = { ...HONEST, ...lie }
  const body = concatBytes(
    numbers([8, parts.version]),
    parts.networkId,
    parts.mailbox,
    numbers([8, parts.kind], [32, parts.time], [16, parts.count ?? parts.ids.length]),
    ...parts.ids,
    numbers([8, parts.signer]),
    parts.warrant,
  )
  return concatBytes(body, ed25519.sign(concatBytes(utf8(parts.label), body), parts.seed))
}

function before(time: number): Uint8Array {
  return drop({ kind: KIND_BEFORE, time, ids: [] })
}

function byDelegate(lie: Parameters<typeof warrant>[0] = {}): Uint8Array {
  return drop({ signer: 1, warrant: warrant(lie), seed: DELEGATE_SEED })
}

const CHECK: JsonObject = { networkId: toHex(NETWORK_ID), ttlDays: TTL_DAYS, nowSeconds: NOW }

function good(name: string, note: string, bytes: Uint8Array, output: Json): Vector {
  const input = { drop: toHex(bytes), ...CHECK }
  return { format: 'drop', name, note, entry: 'verify', input, expect: 'ok', output }
}

function bad(name: string, note: string, code: ErrorCode, bytes: Uint8Array): Vector {
  const input = { drop: toHex(bytes), ...CHECK }
  const expect = ERROR_TABLE.get(code)!.failure
  return { format: 'drop', name, note, entry: 'verify', input, expect, code }
}

const idsOutput = (ids: readonly Uint8Array[]): Json => ({
  mailbox: toHex(MAILBOX),
  madeAt: NOW,
  ids: ids.map(toHex),
})

function manyIds(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, n) => seed(`many ${n}`)).sort(compareBytes)
}

function accepted(): Vector[] {
  const many = manyIds(256)
  const ahead = NOW + DAY_SECONDS
  return [
    good('ids', 'Three envelopes, signed by the mailbox.', drop(), idsOutput(IDS)),
    good('ids-most', 'As many ids as one drop may hold.', drop({ ids: many }), idsOutput(many)),
    good('by-delegate', 'Signed by a device with a warrant.', byDelegate(), idsOutput(IDS)),
    good('before', 'All below a time, which carries no ids.', before(NOW - 5), {
      mailbox: toHex(MAILBOX),
      before: NOW - 5,
    }),
    good('before-ahead', 'A day ahead is still within what clocks may differ.', before(ahead), {
      mailbox: toHex(MAILBOX),
      before: ahead,
    }),
  ]
}

function malformed(): Vector[] {
  const whole = drop()
  const [first, second, third] = IDS as [Uint8Array, Uint8Array, Uint8Array]
  return [
    bad('empty', 'No bytes at all.', 'DROP_TRUNCATED', new Uint8Array(0)),
    bad('truncated', 'The last byte is missing.', 'DROP_TRUNCATED', whole.subarray(0, -1)),
    bad('trailing-byte', 'A byte too many.', 'DROP_TRAILING', concatBytes(whole, Uint8Array.of(0))),
    bad('unknown-version', 'Version 2, well signed.', 'DROP_VERSION', drop({ version: 2 })),
    bad('unknown-kind', 'A third kind, well signed.', 'DROP_KIND', drop({ kind: 3 })),
    bad('unknown-signer', 'Neither mailbox nor warrant.', 'DROP_FIELD', drop({ signer: 2 })),
    bad('no-ids', 'A list without ids says nothing.', 'DROP_FIELD', drop({ ids: [] })),
    bad(
      'before-with-ids',
      'A bound in time with ids beside it has two meanings.',
      'DROP_FIELD',
      drop({ kind: KIND_BEFORE }),
    ),
    bad(
      'too-many-ids',
      'One id more than a drop may hold, with all its bytes there.',
      'DROP_LIMIT',
      drop({ ids: manyIds(257) }),
    ),
    bad(
      'absurd-count',
      'It claims 65,535 ids and has three: refused before anything is allocated.',
      'DROP_LIMIT',
      drop({ count: 0xffff }),
    ),
    bad('unsorted-ids', 'Ids out of order.', 'DROP_ORDER', drop({ ids: [first, third, second] })),
    bad('repeated-id', 'An id twice.', 'DROP_ORDER', drop({ ids: [first, first, second] })),
    bad(
      'missing-warrant',
      'It says that a warrant follows, and the signature follows.',
      'DROP_TRUNCATED',
      drop({ signer: 1 }),
    ),
  ]
}

function refused(): Vector[] {
  const whole = drop()
  const byteOfTime = 66
  return [
    bad(
      'other-network',
      'A drop of another network.',
      'DROP_NETWORK',
      drop({ networkId: seed('other network') }),
    ),
    bad(
      'forged',
      'The time was changed after signing.',
      'DROP_SIGNATURE',
      Uint8Array.from(whole, (byte, at) => (at === byteOfTime + 3 ? byte ^ 1 : byte)),
    ),
    bad(
      'signed-by-another',
      "Somebody else's key for this mailbox: nobody but the owner may drop.",
      'DROP_SIGNATURE',
      drop({ seed: OTHER_SEED }),
    ),
    bad(
      'delegate-without-warrant',
      'A delegate signs as if it were the mailbox.',
      'DROP_SIGNATURE',
      drop({ seed: DELEGATE_SEED }),
    ),
    bad(
      'mailbox-with-warrant',
      'The mailbox signs, and the warrant names another signer: a second form of one drop.',
      'DROP_SIGNATURE',
      drop({ signer: 1, warrant: warrant() }),
    ),
    bad(
      'label-of-warrant',
      'Signed as a warrant: a signature for one use must not serve another.',
      'DROP_SIGNATURE',
      drop({ label: 'ezchat/v1/sign/warrant\0' }),
    ),
    bad(
      'future',
      'More than a day ahead: it would reach messages that nobody has read.',
      'DROP_FUTURE',
      before(NOW + DAY_SECONDS + 1),
    ),
    bad(
      'expired',
      'All that it covers has left the network by itself.',
      'DROP_EXPIRED',
      drop({ time: NOW - (TTL_DAYS + 1) * DAY_SECONDS }),
    ),
  ]
}

function refusedWarrants(): Vector[] {
  return [
    bad(
      'warrant-for-records',
      'The warrant lets its holder publish records only.',
      'WARRANT_PERMISSION',
      byDelegate({ rights: 1 }),
    ),
    bad(
      'warrant-of-other-mailbox',
      'A genuine warrant of another mailbox.',
      'WARRANT_PERMISSION',
      byDelegate({ seed: OTHER_SEED }),
    ),
    bad(
      'warrant-expired',
      'The warrant ended a second ago.',
      'WARRANT_EXPIRED',
      byDelegate({ notAfter: NOW - 1 }),
    ),
  ]
}

interface Asked {
  readonly mailbox?: Uint8Array
  readonly id?: Uint8Array
  readonly timestamp?: number
  readonly laterSeconds?: number
}

function covers(
  name: string,
  note: string,
  drops: readonly Uint8Array[],
  asked: Asked,
  output: Json,
): Vector {
  const input = {
    drops: drops.map(toHex),
    ...CHECK,
    laterSeconds: asked.laterSeconds ?? NOW,
    mailbox: toHex(asked.mailbox ?? MAILBOX),
    id: toHex(asked.id ?? IDS[0]!),
    timestamp: asked.timestamp ?? NOW - 1000,
  }
  const vector = { format: 'drop', name, note, entry: 'covers', input }
  return output === null ? { ...vector, expect: 'not-mine' } : { ...vector, expect: 'ok', output }
}

function coverings(): Vector[] {
  const timestamp = NOW - 600
  const end = NOW + (TTL_DAYS + 1) * DAY_SECONDS
  return [
    covers('covers-id', 'A listed envelope goes.', [drop()], {}, idsOutput(IDS)),
    covers('covers-other-id', 'One that is not listed stays.', [drop()], { id: seed('x') }, null),
    covers(
      'covers-other-mailbox',
      'A listed id in a mailbox that is not the signer’s stays: ids alone give no right.',
      [drop()],
      { mailbox: OTHER },
      null,
    ),
    covers(
      'covers-below',
      'A timestamp below the bound goes.',
      [before(NOW)],
      { timestamp },
      {
        mailbox: toHex(MAILBOX),
        before: NOW,
      },
    ),
    covers(
      'covers-at-bound',
      'A timestamp at the bound stays.',
      [before(timestamp)],
      { timestamp },
      null,
    ),
    covers(
      'covers-latest-bound',
      'An earlier bound does not undo a later one, in whatever order they come.',
      [before(NOW), before(NOW - 50_000)],
      { timestamp },
      { mailbox: toHex(MAILBOX), before: NOW },
    ),
    covers(
      'covers-until-expiry',
      'A drop is remembered for as long as a carrier may still bring the envelope back.',
      [drop()],
      { laterSeconds: end - 1 },
      idsOutput(IDS),
    ),
    covers(
      'covers-after-expiry',
      'Then it is forgotten: the envelope would be refused for its age.',
      [drop()],
      { laterSeconds: end },
      null,
    ),
    {
      format: 'drop',
      name: 'replay',
      note: 'A drop that adds nothing is not passed on, so gossip about it ends.',
      entry: 'learn',
      input: {
        drops: [drop(), drop(), drop({ ids: IDS.slice(1) }), before(NOW), before(NOW - 9)].map(
          toHex,
        ),
        ...CHECK,
      },
      expect: 'ok',
      output: ['new', 'known', 'known', 'new', 'known'],
    },
  ]
}

export function build(): Vector[] {
  return [...accepted(), ...malformed(), ...refused(), ...refusedWarrants(), ...coverings()]
}
