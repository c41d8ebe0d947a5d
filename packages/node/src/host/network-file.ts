// Which network a home is in. The first start says it, and later ones remember.

import { equalBytes } from '@ezchat/protocol/codec/bytes.ts'
import { Failure } from '@ezchat/protocol/control/failures.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import type { Secret } from '@ezchat/protocol/crypto/secret.ts'
import { ProtocolError } from '@ezchat/protocol/errors.ts'
import { DEFAULT_NETWORK } from '@ezchat/protocol/network/default-network.ts'
import { createNetwork, type Network } from '@ezchat/protocol/network/descriptor.ts'
import { decodeNetworkLink, type NetworkInvite } from '@ezchat/protocol/network/invite.ts'
import { readOwnerText, writeOwnerFile } from './owner-file.ts'

export interface JoinedNetwork {
  readonly network: Network
  /** Null where it is open. */
  readonly key: Secret | null
  readonly bootstraps: readonly string[]
}

export interface NetworkChoice {
  readonly path: string
  /** A link, or null for what is remembered, or else the default network. */
  readonly link: string | null
  readonly nowSeconds: number
}

const DEFAULT = 'default\n'

export async function joinNetwork(crypto: Crypto, choice: NetworkChoice): Promise<JoinedNetwork> {
  const { path, link, nowSeconds } = choice
  const remembered = await readOwnerText(path)
  const before = remembered === null ? null : networkOf(crypto, remembered.trim(), 0)
  if (link === null) {
    if (before === null) await writeOwnerFile(path, DEFAULT)
    return before ?? networkOf(crypto, DEFAULT.trim(), 0)
  }
  // Whoever is in already does not need the invite to hold any longer.
  const chosen = networkOf(crypto, link, before === null ? nowSeconds : 0)
  if (before !== null && !equalBytes(before.network.id, chosen.network.id)) {
    throw new Failure('NETWORK_BAD', `this home is in “${before.network.name}”: use another --home`)
  }
  await writeOwnerFile(path, `${link}\n`)
  return chosen
}

function networkOf(crypto: Crypto, link: string, nowSeconds: number): JoinedNetwork {
  if (link === DEFAULT.trim()) {
    return { network: createNetwork(crypto, DEFAULT_NETWORK), key: null, bootstraps: [] }
  }
  const { network, key, bootstraps } = decoded(crypto, link, nowSeconds)
  return { network, key, bootstraps }
}

function decoded(crypto: Crypto, link: string, nowSeconds: number): NetworkInvite {
  try {
    const invite = decodeNetworkLink(crypto, link, nowSeconds)
    if (invite !== null) return invite
  } catch (error: unknown) {
    if (!(error instanceof ProtocolError)) throw error
    const code = error.code === 'NETWORK_EXPIRED' ? 'INVITE_EXPIRED' : 'NETWORK_BAD'
    throw new Failure(code, error.message, { cause: error })
  }
  throw new Failure('NETWORK_BAD', 'no link to a network')
}
