// What a stem machine does, worked out on paper: draws of one half hold an envelope for 69 ms
// (100 ln 2) and set embargoes of 30,181 ms (8,000 + 32,000 ln 2), twice and four times as much.
import { concatBytes, toHex } from '@ezchat/protocol/codec/bytes.ts'
import { sha256 } from '@noble/hashes/sha2.js'
import type { JsonObject, Vector } from '../../vector.ts'

const HELD = 69
const EMBARGO = 30_181

const HALF = 0.5
const RELAYER = [HALF, HALF]
const DELIVERER = [HALF, 0]

const envelope = (tag: number): Uint8Array => new Uint8Array(1024).fill(tag, 0, 1)
const first = envelope(1)
const idOf = (bytes: Uint8Array): string => toHex(sha256(bytes))
const ID = idOf(first)
const receiptOf = (carrier: number, bytes = first) =>
  toHex(concatBytes(Uint8Array.of(carrier), sha256(bytes)))

type At = (atMs: number) => JsonObject

const up = (...peers: readonly string[]): JsonObject[] =>
  peers.map((peer) => ({ atMs: 0, kind: 'peer-up', peer, capable: true, dialled: true }))
const stranger = (peer: string): JsonObject => ({ atMs: 0, kind: 'peer-up', peer })
const submit =
  (bytes = first): At =>
  (atMs) => ({ atMs, kind: 'submit', envelope: toHex(bytes) })
const inbound =
  (peer: string, ...parts: readonly Uint8Array[]): At =>
  (atMs) => ({
    atMs,
    kind: 'inbound',
    peer,
    bytes: toHex(concatBytes(...parts)),
  })
const relayedBy = (peer: string, bytes = first): At => inbound(peer, Uint8Array.of(1, 1), bytes)
const refusedBy = (peer: string): At =>
  inbound(peer, Uint8Array.of(1, 3), sha256(first), Uint8Array.of(1))

function receiptsBy(peer: string, ...carriers: readonly number[]): At {
  const list = carriers.map((carrier) => concatBytes(Uint8Array.of(0, 33, carrier), sha256(first)))
  return inbound(peer, Uint8Array.of(1, 2), sha256(first), Uint8Array.of(list.length), ...list)
}

const relay =
  (to: string, id = ID): At =>
  (atMs) => ({ atMs, kind: 'relay', id, to })
const deliver =
  (why: string, id = ID): At =>
  (atMs) => ({ atMs, kind: 'deliver', id, why })
const penalise =
  (peer: string, why: string): At =>
  (atMs) => ({ atMs, kind: 'penalise', peer, why })
const refuse =
  (to: string, reason: string, id = ID): At =>
  (atMs) => ({
    atMs,
    kind: 'refuse',
    id,
    reason,
    to,
  })
const receipts =
  (to: string, ...carriers: readonly number[]): At =>
  (atMs) => ({
    atMs,
    kind: 'receipts',
    id: ID,
    receipts: carriers.map((carrier) => receiptOf(carrier)),
    to,
  })

interface Play {
  readonly draws?: readonly number[]
  readonly neverDelivers?: boolean
  readonly events: readonly JsonObject[]
  readonly effects: readonly JsonObject[]
  /** Just before a first embargo ends, unless said. */
  readonly untilMs?: number
}

function trace(name: string, note: string, play: Play): Vector {
  const { draws = RELAYER, neverDelivers = false, events, effects, untilMs = 29_000 } = play
  return {
    format: 'stem',
    name: `trace-${name}`,
    note,
    entry: 'trace',
    input: { draws: [...draws], neverDelivers, events: [...events], untilMs },
    expect: 'ok',
    output: [...effects],
  }
}

