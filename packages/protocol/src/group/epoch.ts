// What a root becomes, and how each sender's keys go forward: group.md §7.
import { concatBytes } from '../codec/bytes.ts'
import { Writer } from '../codec/writer.ts'
import { GROUP_PSK_ID_BYTES, GROUP_TAG_BYTES } from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { derive } from '../crypto/derive.ts'
import { HASH_LABELS, KEY_LABELS, labelled } from '../crypto/labels.ts'
import { KEY_BYTES } from '../crypto/lengths.ts'
import { Secret } from '../crypto/secret.ts'

/** The next key of one sender, and its number. */
export interface SenderChain {
  readonly key: Secret
  readonly counter: number
}

/** Of a message that has not come yet. */
export interface SkippedSenderKey {
  readonly index: number
  readonly counter: number
  readonly storedSeconds: number
  readonly key: Secret
}

export interface Epoch {
  readonly id: Uint8Array
  /** The rotation's head and signature, to be handed on. */
  readonly body: Uint8Array
  readonly signature: Uint8Array
  readonly parents: readonly Uint8Array[]
  readonly tags: Uint8Array
  /** Null for who got the keys later and has no chain of its own here. */
  readonly ownIndex: number | null
  readonly maySend: boolean
  /** What rotations that follow mix in; null once none of them can be on its way. */
  readonly psk: Secret | null
  readonly lane: Secret
  readonly header: Secret
  /** In the order of the tags. */
  readonly chains: readonly SenderChain[]
  /** Oldest first. */
  readonly skipped: readonly SkippedSenderKey[]
  readonly receivedSeconds: number
  /** When an epoch came that follows this one. */
  readonly supersededSeconds: number | null
}

export interface EpochKeys {
  readonly psk: Secret
  readonly lane: Secret
  readonly header: Secret
  readonly chains: readonly SenderChain[]
}

const NO_PSK = new Uint8Array(KEY_BYTES)

/** All chains at once, so that nothing is left from which a past one could be made again. */
export function deriveEpochKeys(
  crypto: Crypto,
  root: Secret,
  psk: Secret | null,
  epochId: Uint8Array,
  tags: Uint8Array,
): EpochKeys {
  const joint = Secret.adopt(concatBytes(root.reveal(), psk?.reveal() ?? NO_PSK))
  const derived = derive(crypto, KEY_LABELS.groupEpoch, joint, [epochId], 4 * KEY_BYTES)
  joint.wipe()
  const at = (place: number) =>
    Secret.copy(derived.reveal().subarray(place * KEY_BYTES, (place + 1) * KEY_BYTES))
  const lane = at(0)
  const header = at(1)
  const chainRoot = at(2)
  const next = at(3)
  derived.wipe()
  const chains = Array.from({ length: tags.length / GROUP_TAG_BYTES }, (_, index) => {
    const place = new Writer(2).u16(index).finish()
    return { key: derive(crypto, KEY_LABELS.groupChain, chainRoot, [place], KEY_BYTES), counter: 0 }
  })
  chainRoot.wipe()
  return { psk: next, lane, header, chains }
}

export function pskIdOf(crypto: Crypto, psk: Secret): Uint8Array {
  return crypto.sha256(labelled(HASH_LABELS.groupPsk, psk.reveal())).slice(0, GROUP_PSK_ID_BYTES)
}

export function stepSender(
  crypto: Crypto,
  chain: SenderChain,
): { readonly message: Secret; readonly next: SenderChain } {
  return {
    message: Secret.adopt(crypto.hmacSha256(chain.key, KEY_LABELS.groupMessage)),
    next: {
      key: Secret.adopt(crypto.hmacSha256(chain.key, KEY_LABELS.groupStep)),
      counter: chain.counter + 1,
    },
  }
}
