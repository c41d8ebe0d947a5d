// Identity records that pass every check of who cannot open them.
import { concatBytes } from '@ezchat/protocol/codec/bytes.ts'
import { labelled, SIGN_LABELS } from '@ezchat/protocol/crypto/labels.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import { encodeClear, recordName } from '@ezchat/protocol/identity/record-layout.ts'
import { doorPeriod } from '@ezchat/protocol/mailbox/door.ts'
import type { NamedRecord } from '@ezchat/protocol/request/record.ts'
import { crypto, FREE, NOW_SECONDS } from './handlers.ts'

export interface RecordSketch {
  readonly owner: number
  readonly sequence?: bigint
  readonly size?: number
  readonly lifeSeconds?: number
  readonly networkId?: Uint8Array
}

/** What nobody can open is kept like any other. */
export function recordOf({
  owner,
  sequence = 1n,
  size = 4096,
  lifeSeconds = 3600,
  networkId = FREE.id,
}: RecordSketch): NamedRecord {
  const seedBytes = new Uint8Array(32).fill(0x50)
  new DataView(seedBytes.buffer).setUint32(0, owner)
  const seed = Secret.adopt(seedBytes)
  const mailbox = crypto.ed25519Public(seed)
  const period = doorPeriod(NOW_SECONDS)
  const expiresSeconds = NOW_SECONDS + lifeSeconds
  const clear = encodeClear(
    { mailbox, period, sequence, expiresSeconds, warrant: null },
    new Uint8Array(24),
  )
  const body = concatBytes(clear, new Uint8Array(size - clear.length - 64).fill(9))
  const signature = crypto.ed25519Sign(seed, labelled(SIGN_LABELS.record, networkId, body))
  return { name: recordName(crypto, networkId, mailbox), record: concatBytes(body, signature) }
}
