// One message for all members, whatever their number: group.md §8.
import { concatBytes, equalBytes } from '../codec/bytes.ts'
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import {
  GROUP_HEADER_BYTES,
  GROUP_MESSAGE_VERSION,
  GROUP_SKIP_MAX,
  GROUP_SUITE,
  GROUP_TAG_BYTES,
  ID_BYTES,
} from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { labelled, SIGN_LABELS } from '../crypto/labels.ts'
import { CHACHA_NONCE_BYTES, SIGNATURE_BYTES, TAG_BYTES } from '../crypto/lengths.ts'
import type { Secret } from '../crypto/secret.ts'
import { assert, ProtocolError } from '../errors.ts'
import { type Epoch, stepSender } from './epoch.ts'
import { type GroupKeys, replaceEpoch, sendingEpoch } from './keys.ts'
import type { DeviceRef } from './op.ts'
import { devicesWithTag, type Roster, type RosterDevice } from './roster.ts'
import { addSkippedKeys, findSkippedKey, takeSkippedKey } from './skipped.ts'

const SEALED_HEADER_BYTES = GROUP_HEADER_BYTES + TAG_BYTES
/** Version and suite, sealed header, signature, tag. */
export const GROUP_MESSAGE_OVERHEAD_BYTES = 2 + SEALED_HEADER_BYTES + SIGNATURE_BYTES + TAG_BYTES

/** What a message belongs to; it opens nowhere else. */
export interface MessagePlace {
  readonly networkId: Uint8Array
  readonly conversationId: Uint8Array
}

interface MessageHeader {
  readonly index: number
  readonly counter: number
  readonly salt: Uint8Array
}

function encodeHeader({ index, counter, salt }: MessageHeader): Uint8Array {
  return new Writer(GROUP_HEADER_BYTES)
    .u16(index)
    .u32(counter)
    .bytes(salt, CHACHA_NONCE_BYTES)
    .finish()
}

function decodeHeader(bytes: Uint8Array): MessageHeader {
  const reader = new Reader(bytes, 'GROUP_MESSAGE')
  const header = {
    index: reader.u16(),
    counter: reader.u32(),
    salt: reader.bytes(CHACHA_NONCE_BYTES),
  }
  reader.end()
  return header
}

const PREFIX = Uint8Array.of(GROUP_MESSAGE_VERSION, GROUP_SUITE)

function boundTo(keys: GroupKeys, epoch: Epoch, place: MessagePlace): Uint8Array {
  const writer = new Writer(2 + 4 * ID_BYTES).bytes(PREFIX)
  return writer
    .bytes(place.networkId, ID_BYTES)
    .bytes(keys.groupId, ID_BYTES)
    .bytes(epoch.id, ID_BYTES)
    .bytes(place.conversationId, ID_BYTES)
    .finish()
}

function statement(
  bound: Uint8Array,
  header: Uint8Array,
  sender: DeviceRef,
  content: Uint8Array,
): Uint8Array {
  const { identity, device } = sender
  return labelled(SIGN_LABELS.groupMessage, bound, header, identity, device, content)
}

/** A header key seals many headers; the body's tag is as good as random, and makes the nonce. */
function headerNonce(message: Uint8Array): Uint8Array {
  const tag = message.length - TAG_BYTES
  return message.slice(tag, tag + CHACHA_NONCE_BYTES)
}

export interface MessageDraft extends MessagePlace {
  readonly content: Uint8Array
  readonly self: DeviceRef
  readonly signSeed: Secret
}

export interface SealedGroupMessage {
  readonly keys: GroupKeys
  /** Whose lane it goes to. */
  readonly epoch: Epoch
  readonly bytes: Uint8Array
}

/** Null when a rotation must come first. */
export function sealGroupMessage(
  crypto: Crypto,
  keys: GroupKeys,
  roster: Roster,
  draft: MessageDraft,
): SealedGroupMessage | null {
  const epoch = sendingEpoch(crypto, keys, roster)
  if (epoch === null) return null
  return sealGroupMessageWith(crypto, keys, epoch, draft, crypto.randomBytes(CHACHA_NONCE_BYTES))
}

export function sealGroupMessageWith(
  crypto: Crypto,
  keys: GroupKeys,
  epoch: Epoch,
  draft: MessageDraft,
  salt: Uint8Array,
): SealedGroupMessage {
  const { ownIndex: index } = epoch
  assert(index !== null, 'expected an epoch with a chain of our own')
  const chain = epoch.chains[index]!
  const { message, next } = stepSender(crypto, chain)
  const bound = boundTo(keys, epoch, draft)
  const header = encodeHeader({ index, counter: chain.counter, salt })
  const signed = statement(bound, header, draft.self, draft.content)
  const inner = concatBytes(crypto.ed25519Sign(draft.signSeed, signed), draft.content)
  const body = crypto.chachaSeal(message, salt, concatBytes(bound, header), inner)
  message.wipe()
  const sealedHeader = crypto.chachaSeal(epoch.header, headerNonce(body), bound, header)
  const moved = { ...epoch, chains: epoch.chains.with(index, next) }
  return {
    keys: replaceEpoch(keys, moved),
    epoch: moved,
    bytes: concatBytes(PREFIX, sealedHeader, body),
  }
}

export interface MessageReader extends MessagePlace {
  readonly roster: Roster
  readonly self: DeviceRef
  readonly nowSeconds: number
}

