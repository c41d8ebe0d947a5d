// The public names of the protocol, and nothing else.
export {
  decodeFrameHeader,
  encodeFrame as encodeChannelFrame,
  type FrameHeader,
  type FrameKind,
  type FrameSide,
  writeFrameHeader,
} from './channel/frame.ts'
export { type AdmitFrame, type Frame as ChannelFrame, FrameReader } from './channel/frame-reader.ts'
export * from './codec/bytes.ts'
export { decodeLink, encodeLink, type Link, type LinkKind } from './codec/link.ts'
export { isPlainName, isPlainText } from './codec/plain-text.ts'
export { Reader } from './codec/reader.ts'
export { Writer } from './codec/writer.ts'
export * from './constants.ts'
export * from './control/exports.ts'
export * from './conversation/exports.ts'
export { toAsync } from './crypto/async.ts'
export type * from './crypto/crypto.ts'
export { isAcceptableEd25519Key, isAcceptableEd25519Signature } from './crypto/ed25519-rules.ts'
export { nobleCrypto } from './crypto/noble.ts'
export { Secret } from './crypto/secret.ts'
export type { SubtleLike } from './crypto/subtle.ts'
export { type WebCryptoInit, webCrypto } from './crypto/web.ts'
export * from './device/exports.ts'
export {
  type DecodeContext,
  decodeEnvelope,
  type Envelope,
  effortPerKibOf,
  expiresAtSecondsOf,
} from './envelope/decode.ts'
export { contentHashOf, envelopeIdOf, idOf, shortIdOf } from './envelope/id.ts'
export {
  associatedData,
  bodyBytesOf,
  decodeLayout,
  type EnvelopeFields,
  type EnvelopeHeader,
  encodeEnvelope,
  encodeHeader,
  envelopeHeader,
} from './envelope/layout.ts'
export { type OpenedEnvelope, openEnvelope } from './envelope/open.ts'
export { capacityOf, pad, paddedBytesOf, smallestBucket, unpad } from './envelope/padding.ts'
export { type EnvelopeRules, isAllowedSize } from './envelope/rules.ts'
export {
  type SealAddress,
  type SealRequest,
  sealDummy,
  sealEnvelope,
  sealEnvelopeWith,
  wrapBody,
} from './envelope/seal.ts'
export { postageTaskOf, stampEnvelope } from './envelope/stamp.ts'
export * from './errors.ts'
export { giveEpoch, takeEpoch } from './group/catch-up.ts'
export { type Epoch, pskIdOf } from './group/epoch.ts'
export { beginGraph, type Extension, extendGraph, type GroupGraph } from './group/graph.ts'
export { type GroupInbox, receiveOps } from './group/inbox.ts'
export { type JoinSeeds, proveJoin } from './group/join.ts'
export {
  emptyGroupKeys,
  epochHeads,
  forgetEpochs,
  type GroupKeys,
  type RotationReason,
  retireSending,
  rotationReason,
  sendingEpoch,
} from './group/keys.ts'
export { decodeGroupKeys, groupKeysChanges } from './group/keys-state.ts'
export { deriveGroupLane, type GroupLane } from './group/lane.ts'
export { decodeGroupLink, encodeGroupLink, type GroupLink } from './group/link.ts'
export {
  GROUP_MESSAGE_OVERHEAD_BYTES,
  type OpenedGroupMessage,
  openGroupMessage,
  type SealedGroupMessage,
  sealGroupMessage,
} from './group/message.ts'
export {
  type DeviceRef,
  decodeGroupOp,
  type GroupChange,
  type GroupOp,
  type GroupOpDraft,
  type GroupRole,
  hashGroupOp,
  type JoinProof,
  type NewMember,
  type SignKeyOf,
  signGroupOp,
} from './group/op.ts'
export {
  type DevicesOf,
  type Roster as GroupRoster,
  type RosterDevice,
  rosterOf,
} from './group/roster.ts'
export { type Rotated, type RotationTaken, rotate, takeRotation } from './group/rotate.ts'
export { draftGroupOp, type GroupView, type Member, viewOf } from './group/view.ts'
export { decodeAddress, encodeAddress } from './identity/address.ts'
export {
  type Device,
  type DeviceId,
  type DeviceLog,
  type DeviceLogHead,
  extendDeviceLog,
  headOf,
  verifyDeviceLog,
} from './identity/device-log.ts'
export {
  type DeviceChange,
  type DeviceLogDraft,
  type DeviceLogEntry,
  type DeviceRight,
  decodeDeviceLogEntry,
  drawDeviceId,
  hashDeviceLogEntry,
  type NewDevice,
  signDeviceLogEntry,
} from './identity/device-log-entry.ts'
export {
  compareHead,
  compareLogs,
  devicesAcrossFork,
  type Fork,
  type LogComparison,
  type Standing,
  verifyForkEvidence,
} from './identity/device-log-fork.ts'
export { decodeDeviceLog, encodeDeviceLog } from './identity/device-log-list.ts'
export {
  checkInviteNetwork,
  decodeInvite,
  decodeInviteLink,
  drawDoorSecret,
  drawInviteToken,
  encodeInvite,
  encodeInviteLink,
  type Invite,
} from './identity/invite.ts'
export {
  type OpenedRecord,
  openRecord,
  type RecordDoor,
  type RecordSigner,
  type RecordTerms,
  recordDelegate,
  recordMailbox,
  recordPeriods,
  sealRecord,
} from './identity/record.ts'
export type { DevicePrekeys, RecordContent, RecordDraft } from './identity/record-content.ts'
export { compareRecords, type RecordHeader, recordName } from './identity/record-layout.ts'
export {
  type RecordCheck,
  type RecordVerdict,
  selectRecord,
  type ValidatedRecord,
  validateRecord,
} from './identity/record-validator.ts'
export { deriveRootKeys, drawRoot, type RootKeys } from './identity/root.ts'
export { safetyNumber, safetyNumberGroups } from './identity/safety-number.ts'
export { suggestWords } from './identity/word-suggestion.ts'
export { decodeWords, encodeWords } from './identity/words.ts'
export {
  type BlindedSecret,
  blindPublicKey,
  blindSecret,
  checkIdentityKey,
  IdentityKey,
  signBlinded,
} from './mailbox/blind.ts'
export { MailboxBook, type MailboxEntry } from './mailbox/book.ts'
export {
  doorPeriod,
  doorPeriodStartSeconds,
  doorPeriods,
  doorSecretIn,
} from './mailbox/door.ts'
export {
  type Drop,
  type DropCheck,
  type DropScope,
  type DropTerms,
  decodeDrop,
  dropForgetAtSeconds,
  encodeDrop,
  restoreDrop,
  type VerifiedDrop,
  verifyDrop,
} from './mailbox/drop.ts'
export { type DropCoverage, DropMemory, type DropSubject } from './mailbox/drop-memory.ts'
export {
  type Direction,
  deriveLane,
  type Lane,
  type LaneTerms,
  type LaneWindow,
  laneDay,
  laneDays,
  laneWindow,
} from './mailbox/lane.ts'
export {
  decodeWarrant,
  type Right,
  signWarrant,
  verifyWarrant,
  type Warrant,
  type WarrantTerms,
  type WarrantUse,
} from './mailbox/warrant.ts'
export {
  type MailboxKind,
  type MailboxWindow,
  readableWindow,
  unreadableFromSeconds,
} from './mailbox/window.ts'
export { createNetworkKey, isKeyOf, networkKeyCheck } from './network/access.ts'
export { DEFAULT_NETWORK } from './network/default-network.ts'
export {
  createNetwork,
  decodeNetwork,
  type Network,
  type NetworkTerms,
} from './network/descriptor.ts'
export {
  decodeNetworkInvite,
  decodeNetworkLink,
  encodeNetworkInvite,
  encodeNetworkLink,
  type NetworkInvite,
} from './network/invite.ts'
export { protocolName } from './network/protocol-name.ts'
export { assertShard, checkShard, isShard, shardCount } from './network/shard.ts'
export type * from './ports.ts'
export { checkNonce, checkPaid } from './postage/check.ts'
export {
  effortOf,
  isPaid,
  type Price,
  type Threshold,
  thresholdOf,
  trialsExpectedOf,
} from './postage/price.ts'
export { type SearchState, type SearchStep, startSearch, stepSearch } from './postage/search.ts'
export {
  type PostageEffect,
  type PostageEvent,
  PostageMachine,
  type PostageReply,
  type PostageRequest,
} from './postage/worker-messages.ts'
export {
  countDistinctCarriers,
  decodeReceipt,
  draftReceipts,
  type Receipt,
  type ReceiptCheck,
  type ReceiptDraft,
  type ReceiptTerms,
  signReceipt,
  type VerifiedReceipt,
  verifyReceipt,
} from './receipt/receipt.ts'
export { KnownRoots } from './receipt/tree.ts'
export * from './request/exports.ts'
export { advanceRoom, openRoom, type RoomDay, type RoomKeys } from './room/keys.ts'
export { type RoomMessage, type RoomSaying, visitorTag } from './room/message.ts'
export {
  decodeRoomLink,
  drawRoom,
  encodeRoomLink,
  normalRoomName,
  type RoomLink,
  type RoomWords,
  stretchRoom,
} from './room/secret.ts'
export {
  hear,
  passTime,
  present,
  type RoomVisit,
  rename as renameVisitor,
  say,
  startVisit,
  type Visitor,
} from './room/visit.ts'
export { decodeFrame, encodeFrame, type Frame } from './session/frame.ts'
export {
  forgetOld,
  isStartDue,
  newPair,
  type OldSession,
  type Pair,
  type PairSent,
  pairOverheadBytes,
  type RenewEffect,
  type StartedPair,
  type StartPairOptions,
  sendInPair,
  sessionsOf,
  startPair,
  tryRenewal,
} from './session/pair.ts'
export {
  type FirstReceived,
  type PairEffect,
  type PairReceived,
  receiveFirstContact,
  receiveInPair,
} from './session/pair-receive.ts'
export {
  decodePair,
  pairChanges,
  type StateChanges,
  type StateRecord,
} from './session/pair-state.ts'
export type { OwnParty, Party } from './session/party.ts'
export {
  addOneTimePrekeys,
  EMPTY_RING,
  forgetPrekeys,
  isRotationDue,
  type PrekeyRing,
  publishedPrekeys,
  rotatePrekeys,
} from './session/prekey-ring.ts'
export { decodePrekeyRing, encodePrekeyRing } from './session/prekey-ring-state.ts'
export {
  encodePrekeys,
  type OneTimePrekey,
  openPrekeys,
  PREKEYS_BYTES_MAX,
  type Prekeys,
  type PrekeysReader,
} from './session/prekeys.ts'
export type { EarlyPlace, ReceiveOptions } from './session/receive.ts'
export { renewalDueSeconds } from './session/renewal.ts'
export type { SendOptions } from './session/send.ts'
export type { Session } from './session/session.ts'
export { type FirstContact, type Responder, readFirstContact } from './session/start.ts'
export type {
  EnvelopeReader,
  ReadEnvelope,
  ReceiptSubject,
  ReceiptVerdict,
  ReceiptVerifier,
} from './stem/entry.ts'
export type {
  DeliveryReason,
  ForgetReason,
  PenaltyReason,
  StemEffect,
  StemEvent,
} from './stem/event.ts'
export { Stem, type StemOptions, type StemStatus } from './stem/machine.ts'
export {
  decodeStemMessage,
  encodeStemMessage,
  STEM_MESSAGE_BYTES_MAX,
  type StemMessage,
} from './stem/message.ts'
export { type StemReaderOptions, type StemReaders, stemReaders } from './stem/readers.ts'
export { SyncBudget } from './sync/budget.ts'
export {
  addToDigest,
  type DayDigest,
  type Digest,
  decodeDigest,
  emptyDigest,
  encodeDigest,
  removeFromDigest,
} from './sync/digest.ts'
export {
  type Exchange,
  type ExchangeTerms,
  encodeRefusal,
  type SyncEffect,
  type SyncEvent,
} from './sync/exchange.ts'
export { startExchange } from './sync/initiator.ts'
export { MemorySyncSet } from './sync/memory-sync-set.ts'
export { answerExchange } from './sync/responder.ts'
export { handleWith, type SyncSet } from './sync/sync-set.ts'
