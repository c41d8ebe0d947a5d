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
