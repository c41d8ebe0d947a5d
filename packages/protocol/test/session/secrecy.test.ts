// Real attempts with everything that an attacker could have got hold of.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { inspect } from 'node:util'
import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import { stepChain } from '@ezchat/protocol/session/keys.ts'
import { newPair, withSession } from '@ezchat/protocol/session/pair.ts'
import { pairChanges } from '@ezchat/protocol/session/pair-state.ts'
import { openMessage } from '@ezchat/protocol/session/receive.ts'
import type { Session } from '@ezchat/protocol/session/session.ts'
import { encodeSession } from '@ezchat/protocol/session/session-state.ts'
import { crypto, hear, type Met, meet, NOW, person, ROOM_4K, receiving, say } from './people.ts'

const alice = person(1)
const bob = person(2)

/** Every 32 bytes of a state, and what chains make of them. */
function keysIn(state: Uint8Array, steps: number): Secret[] {
  const keys: Secret[] = []
  for (let at = 0; at + 32 <= state.length; at++) {
    let chain = Secret.copy(state.subarray(at, at + 32))
    keys.push(chain)
    for (let i = 0; i < steps; i++) {
      const step = stepChain(crypto, chain)
      keys.push(step.message)
      chain = step.chain
    }
  }
  return keys
}

interface Overheard {
  readonly key: Secret
  readonly nonce: Uint8Array
  readonly bound: Uint8Array
  readonly sealed: Uint8Array
}

/** The bodies that somebody seals, with all that is said beside them but the key. */
function overhear(overheard: Overheard[]) {
  return {
    ...crypto,
    chachaSeal(key: Secret, nonce: Uint8Array, bound: Uint8Array, plain: Uint8Array) {
      const sealed = crypto.chachaSeal(key, nonce, bound, plain)
      if (plain.length > 500) overheard.push({ key, nonce, bound, sealed })
      return sealed
    },
  }
}

const opens = (keys: readonly Secret[], { nonce, bound, sealed }: Overheard): boolean =>
  keys.some((key) => crypto.chachaOpen(key, nonce, bound, sealed) !== null)

describe('forward secrecy', () => {
  test('whoever takes both states opens nothing that was read before', () => {
    const met = meet(alice, bob)
    const bodies: Overheard[] = []
    const listening = overhear(bodies)
    for (let i = 0; i < 3; i++) {
      hear(met, 'bob', say(met, 'alice', `a${i}`, {}, listening))
      hear(met, 'alice', say(met, 'bob', `b${i}`, {}, listening))
    }
    const last = bodies.pop()!
    for (const state of [met.alice, met.bob]) {
      const keys = keysIn(encodeSession(state), 3)
      for (const body of [...bodies, last]) assert.ok(!opens(keys, body))
    }
    // The attempt is a real one: a state from before the message is enough.
    const before = encodeSession(met.alice)
    say(met, 'alice', 'next', {}, listening)
    say(met, 'alice', 'and next', {}, listening)
    const during = encodeSession(met.alice)
    say(met, 'alice', 'third', {}, listening)
    assert.ok(opens(keysIn(during, 2), bodies.at(-1)!))
    assert.ok(!opens(keysIn(before, 2), bodies.at(-1)!), 'a new chain has new randomness')
  })

  test('the device’s long-term keys and prekeys open no session', () => {
    const met = meet(alice, bob)
    const bodies: Overheard[] = []
    say(met, 'alice', 'hello', {}, overhear(bodies))
    const longTerm = [bob.own.deviceSecret, bob.signSeed, alice.own.deviceSecret, alice.signSeed]
    const prekeys = bob.ring.generations.flatMap(({ signedSecret, kemSeed }) => [
      signedSecret,
      Secret.copy(kemSeed.reveal().subarray(0, 32)),
      Secret.copy(kemSeed.reveal().subarray(32)),
    ])
    assert.ok(!opens([...longTerm, ...prekeys], bodies[0]!))
  })
})

