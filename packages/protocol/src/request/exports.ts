// The public names of requests; index.ts hands them on.
export {
  type BlobOffer,
  type BlobPieceRequest,
  type BlobVerdict,
  decodeBlobPiece,
  decodeBlobVerdict,
  decodeFindBlob,
  decodeFoundBlob,
  decodeGetBlob,
  decodeOfferBlob,
  encodeBlobPiece,
  encodeBlobVerdict,
  encodeFindBlob,
  encodeFoundBlob,
  encodeGetBlob,
  encodeOfferBlob,
} from './blob.ts'
export {
  type CarrierHint,
  decodeCarriers,
  decodeCarriersRequest,
  encodeCarriers,
  encodeCarriersRequest,
} from './carriers.ts'
export {
  type DropsPage,
  decodeDropsPage,
  decodeDropsRequest,
  encodeDropsPage,
  encodeDropsRequest,
} from './drops.ts'
export {
  decodeFetch,
  decodeFetched,
  encodeFetch,
  encodeFetched,
  type Fetch,
  type Fetched,
} from './fetch.ts'
export {
  decodeGossipBatch,
  encodeGossipBatch,
  GOSSIP_BATCH_EMPTY_BYTES,
  type GossipBatch,
  gossipDropBytes,
  gossipEnvelopeBytes,
  gossipMessageId,
} from './gossip-batch.ts'
export {
  type Duty,
  decodeDuty,
  decodeHello,
  encodeDuty,
  encodeHello,
  type Hello,
} from './hello.ts'
export {
  decodeLoad,
  decodeLoaded,
  encodeLoad,
  encodeLoaded,
  type Load,
  type Loaded,
} from './load.ts'
export { isMethodName, METHODS, type Method, type MethodName, methodOf } from './method.ts'
export {
  decodePush,
  decodePushed,
  encodePush,
  encodePushed,
  type PushOutcome,
  pushOutcomeBytes,
} from './push.ts'
export {
  decodeFindRecord,
  decodeFoundRecord,
  decodeKeepRecord,
  encodeFindRecord,
  encodeFoundRecord,
  encodeKeepRecord,
  type NamedRecord,
} from './record.ts'
export {
  decodeRoots,
  decodeRootsAnswer,
  encodeRoots,
  encodeRootsAnswer,
  type Roots,
  rootOfShards,
  shardFingerprint,
} from './roots.ts'
export { isSelected, type Selector } from './selector.ts'
export { decodeSyncStep, encodeSyncStep, type SyncStep } from './sync.ts'
export {
  type Arrived,
  decodeArrived,
  decodeSeen,
  decodeUnwatch,
  decodeWatch,
  encodeArrived,
  encodeSeen,
  encodeUnwatch,
  encodeWatch,
  type Seen,
  type Watch,
} from './watch.ts'
