// The public names of the protocol, and nothing else.
export * from './codec/bytes.ts'
export { Reader } from './codec/reader.ts'
export { Writer } from './codec/writer.ts'
export * from './constants.ts'
export type * from './crypto/crypto.ts'
export { nobleCrypto } from './crypto/noble.ts'
export { Secret } from './crypto/secret.ts'
export * from './errors.ts'
export type * from './ports.ts'
export {
  addToDigest,
  type DayDigest,
  type Digest,
  decodeDigest,
  emptyDigest,
  encodeDigest,
  removeFromDigest,
} from './sync/digest.ts'
export { type Exchange, encodeRefusal, type SyncEffect, type SyncEvent } from './sync/exchange.ts'
export { startExchange } from './sync/initiator.ts'
export { MemorySyncSet } from './sync/memory-sync-set.ts'
export { answerExchange } from './sync/responder.ts'
export { handleWith, type SyncSet } from './sync/sync-set.ts'
