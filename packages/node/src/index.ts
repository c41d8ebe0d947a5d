// The public names of a peer, and nothing else.
export { type NativeCryptoInit, nativeCrypto } from './crypto/native.ts'
export { EzchatError, type EzchatErrorCode } from './errors.ts'
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
