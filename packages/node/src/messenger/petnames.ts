// What the owner calls somebody: never two of one name, and never a name that was only claimed
// without saying so.
import { equalBytes } from '@ezchat/protocol/codec/bytes.ts'
import { isPlainName } from '@ezchat/protocol/codec/plain-text.ts'
import { RECORD_NAME_BYTES_MAX } from '@ezchat/protocol/constants.ts'
import { Failure } from '@ezchat/protocol/control/failures.ts'
import { ProtocolError } from '@ezchat/protocol/errors.ts'
import { decodeAddress, encodeAddress } from '@ezchat/protocol/identity/address.ts'
import type { People } from './people.ts'

const folded = (name: string): string => name.normalize('NFKC').toLowerCase()

function shortAddress(identityKey: Uint8Array): string {
  return encodeAddress(identityKey).slice(0, 11)
}

/** A petname, or what stands for one. */
export function nameOf(people: People, identityKey: Uint8Array): string {
  const petname = people.contact(identityKey)?.petname ?? ''
  return petname === '' ? shortAddress(identityKey) : petname
}

function holderOf(people: People, name: string): Uint8Array | null {
  const wanted = folded(name)
  const holder = people
    .all()
    .find(({ identityKey }) => folded(people.contact(identityKey)?.petname ?? '') === wanted)
  return holder?.identityKey ?? null
}

/** The name that somebody suggested, or one like it that nobody has here. */
export function petnameFor(people: People, suggested: string, identityKey: Uint8Array): string {
  const name = suggested === '' ? shortAddress(identityKey) : suggested
  for (let number = 1; ; number++) {
    const tried = number === 1 ? name : `${name.slice(0, 56)} ${number}`
    const isTaken = ![null, identityKey].some((free) => sameHolder(holderOf(people, tried), free))
    if (!isTaken && isPlainName(tried, RECORD_NAME_BYTES_MAX)) return tried
    if (number > people.all().length + 1) return shortAddress(identityKey)
  }
}

function sameHolder(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a === null || b === null ? a === b : equalBytes(a, b)
}

/** Throws Failure BAD_PARAMS or NAME_TAKEN. */
export function checkPetname(people: People, name: string, identityKey: Uint8Array): void {
  if (name === '' || !isPlainName(name, RECORD_NAME_BYTES_MAX) || name.startsWith('ez1')) {
    throw new Failure('BAD_PARAMS', 'this is no name')
  }
  const holder = holderOf(people, name)
  if (holder !== null && !equalBytes(holder, identityKey)) throw new Failure('NAME_TAKEN', name)
}

/** An address, or null for what may be a petname. Throws Failure ADDRESS_BAD. */
export function addressIn(text: string): Uint8Array | null {
  try {
    return decodeAddress(text)
  } catch (cause: unknown) {
    if (!(cause instanceof ProtocolError)) throw cause
    throw new Failure('ADDRESS_BAD', cause.message, { cause })
  }
}

const ADDRESS_LEAST = 8

/** Whom somebody means: a petname, an address, or the beginning of either that fits one. */
export function resolvePeer(people: People, text: string): Uint8Array {
  const exact = holderOf(people, text)
  if (exact !== null) return exact
  const isWholeAddress = /^ez1/i.test(text.trim()) && text.trim().length >= 61
  if (isWholeAddress) {
    const key = addressIn(text)
    if (key !== null && people.get(key) !== null) return key
    throw new Failure('PEER_UNKNOWN', 'add the address first: ezchat add ADDRESS')
  }
  const wanted = folded(text)
  const fitting = people.all().filter(({ identityKey }) => {
    const name = folded(people.contact(identityKey)?.petname ?? '')
    const isAddress =
      wanted.length >= ADDRESS_LEAST && encodeAddress(identityKey).startsWith(wanted)
    return isAddress || (name !== '' && name.startsWith(wanted))
  })
  if (fitting.length > 1) throw new Failure('PEER_AMBIGUOUS', text)
  const [one] = fitting
  if (one === undefined) throw new Failure('PEER_UNKNOWN', text)
  return one.identityKey
}
