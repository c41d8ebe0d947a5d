// Sessions between two devices, beside libsignal's in the same run.
import assert from 'node:assert/strict'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { nativeCrypto } from '@ezchat/node/crypto/native.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import { KEM_STEP_SECONDS } from '@ezchat/protocol/limits.ts'
import type { OwnParty } from '@ezchat/protocol/session/party.ts'
import {
  EMPTY_RING,
  type PrekeyRing,
  publishedPrekeys,
  rotatePrekeys,
} from '@ezchat/protocol/session/prekey-ring.ts'
import type { Prekeys } from '@ezchat/protocol/session/prekeys.ts'
import { openMessage } from '@ezchat/protocol/session/receive.ts'
import { MESSAGE_OVERHEAD_BYTES } from '@ezchat/protocol/session/sealed-message.ts'
import { sealMessage } from '@ezchat/protocol/session/send.ts'
import type { Session } from '@ezchat/protocol/session/session.ts'
import { encodeSession } from '@ezchat/protocol/session/session-state.ts'
import {
  answerFirstContact,
  readFirstContact,
  startSession,
} from '@ezchat/protocol/session/start.ts'
import type { Case, Contender } from '../frame/case.ts'
import { libsignalPair, type loadLibsignal } from '../peers/libsignal.ts'

const crypto = nativeCrypto()
const networkId = new Uint8Array(32).fill(1)
const associated = new Uint8Array(39).fill(2)
const CONTENT = crypto.randomBytes(1024)
const START_SECONDS = 1_800_000_000
const ROOM_BYTES = CONTENT.length + MESSAGE_OVERHEAD_BYTES
const FIRST_ROOM_BYTES = 4096 - 47
const KEM_ROOM_BYTES = 4096 - 47

interface Person {
  readonly own: OwnParty
  readonly ring: PrekeyRing
  readonly prekeys: Prekeys
}

function person(deviceNumber: number): Person {
  const deviceSecret = Secret.adopt(crypto.randomBytes(32))
  const party = {
    identityKey: crypto.ed25519Public(Secret.adopt(crypto.randomBytes(32))),
    deviceId: new Uint8Array(16).fill(deviceNumber),
    signKey: crypto.ed25519Public(Secret.adopt(crypto.randomBytes(32))),
    deviceKey: crypto.x25519Public(deviceSecret),
  }
  const ring = rotatePrekeys(crypto, EMPTY_RING, START_SECONDS)
  const prekeys = publishedPrekeys(crypto, ring, party)
  assert.ok(prekeys)
  return { own: { party, deviceSecret, proof: new Uint8Array(200) }, ring, prekeys }
}

type Sessions = [Session, Session]

/** One message from one of the two to the other; answers with what was read. */
function pass(sessions: Sessions, from: 0 | 1, nowSeconds: number, roomBytes: number): Uint8Array {
  const times = { nowSeconds, associated }
  const sending = { ...times, roomBytes, incarnation: 7 }
  const sent = sealMessage(crypto, sessions[from], CONTENT, sending)
  const to = from === 0 ? 1 : 0
  const receiving = { ...times, ttlSeconds: 30 * 86_400 }
  const received = openMessage(crypto, sessions[to], sent.message, receiving)
  assert.ok(received?.kind === 'opened')
  sessions[from] = sent.session
  sessions[to] = received.session
  return received.content
}

/** Begins, says the first thing, and has it read. */
function begin(alice: Person, bob: Person): Sessions {
  const options = { networkId, rank: 0, nowSeconds: START_SECONDS }
  const times = { nowSeconds: START_SECONDS, associated }
  const started = startSession(crypto, alice.own, bob.prekeys, options)
  const sending = { ...times, roomBytes: FIRST_ROOM_BYTES, incarnation: 7 }
  const first = sealMessage(crypto, started, CONTENT, sending)
  const responder = { own: bob.own, ring: bob.ring, networkId }
  const contact = readFirstContact(crypto, responder, first.message)
  assert.ok(contact)
  const fresh = answerFirstContact(crypto, responder, contact, START_SECONDS)
  const receiving = { ...times, ttlSeconds: 30 * 86_400 }
  const received = openMessage(crypto, fresh, contact.message, receiving)
  assert.ok(received?.kind === 'opened')
  return [first.session, received.session]
}

function meet(): Sessions {
  const sessions = begin(person(1), person(2))
  pass(sessions, 1, START_SECONDS, ROOM_BYTES)
  pass(sessions, 0, START_SECONDS, ROOM_BYTES)
  return sessions
}

const isContent = (result: unknown) => assert.deepEqual(result, CONTENT)

function ours(name: string, turn: (run: number) => 0 | 1, roomBytes = ROOM_BYTES): Contender {
  const sessions = meet()
  let runs = 0
  return {
    name,
    run: () => pass(sessions, turn(runs++), START_SECONDS, roomBytes),
    check: isContent,
  }
}

type Libsignal = NonNullable<Awaited<ReturnType<typeof loadLibsignal>>>

