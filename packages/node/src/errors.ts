// What can go wrong in a peer that is nobody's bytes. The caller decides on a field, not a message.

const ERRORS = {
  POSTAGE_BUSY: [true, 'too many envelopes wait for their postage'],
  POSTAGE_FAILED: [true, 'the thread that searches for postage has failed'],
  POSTAGE_CLOSED: [false, 'the search for postage is closed'],
} as const satisfies Record<string, readonly [retriable: boolean, says: string]>

export type EzchatErrorCode = keyof typeof ERRORS

export class EzchatError extends Error {
  override readonly name = 'EzchatError'
  readonly code: EzchatErrorCode
  /** Whether the same call may succeed later. */
  readonly retriable: boolean

  constructor(code: EzchatErrorCode, options?: ErrorOptions) {
    const [retriable, says] = ERRORS[code]
    super(says, options)
    this.code = code
    this.retriable = retriable
  }
}
