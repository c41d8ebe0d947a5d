// Tells watchers what arrives: requests.md §7. Of a slow one only a cursor is kept; what it was not
// sent is read again from the store.
import {
  REQUEST_ENVELOPES_BYTES_MAX,
  REQUEST_ENVELOPES_MAX,
  WATCH_WINDOW_NOTICES,
} from '@ezchat/protocol/constants.ts'
import type { PeerId, Wire } from '@ezchat/protocol/ports.ts'
import type { Selector } from '@ezchat/protocol/request/selector.ts'
import {
  decodeSeen,
  decodeUnwatch,
  decodeWatch,
  encodeArrived,
  type Seen,
  type Watch,
} from '@ezchat/protocol/request/watch.ts'
import { EzchatError } from '../errors.ts'
import {
  READ_STEPS_BURST,
  READ_STEPS_PER_SECOND,
  WATCH_READS_MAX,
  WATCH_RETRY_MS,
  WATCHES_COUNT_MAX,
  WATCHES_PEER_COUNT_MAX,
} from '../limits.ts'
import type { StoredEnvelope } from '../store/envelope-reader.ts'
import type { EnvelopeStore } from '../store/envelope-store.ts'
import { decodeFetchCursor, encodeFetchCursor, type FetchCursor } from './fetch-cursor.ts'
import { ReadAllowance } from './read-allowance.ts'
import { readSelection, type SelectionInit } from './selection.ts'
import { NOTHING, readNotice, serving } from './serving.ts'
import { WatchIndex } from './watch-index.ts'

export interface WatchesInit extends SelectionInit {
  readonly wire: Wire
  readonly store: SelectionInit['store'] & Pick<EnvelopeStore, 'epoch' | 'watch'>
}

interface Watched {
  readonly peer: PeerId
  readonly number: number
  readonly selector: Selector
  /** While it is live, all that has arrived was sent, and this is not looked at. */
  cursor: FetchCursor
  isLive: boolean
  /** It waits to be read for, or is being read for. */
  isReading: boolean
  sentCount: number
  seenCount: number
  isEnded: boolean
  cancelRetry: () => void
}

export class Watches {
  readonly #init: WatchesInit
  readonly #byPeer = new Map<PeerId, Map<number, Watched>>()
  readonly #live = new WatchIndex<Watched>()
  readonly #waiting = new Set<Watched>()
  readonly #allowance: ReadAllowance
  readonly #endings: (() => void)[]
  #count = 0
  #readingCount = 0

  constructor(init: WatchesInit) {
    this.#init = init
    const { wire, store, network, clock } = init
    const perSecond = READ_STEPS_PER_SECOND
    this.#allowance = new ReadAllowance(clock, { perSecond, burst: READ_STEPS_BURST })
    this.#endings = [
      store.watch((arrived) => this.#arrived(arrived)),
      wire.watchPeers(({ kind, peer }) => {
        if (kind === 'down') this.#forget(peer)
      }),
    ]
    const watch = (body: Uint8Array) => decodeWatch(network, body)
    wire.handle(
      'watch',
      serving(wire, watch, async (peer, asked) => this.#begin(peer, asked)),
    )
    const unwatch = async (peer: PeerId, number: number) => this.#unwatch(peer, number)
    wire.handle('unwatch', serving(wire, decodeUnwatch, unwatch))
    wire.handleNotices('seen', (peer, body) => {
      const seen = readNotice(wire, peer, () => decodeSeen(body))
      if (seen !== null) this.#seen(peer, seen)
    })
  }

  get count(): number {
    return this.#count
  }

  /** Those that wait until others have been read for. */
  get waitingCount(): number {
    return this.#waiting.size
  }

  close(): void {
    for (const end of this.#endings) end()
    for (const peer of [...this.#byPeer.keys()]) this.#forget(peer)
  }

  #begin(peer: PeerId, { watch: number, selector, cursor }: Watch): Uint8Array {
    const watches = this.#byPeer.get(peer) ?? new Map<number, Watched>()
    const replaced = watches.get(number)
    const isMore = replaced === undefined
    if (isMore && (watches.size >= WATCHES_PEER_COUNT_MAX || this.#count >= WATCHES_COUNT_MAX)) {
      throw new EzchatError('PEER_FULL')
    }
    if (replaced !== undefined) this.#end(replaced)
    const watched: Watched = {
      ...{ peer, number, selector: ownSelector(selector), isLive: false, isReading: false },
      cursor: decodeFetchCursor(this.#init.store, cursor),
      ...{ sentCount: 0, seenCount: 0, isEnded: false, cancelRetry: () => undefined },
    }
    this.#byPeer.set(peer, watches.set(number, watched))
    this.#count++
    this.#read(watched)
    return NOTHING
  }

  #unwatch(peer: PeerId, number: number): Uint8Array {
    const watched = this.#byPeer.get(peer)?.get(number)
    if (watched !== undefined) this.#end(watched)
    return NOTHING
  }

  #forget(peer: PeerId): void {
    for (const watched of [...(this.#byPeer.get(peer)?.values() ?? [])]) this.#end(watched)
  }

  #end(watched: Watched): void {
    const { peer, number } = watched
    watched.isEnded = true
    watched.cancelRetry()
    this.#setLive(watched, false)
    // Whoever begins one watch again and again must not fill the queue with those it has left.
    this.#waiting.delete(watched)
    const watches = this.#byPeer.get(peer)
    if (watches?.delete(number)) this.#count--
    if (watches?.size === 0) this.#byPeer.delete(peer)
  }

  #seen(peer: PeerId, { watch, notice }: Seen): void {
    const watched = this.#byPeer.get(peer)?.get(watch)
    if (watched === undefined) return
    if (notice > watched.sentCount) {
      this.#init.wire.penalise(peer, 'malformed')
      return
    }
    watched.seenCount = Math.max(watched.seenCount, notice)
    this.#read(watched)
  }

  #setLive(watched: Watched, isLive: boolean): void {
    if (watched.isLive === isLive) return
    watched.isLive = isLive
    if (isLive) this.#live.add(watched.selector, watched)
    else this.#live.remove(watched.selector, watched)
  }

  /** Those that are up to date are told without a look into the store. */
  #arrived(arrived: readonly StoredEnvelope[]): void {
    const concerned = new Map<Watched, StoredEnvelope[]>()
    for (const envelope of arrived) {
      for (const watched of this.#live.of(envelope)) {
        // It may have been read for between the write and this.
        if (envelope.arrival <= watched.cursor.after) continue
        const envelopes = concerned.get(watched) ?? []
        envelopes.push(envelope)
        concerned.set(watched, envelopes)
      }
    }
    for (const [watched, envelopes] of concerned) this.#tell(watched, envelopes)
  }

  #tell(watched: Watched, envelopes: readonly StoredEnvelope[]): void {
    for (const piece of pieces(envelopes)) {
      // What follows from here is read from the store, when there is room.
      const before = { after: piece[0]!.arrival - 1, pass: null }
      if (!this.#send(watched, piece, { after: piece.at(-1)!.arrival, pass: null })) {
        watched.cursor = before
        this.#setLive(watched, false)
        return
      }
    }
  }

  /** False when there is no room for it, in the window or in the channel. */
  #send(watched: Watched, envelopes: readonly StoredEnvelope[], cursor: FetchCursor): boolean {
    const { wire, store } = this.#init
    if (!hasRoom(watched)) return false
    const body = encodeArrived({
      ...{ watch: watched.number, notice: watched.sentCount + 1 },
      envelopes: envelopes.map(({ bytes }) => bytes),
      cursor: encodeFetchCursor(store, cursor),
    })
    if (!wire.notify(watched.peer, 'arrived', body)) {
      this.#retryLater(watched)
      return false
    }
    watched.sentCount++
    watched.cursor = cursor
    return true
  }

