// For a member that missed a rotation: an epoch as another member has it now, over their session.
// group.md §10
import { concatBytes, equalBytes } from '../codec/bytes.ts'
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import { GROUP_TAG_BYTES } from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { KEY_BYTES, SIGNATURE_BYTES } from '../crypto/lengths.ts'
import { Secret } from '../crypto/secret.ts'
import { ProtocolError } from '../errors.ts'
import { GROUP_CATCH_UP_DEVICES_MAX } from '../limits.ts'
import type { Epoch, SenderChain } from './epoch.ts'
import { findEpoch, type GroupKeys, withEpoch } from './keys.ts'
import { type DeviceRef, deviceName } from './op.ts'
import { ownPlace, placesOf, type Roster, tagOf } from './roster.ts'
import { type RotationReader, verifyRotation } from './rotate.ts'
import { epochIdOf, readRotationHead } from './rotation.ts'

const CATCH_UP_VERSION = 1

/**
 * Null unless the requester is a member's device now, and was one when the epoch began: it gets
 * the chains as they stand, so nothing that we have read already. Too large an epoch is not
 * handed on; a new rotation serves the requester as well.
 */
export function giveEpoch(
  crypto: Crypto,
  keys: GroupKeys,
  epochId: Uint8Array,
  requester: DeviceRef,
  roster: Roster,
): Uint8Array | null {
  const epoch = findEpoch(keys, epochId)
  const name = deviceName(requester)
  if (epoch === null || !roster.active.some((one) => deviceName(one) === name)) return null
  if (placesOf(tagOf(crypto, keys.groupId, requester), epoch.tags).length === 0) return null
  if (epoch.chains.length > GROUP_CATCH_UP_DEVICES_MAX) return null
  const { psk } = epoch
  const writer = new Writer(1024 + 40 * epoch.chains.length)
    .u8(CATCH_UP_VERSION)
    .u8(psk === null ? 0 : 1)
    .bytes(psk?.reveal() ?? new Uint8Array(0))
    .bytes(epoch.lane.reveal())
    .bytes(epoch.header.reveal())
    .bytes(concatBytes(epoch.body, epoch.signature))
  for (const { key, counter } of epoch.chains) writer.bytes(key.reveal()).u32(counter)
  return writer.finish()
}

export interface CatchUpReader extends Omit<RotationReader, 'via' | 'exchange'> {
  /** After a loss of state: what we sent in this epoch may be unknown to who answers. */
  readonly mayHaveSent: boolean
}

/** Null for another group's. The same keys when the epoch is there already. */
export function takeEpoch(
  crypto: Crypto,
  keys: GroupKeys,
  bytes: Uint8Array,
  reader: CatchUpReader,
): GroupKeys | null {
  if (bytes.length > 65_536) throw new ProtocolError('ROTATION_LIMIT', `${bytes.length} bytes`)
  const own = Uint8Array.from(bytes)
  const fields = new Reader(own, 'ROTATION')
  fields.version(CATCH_UP_VERSION)
  const hasPsk = fields.within(fields.u8(), 0, 1, 'flag') === 1
  const secret = (): Secret => Secret.copy(fields.bytes(KEY_BYTES))
  const psk = hasPsk ? secret() : null
  const lane = secret()
  const header = secret()
  const from = fields.offset
  const head = readRotationHead(fields)
  const body = own.subarray(from, fields.offset)
  const signature = fields.bytes(SIGNATURE_BYTES)
  const count = head.tags.length / GROUP_TAG_BYTES
  if (count > GROUP_CATCH_UP_DEVICES_MAX) fields.fail('LIMIT', `${count} devices`)
  const chains = Array.from({ length: count }, (): SenderChain => {
    const key = secret()
    return { key, counter: fields.u32() }
  })
  fields.end()
  if (!equalBytes(head.groupId, keys.groupId)) return null
  verifyRotation(crypto, { head, body, signature }, reader)
  const id = epochIdOf(crypto, body)
  if (findEpoch(keys, id) !== null) return keys
  const places = placesOf(tagOf(crypto, head.groupId, reader.self), head.tags)
  if (places.length === 0) throw new ProtocolError('ROTATION_PERMISSION', 'an epoch without us')
  const ownIndex = ownPlace(crypto, head.groupId, reader.roster, reader.self, head.tags)
  const epoch: Epoch = {
    id,
    body,
    signature,
    parents: head.parents,
    tags: head.tags,
    ownIndex,
    maySend: !reader.mayHaveSent && ownIndex !== null && chains[ownIndex]!.counter === 0,
    psk,
    lane,
    header,
    chains,
    skipped: [],
    receivedSeconds: reader.nowSeconds,
    supersededSeconds: null,
  }
  return withEpoch(keys, epoch, reader.nowSeconds)
}
