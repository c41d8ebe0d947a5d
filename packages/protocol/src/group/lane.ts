// Where a group's envelopes lie: group.md §9. A lane of two has a key that may drop what lies in
// it. A group's has none: any member, and whoever was one, could use it against the others.
import { ed25519_hasher } from '@noble/curves/ed25519.js'
import { Writer } from '../codec/writer.ts'
import { ID_BYTES } from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { derive } from '../crypto/derive.ts'
import { KEY_LABELS } from '../crypto/labels.ts'
import { KEY_BYTES } from '../crypto/lengths.ts'
import type { Secret } from '../crypto/secret.ts'

export interface GroupLane {
  readonly day: number
  readonly mailbox: Uint8Array
  /** Under which the bodies of the lane's envelopes are sealed. */
  readonly sealKey: Secret
}

/** A point made by hashing: nobody knows its logarithm, members as little as others. */
export function deriveGroupLane(
  crypto: Crypto,
  secret: Secret,
  networkId: Uint8Array,
  day: number,
): GroupLane {
  const context = [new Writer(ID_BYTES + 4).bytes(networkId, ID_BYTES).u32(day).finish()] as const
  const sealKey = derive(crypto, KEY_LABELS.groupSeal, secret, context, KEY_BYTES)
  const name = derive(crypto, KEY_LABELS.groupMailbox, secret, context, KEY_BYTES)
  const point = ed25519_hasher.hashToCurve(name.reveal(), { DST: KEY_LABELS.groupMailbox })
  name.wipe()
  return { day, mailbox: point.toBytes(), sealKey }
}
