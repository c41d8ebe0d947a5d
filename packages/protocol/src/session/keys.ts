// The key schedule. session.md §4 and §6
import { concatBytes } from '../codec/bytes.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { derive } from '../crypto/derive.ts'
import { KEY_LABELS } from '../crypto/labels.ts'
import { KEY_BYTES } from '../crypto/lengths.ts'
import { Secret } from '../crypto/secret.ts'

export interface StartKeys {
  readonly root: Secret
  /** The first header key from the initiator, and the first that the responder will use. */
  readonly initiatorHeader: Secret
  readonly responderHeader: Secret
  readonly lane: Secret
  readonly trace: Secret
}

/** Consecutive keys out of one derivation; the long buffer does not outlive the call. */
function split(derived: Secret, count: number): Secret[] {
  const bytes = derived.reveal()
  const keys = Array.from({ length: count }, (_, at) =>
    Secret.copy(bytes.subarray(at * KEY_BYTES, (at + 1) * KEY_BYTES)),
  )
  derived.wipe()
  return keys
}

/** Shared secrets in a row, as the input of one derivation. */
export function joinSecrets(secrets: readonly Secret[]): Secret {
  return Secret.adopt(concatBytes(...secrets.map((secret) => secret.reveal())))
}

export function deriveHidingKey(
  crypto: Crypto,
  shared: readonly Secret[],
  offerHash: Uint8Array,
): Secret {
  const key = joinSecrets(shared)
  const hiding = derive(crypto, KEY_LABELS.sessionHiding, key, [offerHash], KEY_BYTES)
  key.wipe()
  return hiding
}

export function deriveStartKeys(
  crypto: Crypto,
  shared: readonly Secret[],
  transcript: Uint8Array,
): StartKeys {
  const key = joinSecrets(shared)
  const derived = derive(crypto, KEY_LABELS.sessionStart, key, [transcript], 5 * KEY_BYTES)
  key.wipe()
  const [root, initiatorHeader, responderHeader, lane, trace] = split(derived, 5)
  return {
    root: root!,
    initiatorHeader: initiatorHeader!,
    responderHeader: responderHeader!,
    lane: lane!,
    trace: trace!,
  }
}

export interface RootStep {
  readonly root: Secret
  readonly chain: Secret
  readonly nextHeader: Secret
}

const PLAIN_STEP = concatBytes(KEY_LABELS.sessionRoot, Uint8Array.of(0))
const KEM_STEP = concatBytes(KEY_LABELS.sessionRoot, Uint8Array.of(1))

/** DH always, and the KEM's secret behind it where there is one: never the KEM alone. */
export function stepRoot(
  crypto: Crypto,
  root: Secret,
  shared: { readonly dh: Secret; readonly kem: Secret | null },
): RootStep {
  const key = shared.kem === null ? shared.dh : joinSecrets([shared.dh, shared.kem])
  const info = shared.kem === null ? PLAIN_STEP : KEM_STEP
  const derived = crypto.hkdfSha256({ key, salt: root.reveal(), info, length: 3 * KEY_BYTES })
  key.wipe()
  const [next, chain, nextHeader] = split(derived, 3)
  return { root: next!, chain: chain!, nextHeader: nextHeader! }
}

export interface ChainStep {
  readonly chain: Secret
  readonly message: Secret
}

export function stepChain(crypto: Crypto, chain: Secret): ChainStep {
  return {
    chain: Secret.adopt(crypto.hmacSha256(chain, KEY_LABELS.sessionChain)),
    message: Secret.adopt(crypto.hmacSha256(chain, KEY_LABELS.sessionMessage)),
  }
}
