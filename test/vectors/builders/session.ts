// Sessions. Everybody's keys and coins are SHA-256 of their names, so that the files stay the same.
import { concatBytes, toHex, utf8 } from '@ezchat/protocol/codec/bytes.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { labelled, SIGN_LABELS } from '@ezchat/protocol/crypto/labels.ts'
import { nobleCrypto } from '@ezchat/protocol/crypto/noble.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import type { ErrorCode } from '@ezchat/protocol/errors.ts'
import { ERROR_TABLE } from '@ezchat/protocol/errors.ts'
import type { OwnParty } from '@ezchat/protocol/session/party.ts'
import { encodePrekeys, type Prekeys } from '@ezchat/protocol/session/prekeys.ts'
import { openMessage } from '@ezchat/protocol/session/receive.ts'
import { sealMessageWith } from '@ezchat/protocol/session/send.ts'
import type { Session } from '@ezchat/protocol/session/session.ts'
import { startSessionWith } from '@ezchat/protocol/session/start.ts'
import { coveredBy, sealTrace } from '@ezchat/protocol/session/trace.ts'
import { sha256 } from '@noble/hashes/sha2.js'
import { entries } from '../entries/session.ts'
import type { Json, JsonObject, Vector } from '../vector.ts'

const NOW_SECONDS = 1_800_000_000
const ROOM_BYTES = 400
const FIRST_ROOM_BYTES = 2400
const DAY_SECONDS = 86_400

const named = (name: string, length = 32): Uint8Array => {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, i) =>
    sha256(utf8(`${name} ${i}`)),
  )
  return concatBytes(...blocks).slice(0, length)
}
const secretOf = (name: string, length = 32) => Secret.adopt(named(name, length))

/** Draws are numbered, so that a second run draws the same. */
function drawer(name: string) {
  let drawn = 0
  return (length: number) => named(`${name} draw ${drawn++}`, length)
}

const crypto = nobleCrypto(drawer('builder'))
const networkId = named('network')
const associated = concatBytes(networkId, named('envelope header', 39))

function ownOf(name: string): OwnParty & { readonly signSeed: Secret } {
  const deviceSecret = secretOf(`${name} device`)
  const signSeed = secretOf(`${name} sign`)
  const party = {
    identityKey: crypto.ed25519Public(secretOf(`${name} identity`)),
    deviceId: named(`${name} device id`, 16),
    signKey: crypto.ed25519Public(signSeed),
    deviceKey: crypto.x25519Public(deviceSecret),
  }
  return { party, deviceSecret, signSeed, proof: named(`${name} proof`, 40) }
}

const alice = ownOf('alice')
const bob = ownOf('bob')
const PREKEY_ID = 0x5eed5eed
const prekeys: Prekeys = {
  party: bob.party,
  id: PREKEY_ID,
  expiresSeconds: NOW_SECONDS + 90 * DAY_SECONDS,
  signedKey: crypto.x25519Public(secretOf('bob signed prekey')),
  kemKey: crypto.mlkemPublic(secretOf('bob kem prekey', 64)),
  oneTime: [1, 2].map((id) => ({ id, key: crypto.x25519Public(secretOf(`bob one-time ${id}`)) })),
}
const withoutOneTime = { ...prekeys, oneTime: [] }

interface Case {
  readonly name: string
  readonly note: string
  readonly entry: string
  readonly input: JsonObject
  readonly code?: ErrorCode
  readonly notMine?: true
}

function vectorOf({ code, notMine, ...rest }: Case): Vector {
  const base = { format: 'session', ...rest }
  if (code !== undefined) {
    return { ...base, expect: ERROR_TABLE.get(code)!.failure, code }
  }
  if (notMine) return { ...base, expect: 'not-mine' }
  const output: Json = entries[rest.entry]!(rest.input, crypto)
  return { ...base, expect: 'ok', output }
}

const bundle = encodePrekeys(crypto, prekeys, { networkId, signSeed: bob.signSeed })

/** Signed by Bob, whatever it says. */
function resigned(change: (content: Uint8Array) => Uint8Array): Uint8Array {
  const content = change(bundle.slice(0, bundle.length - 64))
  const signature = crypto.ed25519Sign(
    bob.signSeed,
    labelled(SIGN_LABELS.prekeys, networkId, content),
  )
  return concatBytes(content, signature)
}