describe('after a theft', () => {
  function turn(met: Met, thief: { session: Session }, to: 'alice' | 'bob', roomBytes: number) {
    const from = to === 'alice' ? 'bob' : 'alice'
    const nowSeconds = NOW + 8 * 86_400
    const message = say(met, from, `to ${to}`, { roomBytes, nowSeconds })
    hear(met, to, message, nowSeconds)
    const received = openMessage(crypto, thief.session, message, { ...receiving, nowSeconds })
    if (received?.kind === 'opened') thief.session = received.session
    return received?.kind ?? null
  }

  test('a turn of the ratchet shuts out whoever copied the state', () => {
    const met = meet(alice, bob)
    hear(met, 'bob', say(met, 'alice', 'mine'))
    const thief = { session: met.alice }
    const room = ROOM_4K
    assert.equal(turn(met, thief, 'alice', room), 'opened')
    turn(met, thief, 'bob', room)
    assert.notEqual(turn(met, thief, 'alice', room), 'opened')
    turn(met, thief, 'bob', room)
    assert.equal(turn(met, thief, 'alice', room), null)
  })

  test('a KEM step shuts out whoever can also compute every Diffie-Hellman', () => {
    const met = meet(alice, bob)
    hear(met, 'bob', say(met, 'alice', 'mine'))
    const thief = { session: met.alice }
    const room = ROOM_4K
    /** The quantum attacker: our ratchet secret, but not the KEM's seed. */
    const computeDh = () => {
      const { sending, nextSendHeaderKey, root, nextReceiveHeaderKey } = met.alice
      const known = { sending, nextSendHeaderKey, root, nextReceiveHeaderKey }
      const kem = { ...thief.session.kem, ownSeed: Secret.adopt(crypto.randomBytes(64)) }
      return { ...thief.session, ...known, kem }
    }
    turn(met, thief, 'alice', room)
    turn(met, thief, 'bob', room)
    assert.ok(met.alice.kem.ownSeed)
    thief.session = computeDh()
    const nowSeconds = NOW + 8 * 86_400
    const answer = say(met, 'bob', 'with a ciphertext', { roomBytes: room, nowSeconds })
    const options = { ...receiving, nowSeconds }
    assert.throws(() => openMessage(crypto, thief.session, answer, options), /cannot be opened/)
    hear(met, 'alice', answer, nowSeconds)
    assert.equal(met.alice.kem.ownSeed, null)
  })
})

describe('keys', () => {
  function secretsIn(value: unknown, found: Secret[] = []): Secret[] {
    if (value instanceof Secret) found.push(value)
    else if (value instanceof Map) for (const entry of value.values()) secretsIn(entry, found)
    else if (value !== null && typeof value === 'object' && !ArrayBuffer.isView(value)) {
      for (const entry of Object.values(value)) secretsIn(entry, found)
    }
    return found
  }

  function assertSilent(shown: string, secrets: readonly Secret[]): void {
    for (const secret of secrets) {
      const bytes = Buffer.from(secret.reveal())
      const spellings = [
        bytes.toString('hex'),
        bytes.toString('base64'),
        bytes.toString('latin1'),
        [...bytes].join(','),
        [...bytes].join(', '),
      ]
      for (const spelling of spellings) assert.ok(!shown.includes(spelling.slice(0, 24)))
    }
  }

  test('never show in inspect, JSON, text, errors or the names of stored records', () => {
    const met = meet(alice, bob)
    say(met, 'alice', 'skipped')
    const nowSeconds = NOW + 8 * 86_400
    const message = say(met, 'alice', 'x', { roomBytes: ROOM_4K, nowSeconds })
    hear(met, 'bob', message, nowSeconds)
    const pair = withSession(newPair(alice.own.party), met.bob, NOW)
    const everything = { met, pair, alice, bob }
    const secrets = secretsIn(everything)
    assert.ok(secrets.length > 30)
    const changes = pairChanges(null, pair)
    const names = [...changes.put.map(([key]) => key), ...changes.removed]
    const errors: unknown[] = []
    const forged = say(met, 'alice', 'y')
    forged[200]! ^= 1
    try {
      openMessage(crypto, met.bob, forged, receiving)
    } catch (error: unknown) {
      errors.push(error)
    }
    assert.equal(errors.length, 1)
    const shown = [
      inspect(everything, { depth: 20, showHidden: true, maxArrayLength: null }),
      JSON.stringify(everything),
      String(met.alice.root),
      ...errors.map((error) => `${error} ${inspect(error)} ${JSON.stringify(error)}`),
      ...names.map(toHex),
    ]
    for (const one of shown) assertSilent(one, secrets)
    // The check finds what it looks for: stored values do hold the keys.
    const values = changes.put.map(([, value]) => toHex(value)).join()
    assert.throws(() => assertSilent(values, secretsIn(met.bob)))
  })
})
