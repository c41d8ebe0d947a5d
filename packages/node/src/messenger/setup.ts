// A new home: keys drawn, or restored from words, and written before anybody is told of them.

import { Failure } from '@ezchat/protocol/control/failures.ts'
import { newRoster } from '@ezchat/protocol/device/roster.ts'
import { encodeRoster } from '@ezchat/protocol/device/roster-state.ts'
import type { DeviceLog } from '@ezchat/protocol/identity/device-log.ts'
import type { OpenedRecord } from '@ezchat/protocol/identity/record.ts'
import { deriveRootKeys, drawRoot } from '@ezchat/protocol/identity/root.ts'
import { decodeWords, encodeWords } from '@ezchat/protocol/identity/words.ts'
import { EMPTY_RING, rotatePrekeys } from '@ezchat/protocol/session/prekey-ring.ts'
import { encodePrekeyRing } from '@ezchat/protocol/session/prekey-ring-state.ts'
import { findRecord } from './directory.ts'
import { createIdentity, encodeOwnIdentity } from './own-identity.ts'
import type { RecordRoutes } from './record-routes.ts'
import { TABLE } from './table.ts'
import { nowSecondsOf, type Terms } from './terms.ts'
import type { Vault } from './vault.ts'

export interface SetupTerms {
  readonly profileName: string
  readonly deviceName: string
}

export interface Created {
  readonly identityKey: Uint8Array
  /** To be shown once, and kept nowhere. */
  readonly words: string
}

export async function hasIdentity(vault: Vault): Promise<boolean> {
  return (await vault.get(vault.key(TABLE.identity))) !== null
}

/** A new identity. Needs no network. */
export async function createHome(terms: Terms, vault: Vault, setup: SetupTerms): Promise<Created> {
  const root = drawRoot(terms.crypto)
  const identityKey = await write(terms, vault, { ...setup, root, before: null })
  return { identityKey, words: encodeWords(root) }
}

export interface RestoreTerms extends SetupTerms {
  readonly words: string
  readonly routes: RecordRoutes
  readonly signal: AbortSignal
  /** The owner says that there is no other device: a log that cannot be found is begun anew. */
  readonly isAlone: boolean
}

/** The identity of the words, with this device added to its log. */
export async function restoreHome(
  terms: Terms,
  vault: Vault,
  restore: RestoreTerms,
): Promise<Created> {
  const root = decodeWords(restore.words)
  const { identityKey, doorSecret } = deriveRootKeys(terms.crypto, root)
  const { routes, signal } = restore
  let before: { log: DeviceLog; homeShard: number } | null = null
  for (const secret of [doorSecret, null]) {
    const door = { networkId: terms.network.id, identityKey, doorSecret: secret }
    const finding = { door, shard: null, hints: [], signal }
    if (before !== null) break
    const record: OpenedRecord | null = await findRecord(terms, routes, finding)
    if (record?.log) before = { log: record.log, homeShard: record.homeShard }
  }
  // Two logs that begin differently would be a fork that nobody can mend.
  if (before === null && !restore.isAlone) {
    throw new Failure('WORDS_BAD', 'nothing of this identity was found in the network')
  }
  await write(terms, vault, { ...restore, root, before })
  return { identityKey, words: restore.words }
}

async function write(
  terms: Terms,
  vault: Vault,
  init: SetupTerms & {
    readonly root: ReturnType<typeof drawRoot>
    readonly before: { readonly log: DeviceLog; readonly homeShard: number } | null
  },
): Promise<Uint8Array> {
  if (await hasIdentity(vault)) throw new Failure('HOME_DAMAGED', 'there is an identity already')
  const nowSeconds = nowSecondsOf(terms)
  const { crypto, network } = terms
  const { own, log } = createIdentity(crypto, network, { ...init, nowSeconds })
  const ring = rotatePrekeys(crypto, EMPTY_RING, nowSeconds)
  const { identityKey } = log
  const rosterKey = vault.key(TABLE.roster, vault.name(TABLE.roster, identityKey))
  await vault.write([
    vault.seal(vault.key(TABLE.identity), encodeOwnIdentity(own)),
    vault.seal(vault.key(TABLE.ring), encodePrekeyRing(ring)),
    vault.seal(rosterKey, encodeRoster(newRoster(log))),
  ])
  return identityKey
}
