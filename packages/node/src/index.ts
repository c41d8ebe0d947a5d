// The public names of a peer, and nothing else.
export { besideCarrier, type CarrierSeams } from './courier/beside-carrier.ts'
export {
  Courier,
  type CourierInit,
  type CourierStatus,
  type Story,
  startCourier,
} from './courier/courier.ts'
export type { CourierEvent, CourierItem, CourierListener, CourierMode } from './courier/event.ts'
export type { Hop, HopKind, HopWhy } from './courier/story.ts'
export { type NativeCryptoInit, nativeCrypto } from './crypto/native.ts'
export { EzchatError, type EzchatErrorCode } from './errors.ts'
export {
  changePassphrase,
  createKey,
  hasKey,
  type KeyFile,
  unlockKey,
} from './messenger/key-file.ts'
export type { Messenger } from './messenger/messenger.ts'
export { loadMessenger, type MessengerInit, openMessenger } from './messenger/open-messenger.ts'
export { type RecordRoutes, recordRoutes } from './messenger/record-routes.ts'
export { createHome, hasIdentity, restoreHome } from './messenger/setup.ts'
export { Vault } from './messenger/vault.ts'
export { parseBootstraps } from './net/bootstraps.ts'
export { openWire, type WireInit } from './net/open-wire.ts'
export { PROFILES, type Profile } from './net/profiles.ts'
export type { Libp2pWire, WireUsage } from './net/wire.ts'
export { nodeThread } from './postage/node-thread.ts'
export {
  type ClosablePostageWorker,
  type StartThread,
  type Thread,
  type ThreadEvents,
  threadedPostageWorker,
} from './postage/worker.ts'
export type {
  FetchedPage,
  FetchTerms,
  StoredEnvelope,
} from './store/envelope-reader.ts'
export type { EnvelopeStore, PutResult, StoreInit, StoreUsage } from './store/envelope-store.ts'
export { type LevelStoreInit, openLevelStore } from './store/level-store.ts'
export { openMemoryStore } from './store/memory-store.ts'