function routes(): Vector[] {
  return [
    trace('author', 'What is written here is held, then handed to one stem peer.', {
      events: [...up('bob', 'carol'), submit()(0)],
      effects: [relay('bob')(HELD)],
    }),
    trace('relayer', 'What a neighbour hands over is held and handed on in just the same way.', {
      events: [...up('bob', 'carol'), stranger('alice'), relayedBy('alice')(0)],
      effects: [relay('bob')(HELD)],
    }),
    trace('deliverer', 'A node whose role draw is below one fifth delivers what it is handed.', {
      draws: DELIVERER,
      events: [...up('bob', 'carol'), stranger('alice'), relayedBy('alice')(0)],
      effects: [deliver('role')(HELD)],
    }),
    trace('deliverer-author', 'A deliverer hands over what it wrote, like any author.', {
      draws: DELIVERER,
      events: [...up('bob', 'carol'), submit()(0)],
      effects: [relay('bob')(HELD)],
    }),
    trace('mapping', 'Sources are spread evenly over two stem peers and stay with theirs.', {
      events: [
        ...up('bob', 'carol'),
        ...['alice', 'erin', 'frank'].map(stranger),
        relayedBy('alice', envelope(10))(0),
        relayedBy('erin', envelope(11))(100),
        relayedBy('frank', envelope(12))(200),
        submit(envelope(13))(300),
        relayedBy('alice', envelope(14))(400),
        submit(envelope(15))(500),
      ],
      effects: [
        relay('bob', idOf(envelope(10)))(HELD),
        relay('carol', idOf(envelope(11)))(100 + HELD),
        relay('bob', idOf(envelope(12)))(200 + HELD),
        relay('carol', idOf(envelope(13)))(300 + HELD),
        relay('bob', idOf(envelope(14)))(400 + HELD),
        relay('carol', idOf(envelope(15)))(500 + HELD),
      ],
    }),
  ]
}

function peers(): Vector[] {
  const second = envelope(2)
  const third = envelope(3)
  return [
    trace('stem-peer-lost', 'A lost stem peer is replaced, and does not get its place back.', {
      events: [
        ...up('bob', 'carol', 'dave'),
        submit()(0),
        { atMs: 1000, kind: 'peer-down', peer: 'dave' },
        submit(second)(1000),
        { ...up('dave')[0]!, atMs: 2000 },
        submit(third)(2000),
      ],
      effects: [
        relay('dave')(HELD),
        relay('bob', idOf(second))(1000 + HELD),
        relay('bob', idOf(third))(2000 + HELD),
      ],
    }),
    trace('alone', 'Without any stem peer a daemon delivers, and says that it is alone.', {
      events: [submit()(0)],
      effects: [deliver('alone')(HELD)],
    }),
    trace('not-back', 'The only stem peer is the one that handed it over: it does not go back.', {
      events: [...up('bob'), relayedBy('bob')(0)],
      effects: [deliver('alone')(HELD)],
    }),
    trace('never-delivers', 'A browser waits for a peer, then for another, and never delivers.', {
      draws: DELIVERER,
      neverDelivers: true,
      events: [submit()(0), { ...up('bob')[0]!, atMs: 5000 }, { ...up('carol')[0]!, atMs: 6000 }],
      effects: [relay('bob')(5000 + HELD), relay('carol')(HELD + EMBARGO)],
      untilMs: 31_000,
    }),
  ]
}

function returns(): Vector[] {
  const handed = [...up('bob', 'carol'), stranger('alice'), relayedBy('alice')(0)]
  return [
    trace('receipts', 'Receipts pass to whoever handed the envelope over, each carrier once.', {
      events: [...handed, receiptsBy('bob', 1)(500), receiptsBy('bob', 1, 2)(600)],
      effects: [relay('bob')(HELD), receipts('alice', 1)(500), receipts('alice', 2)(600)],
      untilMs: 500_000,
    }),
    trace('receipts-unasked', 'Receipts from whoever was handed nothing are not even answered.', {
      events: [...handed, receiptsBy('carol', 1)(500), receiptsBy('alice', 1)(600)],
      effects: [relay('bob')(HELD)],
    }),
    trace('receipts-forged', 'One forged receipt discredits all that came with it.', {
      events: [
        ...handed,
        inbound(
          'bob',
          Uint8Array.of(1, 2),
          sha256(first),
          Uint8Array.of(2, 0, 33, 1),
          sha256(first),
          Uint8Array.of(0, 33, 2),
          sha256(envelope(9)),
        )(500),
      ],
      effects: [
        relay('bob')(HELD),
        penalise('bob', 'forged')(500),
        deliver('embargo')(HELD + EMBARGO),
      ],
      untilMs: 31_000,
    }),
    trace('delivery-receipts', 'A deliverer passes on the receipts of its own delivery.', {
      draws: DELIVERER,
      events: [...handed, { atMs: 400, kind: 'delivered', id: ID, receipt: receiptOf(7) }],
      effects: [deliver('role')(HELD), receipts('alice', 7)(400)],
      untilMs: 500_000,
    }),
    trace('asked-again', 'A neighbour that asks again after the receipts came gets them again.', {
      events: [...handed, receiptsBy('bob', 1)(500), relayedBy('alice')(2000)],
      effects: [relay('bob')(HELD), receipts('alice', 1)(500), receipts('alice', 1)(2000)],
      untilMs: 500_000,
    }),
  ]
}

