// What is handed out of what is held: expired envelopes stay until they are swept.
import { expiresAtSecondsOf } from '@ezchat/protocol/envelope/decode.ts'
import { decodeLayout } from '@ezchat/protocol/envelope/layout.ts'
import type { EnvelopeRules } from '@ezchat/protocol/envelope/rules.ts'
import type { Clock } from '@ezchat/protocol/ports.ts'

export function isServed(
  network: EnvelopeRules,
  clock: Clock,
  { bytes }: { readonly bytes: Uint8Array },
): boolean {
  const { timestampSeconds } = decodeLayout(network, bytes)
  return clock.nowMs() < expiresAtSecondsOf(network, timestampSeconds) * 1000
}
