// An identity record, sealed for those who know the address or invite: record.md.
import { concatBytes, equalBytes } from '../codec/bytes.ts'
import { Writer } from '../codec/writer.ts'
import { RECORD_PERIODS_MAX, RECORD_SIZES_BYTES } from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { derive } from '../crypto/derive.ts'
import { KEY_LABELS, labelled, SIGN_LABELS } from '../crypto/labels.ts'
import { KEY_BYTES, XCHACHA_NONCE_BYTES } from '../crypto/lengths.ts'
import { Secret } from '../crypto/secret.ts'
import { assert, ProtocolError } from '../errors.ts'
import { type BlindedSecret, blindPublicKey, signBlinded } from '../mailbox/blind.ts'
import { doorPeriod, doorSecretIn } from '../mailbox/door.ts'
import type { Device } from './device-log.ts'
import { isIdentityKey } from './identity-key.ts'
import {
  decodeContent,
  fitContent,
  type RecordContent,
  type RecordDraft,
} from './record-content.ts'
import { contentBytes, decodeRecord, encodeClear, type RecordHeader } from './record-layout.ts'
import { checkSigner, checkTimes } from './record-validator.ts'

/** What one must know of somebody to find and read the record. */
export interface RecordDoor {
  readonly networkId: Uint8Array
  readonly identityKey: Uint8Array
  /** Of the invite; null for the door of the bare address. */
  readonly doorSecret: Secret | null
}

/** The identity's key of the day, or a device's with its warrant. */
export interface RecordSigner {
  readonly blinded: BlindedSecret
  readonly warrant: Uint8Array | null
}

export interface RecordTerms extends RecordDraft {
  readonly period: number
  /** Higher than any that this name has had. */
  readonly sequence: bigint
  readonly expiresSeconds: number
}

export interface OpenedRecord extends RecordContent, Omit<RecordHeader, 'warrant'> {
  /** Null where the identity's own key of the day signed, else the device that did. */
  readonly signedBy: Device | null
}

function secretOf(crypto: Crypto, { networkId, doorSecret }: RecordDoor): Uint8Array {
  return doorSecretIn(crypto, networkId, doorSecret)
}

export function recordMailbox(crypto: Crypto, door: RecordDoor, period: number): Uint8Array {
  return blindPublicKey(crypto, door.identityKey, secretOf(crypto, door), period)
}

/**
 * The key that a warrant names for a device. Blinded too: the same key in the warrants of two
 * days would tell every carrier that the two days' mailboxes are of one owner. record.md §5
 */
export function recordDelegate(
  crypto: Crypto,
  door: RecordDoor,
  signKey: Uint8Array,
  period: number,
): Uint8Array {
  return blindPublicKey(crypto, signKey, secretOf(crypto, door), period)
}

/** Where to look, the likeliest first: today, a clock ahead of ours, then back into the past. */
export function recordPeriods(nowSeconds: number): readonly number[] {
  const today = doorPeriod(nowSeconds)
  const past = Array.from({ length: RECORD_PERIODS_MAX }, (_, i) => today - 1 - i)
  return [today, today + 1, ...past.filter((period) => period >= 0)]
}

function recordKey(crypto: Crypto, door: RecordDoor, header: RecordHeader): Secret {
  const known = concatBytes(door.identityKey, secretOf(crypto, door))
  const period = new Writer(4).u32(header.period).finish()
  const context = [door.networkId, header.mailbox, period]
  const secret = Secret.adopt(known)
  const key = derive(crypto, KEY_LABELS.recordKey, secret, context, KEY_BYTES)
  secret.wipe()
  return key
}

/** Null when a delegate has more to say than fits: only the identity itself can shorten it. */
export function sealRecord(
  crypto: Crypto,
  door: RecordDoor,
  terms: RecordTerms,
  signer: RecordSigner,
): Uint8Array | null {
  return sealRecordWith(crypto, crypto.randomBytes(XCHACHA_NONCE_BYTES), door, terms, signer)
}

/** With the nonce given. record.md §5 */
export function sealRecordWith(
  crypto: Crypto,
  nonce: Uint8Array,
  door: RecordDoor,
  terms: RecordTerms,
  signer: RecordSigner,
): Uint8Array | null {
  assert(equalBytes(terms.log.identityKey, door.identityKey), 'expected the log of the identity')
  const { period, sequence, expiresSeconds } = terms
  const { warrant } = signer
  const isDelegate = warrant !== null
  const bytesMax = contentBytes(RECORD_SIZES_BYTES.at(-1)!, isDelegate)
  const content = fitContent(terms, { bytesMax, isDelegate })
  if (content === null) return null
  const rooms = RECORD_SIZES_BYTES.map((size) => contentBytes(size, isDelegate))
  const plain = new Uint8Array(rooms.find((room) => room >= content.length)!)
  plain.set(content)
  const mailbox = recordMailbox(crypto, door, period)
  const header = { mailbox, period, sequence, expiresSeconds, warrant }
  const clear = encodeClear(header, nonce)
  const associated = concatBytes(door.networkId, clear)
  const key = recordKey(crypto, door, header)
  const body = concatBytes(clear, crypto.xchachaSeal(key, nonce, associated, plain))
  const message = labelled(SIGN_LABELS.record, door.networkId, body)
  return concatBytes(body, signBlinded(crypto, signer.blinded, message))
}

/** Null when it is the record of somebody else, or of another door. record.md §6 */
export function openRecord(
  crypto: Crypto,
  door: RecordDoor,
  bytes: Uint8Array,
  reader: { readonly nowSeconds: number; readonly shardBits: number },
): OpenedRecord | null {
  const { nowSeconds, shardBits } = reader
  const record = decodeRecord(bytes)
  checkTimes(record, nowSeconds)
  const { period, sequence, expiresSeconds, warrant } = record
  if (!equalBytes(record.mailbox, recordMailbox(crypto, door, period))) return null
  const signKey = checkSigner(crypto, record, { networkId: door.networkId, nowSeconds })
  const associated = concatBytes(door.networkId, record.clear)
  const key = recordKey(crypto, door, record)
  const plain = crypto.xchachaOpen(key, record.nonce, associated, record.sealed)
  if (plain === null) throw new ProtocolError('RECORD_SEAL')
  const isDelegate = warrant !== null
  const content = decodeContent(crypto, plain, { identityKey: door.identityKey, isDelegate })
  if (content.homeShard >> shardBits !== 0) {
    throw new ProtocolError('RECORD_FIELD', `the network has no shard ${content.homeShard}`)
  }
  const signedBy = isDelegate ? publisherOf(crypto, door, signKey, { ...content, period }) : null
  const mailbox = record.mailbox.slice()
  return { ...content, mailbox, period, sequence, expiresSeconds, signedBy }
}

/** A warrant outlives the device's place in the log, so the log is asked too. */
function publisherOf(
  crypto: Crypto,
  door: RecordDoor,
  delegate: Uint8Array,
  from: { period: number; devices: RecordContent['devices'] },
): Device {
  for (const device of from.devices.values()) {
    if (!device.rights.includes('publish') || !isIdentityKey(device.signKey)) continue
    const key = recordDelegate(crypto, door, device.signKey, from.period)
    if (equalBytes(key, delegate)) return device
  }
  throw new ProtocolError('RECORD_PERMISSION', 'signed by no device that may publish')
}
