// A door's own key of a day would give the identity's key away to everybody who knows h, so a
// device that must not hold the identity key gets a warrant instead: mailbox.md §5.
import { concatBytes, equalBytes } from '../codec/bytes.ts'
import { Reader } from '../codec/reader.ts'
import { assertSeconds } from '../codec/seconds.ts'
import { Writer } from '../codec/writer.ts'
import { ID_BYTES, WARRANT_VERSION } from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { isAcceptableEd25519Key } from '../crypto/ed25519-rules.ts'
import { labelled, SIGN_LABELS } from '../crypto/labels.ts'
import { PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from '../crypto/lengths.ts'
import { ProtocolError } from '../errors.ts'
import { type BlindedSecret, signBlinded } from './blind.ts'

const RIGHT_BITS = { record: 1, drop: 2 } as const
const RIGHT_BITS_ALL = 3

export type Right = keyof typeof RIGHT_BITS

export interface WarrantTerms {
  readonly networkId: Uint8Array
  /** The key that may act for the mailbox. */
  readonly delegate: Uint8Array
  readonly rights: readonly Right[]
  /** The last second at which it holds. */
  readonly notAfter: number
}

export interface Warrant extends WarrantTerms {
  readonly mailbox: Uint8Array
  readonly signature: Uint8Array
}

export function signWarrant(
  crypto: Crypto,
  blinded: BlindedSecret,
  terms: WarrantTerms,
): Uint8Array {
  const rights = terms.rights.reduce((bits, right) => bits | RIGHT_BITS[right], 0)
  const body = new Writer()
    .u8(WARRANT_VERSION)
    .bytes(terms.networkId, ID_BYTES)
    .bytes(blinded.publicKey, PUBLIC_KEY_BYTES)
    .bytes(terms.delegate, PUBLIC_KEY_BYTES)
    .u8(rights)
    .u32(terms.notAfter)
    .finish()
  return concatBytes(body, signBlinded(crypto, blinded, labelled(SIGN_LABELS.warrant, body)))
}

/** The form only: nothing in it has been proved. Its bytes are views of the input. */
export function decodeWarrant(bytes: Uint8Array): Warrant {
  const reader = new Reader(bytes, 'WARRANT')
  reader.version(WARRANT_VERSION)
  const networkId = reader.bytes(ID_BYTES)
  const mailbox = reader.bytes(PUBLIC_KEY_BYTES)
  const delegate = reader.bytes(PUBLIC_KEY_BYTES)
  const bits = reader.within(reader.u8(), 1, RIGHT_BITS_ALL, 'rights')
  const notAfter = reader.u32()
  const signature = reader.bytes(SIGNATURE_BYTES)
  reader.end()
  if (!isAcceptableEd25519Key(delegate)) throw new ProtocolError('WARRANT_INVALID', 'delegate')
  const rights = (Object.keys(RIGHT_BITS) as Right[]).filter((right) => bits & RIGHT_BITS[right])
  return { networkId, mailbox, delegate, rights, notAfter, signature }
}

export interface WarrantUse {
  readonly networkId: Uint8Array
  readonly mailbox: Uint8Array
  readonly right: Right
  readonly nowSeconds: number
}

/** The key that may use this right on this mailbox now. */
export function verifyWarrant(crypto: Crypto, bytes: Uint8Array, use: WarrantUse): Uint8Array {
  assertSeconds(use.nowSeconds)
  const warrant = decodeWarrant(bytes)
  if (!equalBytes(warrant.networkId, use.networkId)) throw new ProtocolError('WARRANT_NETWORK')
  if (!equalBytes(warrant.mailbox, use.mailbox)) {
    throw new ProtocolError('WARRANT_PERMISSION', 'it is for another mailbox')
  }
  if (!warrant.rights.includes(use.right)) {
    throw new ProtocolError('WARRANT_PERMISSION', `it does not give the right to ${use.right}`)
  }
  const signed = labelled(SIGN_LABELS.warrant, bytes.subarray(0, bytes.length - SIGNATURE_BYTES))
  if (!crypto.ed25519Verify(warrant.mailbox, signed, warrant.signature)) {
    throw new ProtocolError('WARRANT_SIGNATURE')
  }
  if (use.nowSeconds > warrant.notAfter) throw new ProtocolError('WARRANT_EXPIRED')
  return warrant.delegate.slice()
}