const bundleInput = (bytes: Uint8Array, changes: JsonObject = {}): JsonObject => ({
  bundle: toHex(bytes),
  networkId: toHex(networkId),
  identityKey: toHex(bob.party.identityKey),
  deviceId: toHex(bob.party.deviceId),
  signKey: toHex(bob.party.signKey),
  nowSeconds: NOW_SECONDS,
  ...changes,
})

function prekeyCases(): Case[] {
  const at = (from: number, to: number, value: number) => (content: Uint8Array) =>
    content.fill(value, from, to)
  const bare = encodePrekeys(crypto, withoutOneTime, { networkId, signSeed: bob.signSeed })
  const wrong = (
    name: string,
    code: ErrorCode,
    note: string,
    bytes: Uint8Array,
    more = {},
  ): Case => ({
    name: `prekeys-${name}`,
    note,
    entry: 'prekeys',
    input: bundleInput(bytes, more),
    code,
  })
  const good = (name: string, note: string, bytes: Uint8Array): Case => ({
    name,
    note,
    entry: 'prekeys',
    input: bundleInput(bytes),
  })
  return [
    good('prekeys', 'A bundle as it is published for everybody.', bare),
    good('prekeys-one-time', 'A bundle for one reader, with two one-time keys.', bundle),
    wrong('truncated', 'PREKEYS_TRUNCATED', 'Too short for any bundle.', bundle.slice(0, 1402)),
    wrong(
      'cut',
      'PREKEYS_TRUNCATED',
      'Signed, and a one-time key is cut off.',
      resigned((c) => c.slice(0, -1)),
    ),
    wrong(
      'trailing-byte',
      'PREKEYS_TRAILING',
      'Signed, with a byte too many.',
      resigned((c) => concatBytes(c, Uint8Array.of(0))),
    ),
    wrong(
      'too-long',
      'PREKEYS_LIMIT',
      'Longer than 32 one-time keys make it.',
      concatBytes(bundle, new Uint8Array(1081)),
    ),
    wrong(
      'signature',
      'PREKEYS_SIGNATURE',
      'One bit of the signature is wrong.',
      bundle.with(bundle.length - 1, bundle.at(-1)! ^ 1),
    ),
    wrong('other-network', 'PREKEYS_SIGNATURE', 'Signed for another network.', bundle, {
      networkId: toHex(named('elsewhere')),
    }),
    wrong(
      'version',
      'PREKEYS_VERSION',
      'The bundle is of version 2, which is not known.',
      resigned(at(0, 1, 2)),
    ),
    wrong(
      'suite',
      'PREKEYS_KIND',
      'The bundle is of suite 2, which is not known.',
      resigned(at(1, 2, 2)),
    ),
    wrong(
      'other-identity',
      'PREKEYS_PERMISSION',
      'Names an identity that the log does not.',
      resigned(at(2, 34, 1)),
    ),
    wrong(
      'other-device',
      'PREKEYS_PERMISSION',
      'Names a device that the log does not.',
      resigned(at(34, 50, 1)),
    ),
    wrong(
      'zero-id',
      'PREKEYS_FIELD',
      'The prekey id is 0, which stands for none.',
      resigned(at(114, 118, 0)),
    ),
    wrong('expired', 'PREKEYS_EXPIRED', 'Used a second too late.', bundle, {
      nowSeconds: prekeys.expiresSeconds,
    }),
    wrong(
      'far-future',
      'PREKEYS_FUTURE',
      'Good for longer than any bundle may be.',
      resigned(at(118, 119, 0xff)),
    ),
    wrong(
      'one-time-count',
      'PREKEYS_FIELD',
      'There are 33 one-time keys, one too many.',
      resigned(at(1338, 1339, 33)),
    ),
    wrong(
      'one-time-order',
      'PREKEYS_ORDER',
      'The second one-time id repeats the first.',
      resigned(at(1378, 1379, 1)),
    ),
  ]
}

/** The initiator, with a Crypto that seals something else where it is told to. */
class Initiator {
  #session: Session
  readonly #random = drawer('alice')
  #lie: ((plain: Uint8Array) => Uint8Array) | null = null
  readonly #crypto: Crypto = {
    ...crypto,
    chachaSeal: (key, nonce, bound, plain) =>
      crypto.chachaSeal(key, nonce, bound, this.#lie?.(Uint8Array.from(plain)) ?? plain),
  }

