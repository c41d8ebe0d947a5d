// How somebody with a link becomes a member: group.md §2. A member lets them in, who looks at a
// clock of its own: the holder of an old link could write any time into what it signs.
import { Writer } from '../codec/writer.ts'
import { ID_BYTES } from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { labelled, SIGN_LABELS } from '../crypto/labels.ts'
import type { Secret } from '../crypto/secret.ts'
import { type DeviceRef, type JoinProof, writeDeviceRef } from './op.ts'

/** What link and joiner each sign, with a label of their own. */
export function joinStatement(
  groupId: Uint8Array,
  { invite, joiner }: Pick<JoinProof, 'invite' | 'joiner'>,
): Uint8Array {
  const writer = new Writer(2 * ID_BYTES + 48).bytes(groupId, ID_BYTES).bytes(invite, ID_BYTES)
  return writeDeviceRef(writer, joiner).finish()
}

export interface JoinSeeds {
  /** From the link. */
  readonly link: Secret
  readonly device: Secret
}

export function proveJoin(
  crypto: Crypto,
  groupId: Uint8Array,
  invite: Uint8Array,
  joiner: DeviceRef,
  seeds: JoinSeeds,
): JoinProof {
  const statement = joinStatement(groupId, { invite, joiner })
  const linkSignature = crypto.ed25519Sign(seeds.link, labelled(SIGN_LABELS.groupLink, statement))
  const joinerSignature = crypto.ed25519Sign(
    seeds.device,
    labelled(SIGN_LABELS.groupJoiner, statement),
  )
  return { invite, joiner, linkSignature, joinerSignature }
}