  /** Nothing tells when a channel has room again. */
  #retryLater(watched: Watched): void {
    watched.cancelRetry()
    watched.cancelRetry = this.#init.clock.after(WATCH_RETRY_MS, () => this.#read(watched))
  }

  /** Begins to catch up, unless it is under way, or would be in vain. */
  #read(watched: Watched): void {
    if (watched.isEnded || watched.isLive || watched.isReading || !hasRoom(watched)) return
    watched.isReading = true
    this.#waiting.add(watched)
    this.#readNext()
  }

  #readNext(): void {
    while (this.#readingCount < WATCH_READS_MAX) {
      const [watched] = this.#waiting
      if (watched === undefined) return
      this.#waiting.delete(watched)
      this.#readingCount++
      this.#catchUp(watched).then(
        (hasMore) => this.#readDone(watched, hasMore),
        (error: unknown) => {
          this.#readDone(watched, false)
          // A store that failed says so to whoever writes; until it is closed, this may heal.
          if (!watched.isEnded && error instanceof EzchatError) this.#retryLater(watched)
        },
      )
    }
  }

  #readDone(watched: Watched, hasMore: boolean): void {
    this.#readingCount--
    watched.isReading = false
    if (hasMore) this.#read(watched)
    this.#readNext()
  }

  /** One page; then it is the turn of others. Whether there is more to read now. */
  async #catchUp(watched: Watched): Promise<boolean> {
    const { store } = this.#init
    const { selector, cursor, peer } = watched
    if (!this.#allowance.isOpen(peer)) {
      this.#retryLater(watched)
      return false
    }
    const terms = { selector, cursor, bytesMax: REQUEST_ENVELOPES_BYTES_MAX }
    const page = await readSelection(this.#init, terms)
    this.#allowance.spend(peer, page.steps)
    if (watched.isEnded) return false
    if (page.envelopes.length === 0) watched.cursor = page.cursor
    else if (!this.#send(watched, page.envelopes, page.cursor)) return false
    const isUpToDate = page.isEnd && watched.cursor.after === store.arrivalLast
    if (isUpToDate) this.#setLive(watched, true)
    return !isUpToDate
  }
}

function hasRoom({ sentCount, seenCount }: Watched): boolean {
  return sentCount - seenCount < WATCH_WINDOW_NOTICES
}

/** As many as one notice carries. */
function* pieces(envelopes: readonly StoredEnvelope[]): Generator<StoredEnvelope[]> {
  let piece: StoredEnvelope[] = []
  let bytes = 0
  for (const envelope of envelopes) {
    bytes += envelope.bytes.length
    if (piece.length === REQUEST_ENVELOPES_MAX || bytes > REQUEST_ENVELOPES_BYTES_MAX) {
      yield piece
      piece = []
      bytes = envelope.bytes.length
    }
    piece.push(envelope)
  }
  yield piece
}

/** A copy: what was read are views of a request's bytes. */
function ownSelector(selector: Selector): Selector {
  switch (selector.kind) {
    case 'mailboxes':
      return { ...selector, mailboxes: selector.mailboxes.map((mailbox) => mailbox.slice()) }
    case 'prefix':
      return { ...selector, prefix: selector.prefix.slice() }
    case 'shard':
      return selector
  }
}