function failures(): Vector[] {
  const handed = [...up('bob', 'carol'), stranger('alice'), relayedBy('alice')(0)]
  const third = HELD + 7 * EMBARGO
  return [
    trace(
      'embargo-author',
      'Nothing heard: the author delivers when its embargo ends, and again.',
      {
        events: [...up('bob', 'carol'), submit()(0)],
        effects: [
          relay('bob')(HELD),
          deliver('embargo')(HELD + EMBARGO),
          deliver('embargo')(HELD + 3 * EMBARGO),
        ],
        untilMs: 100_000,
      },
    ),
    trace('embargo-relayer', 'A relay does the same, and gives up at its fourth embargo.', {
      events: handed,
      effects: [
        relay('bob')(HELD),
        deliver('embargo')(HELD + EMBARGO),
        deliver('embargo')(HELD + 3 * EMBARGO),
        deliver('embargo')(third),
        { atMs: HELD + 15 * EMBARGO, kind: 'forget', id: ID, why: 'exhausted' },
      ],
      untilMs: 590_000,
    }),
    trace('refused', 'A refusal ends the stem here: the node delivers after another hold.', {
      events: [...handed, refusedBy('bob')(500), refusedBy('carol')(510)],
      effects: [relay('bob')(HELD), deliver('refused')(500 + HELD)],
    }),
    trace('undelivered', 'A delivery that reached no carrier goes on down the stem.', {
      draws: DELIVERER,
      events: [...handed, { atMs: 500, kind: 'undelivered', id: ID }],
      effects: [deliver('role')(HELD), relay('bob')(500 + HELD)],
    }),
    trace('loop', 'The stem comes back and would go where it went: it ends, after a hold.', {
      events: [...up('bob', 'carol'), submit()(0), relayedBy('carol')(1000)],
      effects: [relay('bob')(HELD), deliver('loop')(1000 + HELD)],
    }),
    trace('crossing', 'The stem comes back by a neighbour with another route: it goes on there.', {
      events: [...handed, stranger('erin'), relayedBy('erin')(1000)],
      effects: [relay('bob')(HELD), relay('carol')(1000 + HELD)],
    }),
    trace('repeated', 'The same envelope from the same neighbour again changes nothing.', {
      events: [...handed, relayedBy('alice')(10), relayedBy('alice')(3000)],
      effects: [relay('bob')(HELD)],
    }),
    trace('invalid', 'What no carrier takes is held against its sender, and not answered.', {
      events: [...up('bob'), stranger('mallory'), relayedBy('mallory', envelope(0xff))(5)],
      effects: [penalise('mallory', 'invalid')(5)],
    }),
    trace('untimely', 'Out of time by our clock: refused, and held against nobody.', {
      events: [...up('bob'), stranger('alice'), relayedBy('alice', envelope(0xfe))(5)],
      effects: [refuse('alice', 'untimely', idOf(envelope(0xfe)))(5)],
    }),
    trace('malformed', 'Broken bytes are held against their sender and answered with nothing.', {
      events: [stranger('mallory'), inbound('mallory', Uint8Array.of(1, 1, 1))(5)],
      effects: [penalise('mallory', 'malformed')(5)],
    }),
    trace('stop', 'A node that stops gives back what it only held.', {
      events: [...handed, { atMs: 10, kind: 'stop' }],
      effects: [refuse('alice', 'busy')(10)],
    }),
  ]
}

export function stemTraces(): Vector[] {
  return [...routes(), ...peers(), ...returns(), ...failures()]
}