async function theirs(library: Libsignal, turn: (run: number) => 0 | 1): Promise<Contender> {
  const pair = libsignalPair(library)
  await pair.meet()
  const names = ['alice', 'bob'] as const
  const passOne = async (from: 0 | 1) => {
    const sealed = await pair.seal(names[from], CONTENT)
    return pair.open(names[from === 0 ? 1 : 0], sealed)
  }
  isContent(Uint8Array.from(await passOne(0)))
  isContent(Uint8Array.from(await passOne(1)))
  let runs = 0
  const run = async () => Uint8Array.from(await passOne(turn(runs++)))
  return { name: 'libsignal', run, check: isContent }
}

const always = (): 0 => 0
const inTurn = (run: number): 0 | 1 => (run % 2 === 0 ? 0 : 1)

async function besideLibsignal(
  mine: Contender,
  library: Libsignal | null,
  make: (library: Libsignal) => Contender | Promise<Contender>,
): Promise<Contender[]> {
  return library === null ? [mine] : [mine, await make(library)]
}

/** Seal and open 1 KiB, one side talking. */
export function oneWay(library: Libsignal | null): Case {
  return {
    kind: 'timed',
    name: 'session: one way, seal and open 1 KiB',
    unit: 'per second',
    target: { least: 8300, ratioLeast: 1.5 },
    contenders: () =>
      besideLibsignal(ours('ezchat', always), library, (one) => theirs(one, always)),
  }
}

/** The ratchet turns with each message. */
export function pingPong(library: Libsignal | null): Case {
  return {
    kind: 'timed',
    name: 'session: ping-pong, seal and open 1 KiB',
    unit: 'per second',
    target: { least: 4500, ratioLeast: 1 },
    contenders: () =>
      besideLibsignal(ours('ezchat', inTurn), library, (one) => theirs(one, inTurn)),
  }
}

/** The same with room for KEM steps, and time enough between messages that each is due. */
export function pingPongWithKem(): Case {
  const contenders = (): Contender[] => {
    const sessions = meet()
    let runs = 0
    const run = () => {
      const nowSeconds = START_SECONDS + ++runs * KEM_STEP_SECONDS
      return pass(sessions, inTurn(runs), nowSeconds, KEM_ROOM_BYTES)
    }
    return [{ name: 'ezchat', run, check: isContent }]
  }
  const name = 'session: ping-pong, a KEM step in each message'
  return { kind: 'timed', name, unit: 'per second', contenders }
}

/** Handshake, first message, and both opened. */
export function setUp(library: Libsignal | null): Case {
  const [alice, bob] = [person(1), person(2)]
  const mine: Contender = {
    name: 'ezchat',
    run: () => begin(alice, bob),
    check: (result) => {
      const sessions = result as Sessions
      isContent(pass(sessions, 1, START_SECONDS, ROOM_BYTES))
      isContent(pass(sessions, 0, START_SECONDS, ROOM_BYTES))
    },
  }
  const make = (one: Libsignal): Contender => {
    const pair = libsignalPair(one)
    const run = async () => {
      pair.forget()
      await pair.meet()
      return Uint8Array.from(await pair.open('bob', await pair.seal('alice', CONTENT)))
    }
    return { name: 'libsignal', run, check: isContent }
  }
  return {
    kind: 'timed',
    name: 'session: set-up with the first message',
    unit: 'per second',
    target: { least: 684 },
    contenders: () => besideLibsignal(mine, library, make),
  }
}

/** Node gives it to whoever asks for it before the context is made. */
function collector(): () => void {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
}

function residentBytes(collect: () => void): number {
  for (let i = 0; i < 3; i++) collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** What so many idle sessions of one side take, as a daemon holds them that has used all today. */
export function memoryOfSessions(count: number): Case {
  return {
    kind: 'counted',
    name: `session: memory of ${count} sessions`,
    unit: 'KiB',
    count() {
      const [alice, bob] = [person(1), person(2)]
      begin(alice, bob)
      const collect = collector()
      const before = residentBytes(collect)
      const held = Array.from({ length: count }, () => begin(alice, bob)[1])
      const bytes = residentBytes(collect) - before
      assert.equal(new Set(held.map(({ id }) => id)).size, count)
      return { ours: bytes / 1024 }
    },
  }
}

/** What a message has besides its content, and what it writes to disk at each end. */
export function bytesOfMessage(): Case[] {
  const sessions = meet()
  isContent(pass(sessions, 0, START_SECONDS, ROOM_BYTES))
  const counted = (name: string, bytes: number): Case => ({
    kind: 'counted',
    name: `session: ${name}`,
    unit: 'bytes',
    count: () => ({ ours: bytes }),
  })
  return [
    counted('overhead of a message', MESSAGE_OVERHEAD_BYTES),
    counted('state written per message', encodeSession(sessions[0]).length),
  ]
}

export function sessionCases(library: Libsignal | null): Case[] {
  return [
    oneWay(library),
    pingPong(library),
    pingPongWithKem(),
    setUp(library),
    memoryOfSessions(1000),
    ...bytesOfMessage(),
  ]
}
