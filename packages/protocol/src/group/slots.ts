// A root for many devices in one blob: one ephemeral key, 48 bytes for each. group.md §6
import { concatBytes, equalBytes } from '../codec/bytes.ts'
import { GROUP_SLOT_BYTES } from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { derive } from '../crypto/derive.ts'
import { HASH_LABELS, KEY_LABELS, labelled } from '../crypto/labels.ts'
import { CHACHA_NONCE_BYTES, KEY_BYTES } from '../crypto/lengths.ts'
import { Secret } from '../crypto/secret.ts'
import { ProtocolError } from '../errors.ts'
import type { RosterDevice } from './roster.ts'

/** A key seals one slot of one rotation and nothing else. */
const NONCE = new Uint8Array(CHACHA_NONCE_BYTES)

export interface SlotContext {
  readonly groupId: Uint8Array
  readonly ephemeral: Uint8Array
  readonly commitment: Uint8Array
}

type Recipient = Omit<RosterDevice, 'signKey'>

export function commitmentOf(crypto: Crypto, root: Secret): Uint8Array {
  return crypto.sha256(labelled(HASH_LABELS.groupRoot, root.reveal()))
}

export function partHashOf(crypto: Crypto, slots: Uint8Array): Uint8Array {
  return crypto.sha256(labelled(HASH_LABELS.groupSlots, slots))
}

function slotKey(crypto: Crypto, shared: Secret, context: SlotContext, to: Recipient): Secret {
  const { groupId, ephemeral, commitment } = context
  const terms = [groupId, ephemeral, commitment, to.identity, to.device, to.exchangeKey]
  const key = derive(crypto, KEY_LABELS.groupSlot, shared, terms, KEY_BYTES)
  shared.wipe()
  return key
}

/** A device whose key is of no use gets a slot that nobody opens: it must not stop the others. */
export function sealSlot(
  crypto: Crypto,
  root: Secret,
  context: SlotContext,
  ephemeralSecret: Secret,
  to: Recipient,
): Uint8Array {
  try {
    const shared = crypto.x25519Shared(ephemeralSecret, to.exchangeKey)
    const key = slotKey(crypto, shared, context, to)
    const slot = crypto.chachaSeal(key, NONCE, context.commitment, root.reveal())
    key.wipe()
    return slot
  } catch (error: unknown) {
    if (!(error instanceof ProtocolError)) throw error
    return crypto.randomBytes(GROUP_SLOT_BYTES)
  }
}

/** Null when the slot is another device's. */
export function openSlot(
  crypto: Crypto,
  slot: Uint8Array,
  context: SlotContext,
  own: Recipient & { readonly exchange: Secret },
): Secret | null {
  const shared = crypto.x25519Shared(own.exchange, context.ephemeral)
  const key = slotKey(crypto, shared, context, own)
  const root = crypto.chachaOpen(key, NONCE, context.commitment, slot)
  key.wipe()
  return root === null ? null : Secret.adopt(root)
}

export function sealSlots(
  crypto: Crypto,
  root: Secret,
  context: SlotContext,
  ephemeralSecret: Secret,
  recipients: readonly Recipient[],
): Uint8Array {
  return concatBytes(
    ...recipients.map((to) => sealSlot(crypto, root, context, ephemeralSecret, to)),
  )
}

export function isCommitted(crypto: Crypto, root: Secret, commitment: Uint8Array): boolean {
  return equalBytes(commitmentOf(crypto, root), commitment)
}