export type OpenedGroupMessage =
  | {
      readonly kind: 'opened'
      readonly keys: GroupKeys
      readonly sender: RosterDevice
      /** The sender has been removed since, or before: whether to show it is the reader's choice. */
      readonly isGone: boolean
      readonly epochId: Uint8Array
      readonly counter: number
      readonly content: Uint8Array
    }
  /** By a device that is not known yet: nothing has changed, and it can be opened later. */
  | { readonly kind: 'unknown-sender'; readonly epochId: Uint8Array }
  /** Our own, from a future that our state has forgotten: `retireSending`, then rotate. */
  | { readonly kind: 'rolled-back'; readonly epochId: Uint8Array }

/** Null when no epoch that we hold has its header's key. */
export function openGroupMessage(
  crypto: Crypto,
  keys: GroupKeys,
  bytes: Uint8Array,
  reader: MessageReader,
): OpenedGroupMessage | null {
  if (bytes.length < GROUP_MESSAGE_OVERHEAD_BYTES) return null
  if (bytes[0] !== GROUP_MESSAGE_VERSION) {
    throw new ProtocolError('GROUP_MESSAGE_VERSION', `${bytes[0]}`)
  }
  if (bytes[1] !== GROUP_SUITE) throw new ProtocolError('GROUP_MESSAGE_KIND', `suite ${bytes[1]}`)
  const sealedHeader = bytes.subarray(2, 2 + SEALED_HEADER_BYTES)
  const nonce = headerNonce(bytes)
  for (const epoch of keys.epochs) {
    const bound = boundTo(keys, epoch, reader)
    const header = crypto.chachaOpen(epoch.header, nonce, bound, sealedHeader)
    if (header === null) continue
    const body = bytes.subarray(2 + SEALED_HEADER_BYTES)
    return openIn(crypto, keys, epoch, { bound, header, body }, reader)
  }
  return null
}

interface Parts {
  readonly bound: Uint8Array
  readonly header: Uint8Array
  readonly body: Uint8Array
}

function openIn(
  crypto: Crypto,
  keys: GroupKeys,
  epoch: Epoch,
  parts: Parts,
  reader: MessageReader,
): OpenedGroupMessage {
  const header = decodeHeader(parts.header)
  const { index, counter, salt } = header
  if (index >= epoch.chains.length)
    throw new ProtocolError('GROUP_MESSAGE_FIELD', `sender ${index}`)
  const candidates = sendersAt(crypto, keys, epoch, index, reader.roster)
  if (candidates.length === 0) return { kind: 'unknown-sender', epochId: epoch.id }
  const { key, epoch: moved } = keyFor(crypto, epoch, header, reader.nowSeconds)
  const inner = crypto.chachaOpen(key, salt, concatBytes(parts.bound, parts.header), parts.body)
  if (inner === null) throw new ProtocolError('GROUP_MESSAGE_SEAL')
  const content = inner.subarray(SIGNATURE_BYTES)
  const signature = inner.subarray(0, SIGNATURE_BYTES)
  // Every member has every sender's keys: who wrote it is what the signature says.
  const sender = candidates.find((one) =>
    crypto.ed25519Verify(
      one.signKey,
      statement(parts.bound, parts.header, one, content),
      signature,
    ),
  )
  if (sender === undefined) throw new ProtocolError('GROUP_MESSAGE_SIGNATURE')
  if (isSame(sender, reader.self)) return { kind: 'rolled-back', epochId: epoch.id }
  return {
    kind: 'opened',
    keys: replaceEpoch(keys, moved),
    sender,
    isGone: reader.roster.gone.includes(sender),
    epochId: epoch.id,
    counter,
    content,
  }
}

function isSame(a: DeviceRef, b: DeviceRef): boolean {
  return equalBytes(a.device, b.device) && equalBytes(a.identity, b.identity)
}

function sendersAt(
  crypto: Crypto,
  keys: GroupKeys,
  epoch: Epoch,
  index: number,
  roster: Roster,
): readonly RosterDevice[] {
  const tag = epoch.tags.subarray(index * GROUP_TAG_BYTES, (index + 1) * GROUP_TAG_BYTES)
  return devicesWithTag(crypto, keys.groupId, roster, tag)
}

/** The key of this message, and the epoch as it is once the message has been opened. */
function keyFor(
  crypto: Crypto,
  epoch: Epoch,
  { index, counter }: MessageHeader,
  nowSeconds: number,
): { readonly key: Secret; readonly epoch: Epoch } {
  const chain = epoch.chains[index]!
  if (counter < chain.counter) {
    const skipped = findSkippedKey(epoch.skipped, index, counter)
    if (skipped === null) throw new ProtocolError('GROUP_MESSAGE_STALE')
    return {
      key: skipped.key,
      epoch: { ...epoch, skipped: takeSkippedKey(epoch.skipped, skipped, nowSeconds) },
    }
  }
  if (counter - chain.counter > GROUP_SKIP_MAX) {
    throw new ProtocolError('GROUP_MESSAGE_LIMIT', `${counter - chain.counter} messages ahead`)
  }
  const passed = []
  let step = stepSender(crypto, chain)
  while (step.next.counter <= counter) {
    passed.push({
      index,
      counter: step.next.counter - 1,
      storedSeconds: nowSeconds,
      key: step.message,
    })
    step = stepSender(crypto, step.next)
  }
  return {
    key: step.message,
    epoch: {
      ...epoch,
      chains: epoch.chains.with(index, step.next),
      skipped: addSkippedKeys(epoch.skipped, passed, nowSeconds),
    },
  }
}
