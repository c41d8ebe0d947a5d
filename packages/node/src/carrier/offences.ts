// Which broken bytes cost their sender something. errors.md says it by class.
import type { FailureClass, ProtocolError } from '@ezchat/protocol/errors.ts'
import type { Offence } from '@ezchat/protocol/ports.ts'

const OFFENCES: { readonly [K in FailureClass]: Offence | null } = {
  malformed: 'malformed',
  // A later version is no fault.
  version: null,
  forged: 'forged',
  // Clocks differ.
  expired: null,
  stale: null,
  unpaid: 'invalid',
  limit: 'flood',
}

/** Null where nobody is at fault. */
export function offenceOf(error: ProtocolError): Offence | null {
  return OFFENCES[error.failure]
}
