import assert from 'node:assert/strict'
import { equalBytes } from '@ezchat/protocol/codec/bytes.ts'
import { DOOR_SECRET_BYTES } from '@ezchat/protocol/constants.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import {
  type BlindedSecret,
  blindPublicKey,
  blindSecret,
  checkIdentityKey,
  signBlinded,
} from '@ezchat/protocol/mailbox/blind.ts'
import { deriveLane, type Lane } from '@ezchat/protocol/mailbox/lane.ts'
import type { Contender, TimedCase } from '../frame/case.ts'
import { besideNoble, native } from './implementations.ts'

const seed = Secret.adopt(native.randomBytes(32))
const identityKey = native.ed25519Public(seed)
const doorSecret = native.randomBytes(DOOR_SECRET_BYTES)
const PERIOD = 19_700
const message = native.randomBytes(128)

/** The owner's and the stranger's mailbox are the same one. */
function isOwnersDoor(result: unknown): void {
  const owner = blindSecret(native, seed, doorSecret, PERIOD)
  assert.ok(equalBytes(result as Uint8Array, owner.publicKey), 'other doors')
}

function strangersDoor(crypto: Crypto) {
  const checked = checkIdentityKey(identityKey)
  const run = () => blindPublicKey(crypto, checked, doorSecret, PERIOD)
  return { run, check: isOwnersDoor }
}

function ownersDoor(crypto: Crypto) {
  const run = () => blindSecret(crypto, seed, doorSecret, PERIOD)
  const check: Contender['check'] = (result) => isOwnersDoor((result as BlindedSecret).publicKey)
  return { run, check }
}

function signing(crypto: Crypto) {
  const blinded = blindSecret(native, seed, doorSecret, PERIOD)
  const check: Contender['check'] = (result) =>
    assert.ok(native.ed25519Verify(blinded.publicKey, message, result as Uint8Array))
  return { run: () => signBlinded(crypto, blinded, message), check }
}

function lane(crypto: Crypto) {
  const terms = { networkId: native.randomBytes(32), direction: 0, day: PERIOD } as const
  const expected = deriveLane(native, seed, terms)
  const check: Contender['check'] = (result) =>
    assert.ok(equalBytes((result as Lane).mailbox, expected.mailbox), 'other lanes')
  return { run: () => deriveLane(crypto, seed, terms), check }
}

export function mailboxCases(): TimedCase[] {
  const works = {
    'door: blind an identity key, as a stranger': strangersDoor,
    'door: blind the secret, as its owner': ownersDoor,
    'door: sign with a blinded secret': signing,
    'lane: derive a day': lane,
  }
  return Object.entries(works).map(([name, work]) => ({
    kind: 'timed',
    name,
    unit: 'per second',
    contenders: () => besideNoble(work),
  }))
}