  constructor(lie: ((plain: Uint8Array) => Uint8Array) | null = null) {
    this.#lie = lie
    const kemCoins = nobleCrypto(drawer('alice kem'))
    const deterministic = { ...this.#crypto, mlkemEncapsulate: kemCoins.mlkemEncapsulate }
    const options = { networkId, rank: 0, nowSeconds: NOW_SECONDS }
    this.#session = startSessionWith(deterministic, alice, withoutOneTime, options, this.#random)
    this.#lie = null
  }

  say(content: string, lie: ((plain: Uint8Array) => Uint8Array) | null = null): Uint8Array {
    this.#lie = lie
    const roomBytes = this.#session.handshake === null ? ROOM_BYTES : FIRST_ROOM_BYTES
    const options = { nowSeconds: NOW_SECONDS, associated, roomBytes, incarnation: 1 }
    const sent = sealMessageWith(this.#crypto, this.#session, utf8(content), options, this.#random)
    this.#session = sent.session
    this.#lie = null
    return sent.message
  }

  /** What follows the handshake, which is 1,324 bytes with this proof. */
  sayAgain(content: string, lie: ((plain: Uint8Array) => Uint8Array) | null = null): Uint8Array {
    return this.say(content, lie).slice(1324)
  }

  hear(message: Uint8Array): void {
    const options = { nowSeconds: NOW_SECONDS, associated, ttlSeconds: 30 * DAY_SECONDS }
    const received = openMessage(crypto, this.#session, message, options)
    if (received?.kind !== 'opened') throw new Error('the builder cannot read its own vector')
    this.#session = received.session
  }
}

const receive = (message: Uint8Array) => concatBytes(Uint8Array.of(0), message)
const send = (name: string, content: string) =>
  concatBytes(Uint8Array.of(1), named(`${name} coins`, 44), utf8(content))

function responderInput(
  first: Uint8Array,
  steps: Uint8Array[],
  changes: JsonObject = {},
): JsonObject {
  return {
    identityKey: toHex(bob.party.identityKey),
    deviceId: toHex(bob.party.deviceId),
    signKey: toHex(bob.party.signKey),
    deviceKey: toHex(bob.party.deviceKey),
    deviceSecret: toHex(named('bob device')),
    prekeyId: PREKEY_ID,
    signedSecret: toHex(named('bob signed prekey')),
    kemSeed: toHex(named('bob kem prekey', 64)),
    networkId: toHex(networkId),
    associated: toHex(associated),
    nowSeconds: NOW_SECONDS,
    roomBytes: ROOM_BYTES,
    steps: [first, ...steps].map(toHex),
    ...changes,
  }
}

const flip = (bytes: Uint8Array, at: number): Uint8Array => bytes.with(at, bytes.at(at)! ^ 1)

function handshakeCases(): Case[] {
  const first = new Initiator().say('hello')
  const cases: Case[] = []
  const add = (name: string, note: string, input: JsonObject, how: Partial<Case> = {}) =>
    cases.push({ name, note, entry: 'responder', input, ...how })
  const lying = (change: (plain: Uint8Array) => Uint8Array) =>
    new Initiator((plain) => (plain.length === 128 ? change(plain) : plain)).say('x')
  add('first-contact', 'A handshake and the message behind it.', responderInput(first, []))
  const own = { notMine: true } as const
  add(
    'unknown-prekey',
    'A prekey id that the device does not have.',
    responderInput(flip(first, 35), []),
    own,
  )
  add('ephemeral-key', 'One bit of EK is wrong.', responderInput(flip(first, 3), []), own)
  add(
    'ephemeral-top-bit',
    'The bit of EK that X25519 ignores is turned over.',
    responderInput(first.with(31, first[31]! ^ 0x80), []),
    own,
  )
  add(
    'ephemeral-small-order',
    'EK is a point of small order.',
    responderInput(
      first.map((byte, at) => (at < 32 ? 0 : byte)),
      [],
    ),
    own,
  )
  add(
    'kem-ciphertext',
    'One bit of C is wrong, and decapsulation gives another secret.',
    responderInput(flip(first, 700), []),
    own,
  )
  add(
    'introduction',
    'One bit of the sealed introduction is wrong.',
    responderInput(flip(first, 1130), []),
    own,
  )
  add(
    'handshake-other-network',
    'The responder is in another network.',
    responderInput(first, [], { networkId: toHex(named('elsewhere')) }),
    own,
  )
  add(
    'handshake-other-device',
    'The responder is another device.',
    responderInput(first, [], { deviceId: toHex(named('another', 16)) }),
    own,
  )
  add(
    'handshake-short',
    'Too short for a handshake.',
    responderInput(first.slice(0, 1283), []),
    own,
  )
  add('proof', 'One bit of the sealed proof is wrong.', responderInput(flip(first, 1280), []), {
    code: 'SESSION_SEAL',
  })
  add('handshake-cut', 'Ends within the proof.', responderInput(first.slice(0, 1300), []), {
    code: 'SESSION_TRUNCATED',
  })
  add(
    'handshake-version',
    'Version 2 inside the introduction.',
    responderInput(
      lying((p) => p.fill(2, 0, 1)),
      [],
    ),
    { code: 'SESSION_VERSION' },
  )
  add(
    'handshake-suite',
    'Suite 2 inside the introduction.',
    responderInput(
      lying((p) => p.fill(2, 1, 2)),
      [],
    ),
    { code: 'SESSION_KIND' },
  )
  add(
    'handshake-long-proof',
    'A proof of 65,535 bytes is announced.',
    responderInput(
      lying((p) => p.fill(0xff, 126)),
      [],
    ),
    { code: 'SESSION_LIMIT' },
  )
  add(
    'handshake-own-device',
    'The introduction names the responder itself.',
    responderInput(
      lying((p) => {
        p.set(bob.party.deviceId, 34)
        return p
      }),
      [],
    ),
    { code: 'SESSION_FIELD' },
  )
  add(
    'one-time-gone',
    'Names a one-time key that the responder does not have.',
    responderInput(
      lying((p) => p.fill(1, 114, 118)),
      [],
    ),
    { code: 'SESSION_STALE' },
  )
  add(
    'pretender',
    'Names a device key whose secret the initiator does not have.',
    responderInput(
      lying((p) => {
        p.set(crypto.x25519Public(secretOf('carol device')), 82)
        return p
      }),
      [],
    ),
    own,
  )
  return cases
}

function messageCases(): Case[] {
  const cases: Case[] = []
  const add = (name: string, note: string, input: JsonObject, how: Partial<Case> = {}) =>
    cases.push({ name, note, entry: 'responder', input, ...how })
  const script = (steps: (alice: Initiator) => Uint8Array[]) => {
    const one = new Initiator()
    return responderInput(one.say('hello'), steps(one))
  }
  add(
    'reordered',
    'The third message comes before the second; both open.',
    script((a) => {
      const [two, three] = [a.sayAgain('two'), a.sayAgain('three')]
      return [receive(three), receive(two)]
    }),
  )
  add(
    'copy',
    'A message that comes twice is used up the second time.',
    script((a) => {
      const two = a.sayAgain('two')
      return [receive(two), receive(two)]
    }),
  )
  add(
    'empty',
    'A content of no bytes is a message too.',
    script((a) => [receive(a.sayAgain(''))]),
  )
  add(
    'answer',
    'The responder answers, with fixed coins: its first chain.',
    script(() => [send('one', 'hi'), send('two', 'and again')]),
  )
  add('turn', 'Both turn the ratchet once.', conversation())
  const header = (change: (plain: Uint8Array) => Uint8Array) => (plain: Uint8Array) =>
    plain.length === 70 ? change(plain) : plain
  const lie = (
    name: string,
    code: ErrorCode,
    note: string,
    change: (plain: Uint8Array) => Uint8Array,
  ) =>
    add(
      name,
      note,
      script((a) => [receive(a.sayAgain('x', header(change)))]),
      { code },
    )
  lie('header-version', 'SESSION_VERSION', 'Version 2 inside the header.', (h) => h.fill(2, 0, 1))
  lie('header-flags', 'SESSION_FIELD', 'A flag that does not exist.', (h) => h.fill(4, 1, 2))
  lie('header-kem-part', 'SESSION_SEAL', 'A KEM part is announced that is not there.', (h) =>
    h.fill(2, 1, 2),
  )
  lie('skip-flood', 'SESSION_LIMIT', 'Skips 4 billion messages.', (h) => h.fill(0xff, 38, 42))
  lie(
    'header-number',
    'SESSION_SEAL',
    'The number is another than the body was sealed under.',
    (h) => h.fill(9, 41, 42),
  )
  add(
    'padding',
    'The padding is not zero.',
    script((a) => [
      receive(a.sayAgain('x', (p) => (p.length > 200 ? p.fill(1, p.length - 1) : p))),
    ]),
    { code: 'PADDING_FIELD' },
  )
  add(
    'body',
    'One bit of the body is wrong.',
    script((a) => [receive(flip(a.sayAgain('x'), 120))]),
    { code: 'SESSION_SEAL' },
  )
  add(
    'sealed-header',
    'One bit of the sealed header is wrong.',
    script((a) => [receive(flip(a.sayAgain('x'), 40))]),
    { notMine: true },
  )
  add(
    'body-tag',
    'One bit of the body’s tag is wrong, which is the header’s nonce too.',
    script((a) => [receive(flip(a.sayAgain('x'), -32))]),
    { notMine: true },
  )
  add(
    'short',
    'A byte shorter than the shortest message.',
    script((a) => [receive(a.sayAgain('x').slice(0, 121))]),
    { notMine: true },
  )
  add(
    'moved',
    'The message lies in another envelope.',
    { ...script((a) => [receive(a.sayAgain('x'))]), associated: toHex(named('other', 71)) },
    { notMine: true },
  )
  return cases
}

/** The builder plays both: what Bob says comes from the entry itself. */
function conversation(): JsonObject {
  const one = new Initiator()
  const first = one.say('hello')
  const steps = [send('bob', 'hi')]
  const so = entries.responder!(responderInput(first, steps), crypto) as JsonObject
  const said = (so.said as JsonObject[])[1]!
  const message = Uint8Array.from((said.message as string).match(/../g)!, (pair) =>
    Number(`0x${pair}`),
  )
  one.hear(message)
  return responderInput(first, [...steps, receive(one.say('back')), send('bob again', 'good')])
}

function frameCases(): Case[] {
  const frame = (name: string, note: string, bytes: Uint8Array, code?: ErrorCode): Case => ({
    name: `frame-${name}`,
    note,
    entry: 'frame',
    input: { frame: toHex(bytes) },
    ...(code === undefined ? {} : { code }),
  })
  const references = (count: number) =>
    concatBytes(Uint8Array.of(2, count), named('references', count * 16))
  return [
    frame('content', 'A frame with a content.', concatBytes(Uint8Array.of(1), utf8('hello'))),
    frame('resend', 'Two messages are asked for again.', references(2)),
    frame('nothing', 'A frame that says nothing.', Uint8Array.of(3)),
    frame('unknown-kind', 'A kind from a later version is passed over.', Uint8Array.of(9, 9)),
    frame('empty', 'There is not even a kind.', new Uint8Array(0), 'SESSION_TRUNCATED'),
    frame('no-references', 'The request asks for nothing.', Uint8Array.of(2, 0), 'SESSION_FIELD'),
    frame(
      'many-references',
      'The request asks for 65 messages, one too many.',
      references(65),
      'SESSION_FIELD',
    ),
    frame(
      'cut-reference',
      'The last reference is cut off.',
      references(2).slice(0, -1),
      'SESSION_TRUNCATED',
    ),
    frame(
      'trailing-byte',
      'A frame of nothing has a byte more.',
      Uint8Array.of(3, 0),
      'SESSION_TRAILING',
    ),
  ]
}

function traceCases(): Case[] {
  const digest = named('digest')
  const covered = coveredBy(digest, true, associated)
  const trace = sealTrace(crypto, secretOf('trace key'), covered, { count: 7, incarnation: 99 })
  const input = {
    traceKey: toHex(named('trace key')),
    digest: toHex(digest),
    direction: '00',
    associated: toHex(associated),
    trace: toHex(trace),
  }
  const entry = 'trace'
  const notMine = true as const
  return [
    { name: 'trace', note: 'Message 7 of incarnation 99.', entry, input },
    {
      name: 'trace-reflected',
      note: 'The trace of one’s own message.',
      entry,
      input: { ...input, direction: '01' },
      notMine,
    },
    {
      name: 'trace-mark',
      note: 'One bit of the masked mark is wrong.',
      entry,
      input: { ...input, trace: toHex(flip(trace, 12)) },
      notMine,
    },
    {
      name: 'trace-tag',
      note: 'One bit of the tag is wrong.',
      entry,
      input: { ...input, trace: toHex(flip(trace, 0)) },
      notMine,
    },
  ]
}

export function build(): Vector[] {
  const cases = [
    ...prekeyCases(),
    ...handshakeCases(),
    ...messageCases(),
    ...frameCases(),
    ...traceCases(),
  ]
  return cases.map(vectorOf)
}
