// What can go wrong in a peer that is nobody's bytes. The caller decides on a field, not a message.

const ERRORS = {
  POSTAGE_BUSY: [true, 'too many envelopes wait for their postage'],
  POSTAGE_FAILED: [true, 'the thread that searches for postage has failed'],
  POSTAGE_CLOSED: [false, 'the search for postage is closed'],
  STORE_BUSY: [true, 'too much waits to be written'],
  STORE_FULL: [true, 'the store is full of envelopes that are worth as much'],
  STORE_CLOSED: [false, 'the store is closed'],
  STORE_LOCKED: [true, 'another process uses the store: stop it, or choose another directory'],
  STORE_DISK_FULL: [true, 'the disk is full: make room, then open the store again'],
  STORE_FAILED: [false, 'the disk failed: nothing more is written until the store is opened again'],
  STORE_DAMAGED: [
    false,
    'the store is damaged: move the directory aside and restore it from a backup, or start anew',
  ],
  STORE_NEWER: [
    false,
    'the store was written by a newer version: use that version, or a later one',
  ],
  PEER_UNREACHABLE: [true, 'the peer cannot be reached'],
  PEER_TIMEOUT: [true, 'the peer did not answer in time'],
  PEER_BUSY: [true, 'the peer is busy'],
  PEER_FULL: [true, 'the peer has no room left'],
  PEER_UNSUPPORTED: [false, 'the peer does not know this request'],
  PEER_FAILED: [true, 'the peer failed'],
  PEER_REFUSED: [false, 'the peer refused what it was sent'],
  PEER_INVALID: [false, 'the peer answered with what no answer may be'],
} as const satisfies Record<string, readonly [retriable: boolean, says: string]>

export type EzchatErrorCode = keyof typeof ERRORS

export interface EzchatErrorOptions extends ErrorOptions {
  /** Which one, in words for people. */
  readonly detail?: string
  /** Of the table of protocol errors: what the peer said was wrong. */
  readonly status?: number
}

export class EzchatError extends Error {
  override readonly name = 'EzchatError'
  readonly code: EzchatErrorCode
  /** Whether the same call may succeed later. */
  readonly retriable: boolean
  readonly status: number | null

  constructor(code: EzchatErrorCode, options?: EzchatErrorOptions) {
    const [retriable, says] = ERRORS[code]
    super(options?.detail === undefined ? says : `${says}: ${options.detail}`, options)
    this.code = code
    this.retriable = retriable
    this.status = options?.status ?? null
  }
}
