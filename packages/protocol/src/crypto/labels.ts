// Every key derivation and every signature in the protocol has a label of its own, listed here
// and nowhere else. A label is followed by a zero byte, so none can be the prefix of another.
import { concatBytes, utf8 } from '../codec/bytes.ts'

const label = (use: string): Uint8Array => utf8(`ezchat/v1/${use}\0`)

export const KEY_LABELS = {
  identitySign: label('identity/sign'),
  identityBackup: label('identity/backup'),
  identityDoor: label('identity/door'),
  recordKey: label('record/key'),
  laneSign: label('lane/sign'),
  laneSeal: label('lane/seal'),
  networkKeyCheck: label('network/key-check'),
  networkTransport: label('network/transport'),
  syncSession: label('sync/session'),
  sessionHiding: label('session/hiding'),
  sessionStart: label('session/start'),
  sessionRoot: label('session/root'),
  sessionChain: label('session/chain'),
  sessionMessage: label('session/message'),
  sessionTrace: label('session/trace'),
  sessionTraceMask: label('session/trace-mask'),
  groupSlot: label('group/slot'),
  groupEpoch: label('group/epoch'),
  groupChain: label('group/chain'),
  groupStep: label('group/step'),
  groupMessage: label('group/message'),
  groupMailbox: label('group/mailbox'),
  groupSeal: label('group/seal'),
  roomDay: label('room/day'),
  roomNextDay: label('room/next-day'),
  roomSender: label('room/sender'),
  deviceLink: label('device/link'),
  vaultSeal: label('vault/seal'),
  vaultName: label('vault/name'),
} as const

export const SIGN_LABELS = {
  deviceLogEntry: label('sign/device-log'),
  record: label('sign/record'),
  warrant: label('sign/warrant'),
  drop: label('sign/drop'),
  receipt: label('sign/receipt'),
  prekeys: label('sign/prekeys'),
  groupOp: label('sign/group-op'),
  groupLink: label('sign/group-link'),
  groupJoiner: label('sign/group-joiner'),
  rotation: label('sign/rotation'),
  groupMessage: label('sign/group-message'),
  roomMessage: label('sign/room-message'),
  deviceOffer: label('sign/device-offer'),
  ownMessage: label('sign/own-message'),
} as const

export const HASH_LABELS = {
  envelopeContent: label('hash/envelope-content'),
  deviceLogEntry: label('hash/device-log'),
  recordName: label('hash/record-name'),
  safetyNumber: label('hash/safety-number'),
  linkChecksum: label('hash/link'),
  door: label('hash/door'),
  handshakeOffer: label('hash/handshake-offer'),
  handshake: label('hash/handshake'),
  receiptLeaf: label('hash/receipt-leaf'),
  receiptNode: label('hash/receipt-node'),
  syncRoot: label('hash/sync-root'),
  syncDay: label('hash/sync-day'),
  syncRoots: label('hash/sync-roots'),
  conversationEntry: label('hash/conversation-entry'),
  directConversation: label('hash/direct-conversation'),
  groupOp: label('hash/group-op'),
  groupTag: label('hash/group-tag'),
  groupRoot: label('hash/group-root'),
  groupPsk: label('hash/group-psk'),
  groupSlots: label('hash/group-slots'),
  rotation: label('hash/rotation'),
  roomSalt: label('hash/room-salt'),
  roomTag: label('hash/room-tag'),
  deviceOffer: label('hash/device-offer'),
  deviceLink: label('hash/device-link'),
  deviceCode: label('hash/device-code'),
  ownKey: label('hash/own-key'),
  gossipBatch: label('hash/gossip-batch'),
  shardCarriers: label('hash/shard-carriers'),
} as const

/** What is signed is always label ‖ the exact bytes that travel. */
export function labelled(use: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  return concatBytes(use, ...parts)
}
