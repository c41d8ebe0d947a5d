// What a host supplies. The daemon, the browser and the simulator each have their own. Randomness
// is another: `RandomSource`, behind `Crypto`.

export interface Clock {
  /** Wall time. May jump; never used to measure how long something took. */
  nowMs(): number
  /** Only ever grows. */
  monotonicMs(): number
  /** Calls back once; the returned function cancels. */
  after(delayMs: number, callback: () => void): () => void
}

/** Keys from `from` on, in their order, so many at the most. */
export interface KeyValuePage {
  readonly from: Uint8Array
  readonly before: Uint8Array
  readonly countMax: number
  readonly isReverse?: boolean
}

export type KeyValueRow = readonly [key: Uint8Array, value: Uint8Array]

/** `value` null removes the key. Whoever hands over bytes does not change them until it is done. */
export interface KeyValueOperation {
  readonly key: Uint8Array
  readonly value: Uint8Array | null
}

export interface KeyValueWriteOptions {
  /** Resolved means that this write, and every one before it, outlives a loss of power. */
  readonly sync: boolean
}

/**
 * All that a store wants of a disk: keys in order, and writes that are all or nothing. LevelDB,
 * memory and the simulator's faulty disk are the three that do it.
 */
export interface KeyValue {
  get(key: Uint8Array): Promise<Uint8Array | null>
  getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | null)[]>
  page(page: KeyValuePage): Promise<KeyValueRow[]>
  /** Without values, which is faster where there are many. */
  pageKeys(page: KeyValuePage): Promise<Uint8Array[]>
  /** All or nothing. After a failure nobody knows which, and the disk is not to be trusted. */
  write(operations: readonly KeyValueOperation[], options: KeyValueWriteOptions): Promise<void>
  close(): Promise<void>
}

export type PeerId = string

/** The seam to the network: libp2p in a peer, a queue of events in the simulator. */
export interface Wire {
  readonly self: PeerId
  /** One request, one answer, within the deadline of the signal. */
  request(
    peer: PeerId,
    method: string,
    body: Uint8Array,
    options: { signal: AbortSignal },
  ): Promise<Uint8Array>
  handle(method: string, handler: (peer: PeerId, body: Uint8Array) => Promise<Uint8Array>): void
  publish(shard: number, batch: Uint8Array): Promise<void>
  subscribe(
    shard: number,
    /** What it answers decides whether the batch is passed on to others. */
    receive: (peer: PeerId, batch: Uint8Array) => Promise<'accept' | 'ignore' | 'reject'>,
  ): () => void
  carriersOf(shard: number, options: { signal: AbortSignal }): Promise<readonly PeerId[]>
  announce(shard: number, options: { signal: AbortSignal }): Promise<void>
  findRecord(name: Uint8Array, options: { signal: AbortSignal }): Promise<readonly Uint8Array[]>
  publishRecord(
    name: Uint8Array,
    record: Uint8Array,
    options: { signal: AbortSignal },
  ): Promise<void>
}

/** What has to be found: a nonce that makes SHA-256(content hash ‖ nonce) small enough. */
export interface PostageTask {
  readonly contentHash: Uint8Array
  readonly trialsExpected: number
}

/** What the postage worker reports while it searches. */
export interface PostageProgress {
  readonly trials: number
  readonly trialsExpected: number
}

/** Runs the search away from the event loop. Rejects with the signal's reason when cancelled. */
export interface PostageWorker {
  search(
    task: PostageTask,
    options: { signal: AbortSignal; onProgress?: (progress: PostageProgress) => void },
  ): Promise<bigint>
}
