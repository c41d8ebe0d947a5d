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

/** The text form of a peer's key: `12D3KooW…`. It has nothing to do with any identity. */
export type PeerId = string

/** Somebody to whom there is a channel that proves who is at its other end. */
export interface ConnectedPeer {
  readonly peer: PeerId
  /** We chose to connect to it. Whoever connects to us may have come to be chosen. */
  readonly isDialled: boolean
}

export type PeerChange =
  | { readonly kind: 'up'; readonly peer: PeerId; readonly isDialled: boolean }
  | { readonly kind: 'down'; readonly peer: PeerId }

/** What a peer did that an honest one would not do. The wire counts, and closes the door. */
export type Offence =
  | 'malformed' // bytes that no version of ours sends
  | 'invalid' // well formed, and refused by what everybody checks
  | 'forged' // signed by nobody, or by somebody else
  | 'flood' // more than its limits
  | 'silent' // never answers
  | 'refuses' // never takes
  | 'lies' // says that it holds, or lacks, what it does not

export interface WireOptions {
  readonly signal: AbortSignal
}

export type RequestHandler = (
  peer: PeerId,
  body: Uint8Array,
  options: WireOptions,
) => Promise<Uint8Array>

/** Decides whether a batch is passed on to others. */
export type BatchHandler = (
  peer: PeerId,
  batch: Uint8Array,
) => Promise<'accept' | 'ignore' | 'reject'>

/**
 * The seam to the network: libp2p in a peer, a queue of events in the simulator. `method` is one
 * of requests.md.
 */
export interface Wire {
  readonly self: PeerId
  /** Multiaddrs under which others may reach us, the best first. */
  addresses(): readonly string[]
  peers(): readonly ConnectedPeer[]
  watchPeers(listener: (change: PeerChange) => void): () => void
  /** Hints of where a peer may be found, from an invite, a carrier or a record. Never proof. */
  learn(peer: PeerId, addresses: readonly string[]): void
  addressesOf(peer: PeerId): readonly string[]
  /** A peer that is known by name or by address. Resolves when it may be asked. */
  connect(target: PeerId, options: WireOptions): Promise<PeerId>
  /** One request, one answer, within the deadline of the signal. Connects when it has to. */
  request(peer: PeerId, method: string, body: Uint8Array, options: WireOptions): Promise<Uint8Array>
  /** Without an answer. False when it was not sent: nobody there, or no room. */
  notify(peer: PeerId, method: string, body: Uint8Array): boolean
  handle(method: string, handler: RequestHandler): void
  handleNotices(method: string, handler: (peer: PeerId, body: Uint8Array) => void): void
  publish(shard: number, batch: Uint8Array): Promise<void>
  subscribe(shard: number, receive: BatchHandler): () => void
  /** From the DHT: hints, which may be wrong, old or lies. */
  carriersOf(shard: number, options: WireOptions): Promise<readonly PeerId[]>
  announce(shard: number, options: WireOptions): Promise<void>
  /** Several, from several peers; whoever asks takes the best of those that hold. */
  findRecord(name: Uint8Array, options: WireOptions): Promise<readonly Uint8Array[]>
  publishRecord(name: Uint8Array, record: Uint8Array, options: WireOptions): Promise<void>
  penalise(peer: PeerId, offence: Offence): void
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
