// What went wrong below, in the words of the control API.
import { Failure, type FailureCode } from '@ezchat/protocol/control/failures.ts'
import { ProtocolError } from '@ezchat/protocol/errors.ts'
import { EzchatError, type EzchatErrorCode } from '../errors.ts'

const OF_PEER: { readonly [code in EzchatErrorCode]?: FailureCode } = {
  STORE_BUSY: 'BUSY',
  POSTAGE_BUSY: 'BUSY',
  STORE_FULL: 'QUOTA',
  STORE_DISK_FULL: 'DISK',
  STORE_FAILED: 'DISK',
  STORE_DAMAGED: 'HOME_DAMAGED',
  STORE_NEWER: 'HOME_NEWER',
  STORE_LOCKED: 'LOCKED',
  STORE_CLOSED: 'STOPPING',
  POSTAGE_CLOSED: 'STOPPING',
}

const OF_FORMAT: { readonly [format: string]: FailureCode } = {
  ADDRESS: 'ADDRESS_BAD',
  INVITE: 'INVITE_BAD',
  LINK: 'INVITE_BAD',
  NETWORK: 'NETWORK_BAD',
  WORDS: 'WORDS_BAD',
}

export function failureFrom(error: unknown): Failure {
  if (error instanceof Failure) return error
  if (error instanceof EzchatError) {
    const code = OF_PEER[error.code]
    if (code !== undefined) return new Failure(code, error.message, { cause: error })
  }
  if (error instanceof ProtocolError) {
    if (error.code === 'INVITE_EXPIRED') return new Failure('INVITE_EXPIRED')
    const code = OF_FORMAT[error.code.split('_')[0]!]
    if (code !== undefined) return new Failure(code, error.message, { cause: error })
  }
  // Its own words may hold what must not be shown: they go to the log, not to the client.
  return new Failure('INTERNAL', undefined, { cause: error })
}
