// What lets somebody into a network: the body of a link of kind 2, network.md §4.
import { utf8 } from '../codec/bytes.ts'
import { decodeLink, encodeLink } from '../codec/link.ts'
import { Reader } from '../codec/reader.ts'
import { assertSeconds } from '../codec/seconds.ts'
import { Writer } from '../codec/writer.ts'
import {
  BOOTSTRAPS_MAX,
  LINK_KINDS,
  MULTIADDR_CHARACTERS_MAX,
  NETWORK_BYTES_MAX,
  NETWORK_INVITE_VERSION,
} from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { KEY_BYTES } from '../crypto/lengths.ts'
import { Secret } from '../crypto/secret.ts'
import { assert, ProtocolError } from '../errors.ts'
import { isKeyOf } from './access.ts'
import { decodeNetwork, type Network } from './descriptor.ts'

export interface NetworkInvite {
  readonly network: Network
  /** Null for an open network. */
  readonly key: Secret | null
  /** Multiaddrs of nodes to begin with, the best first. */
  readonly bootstraps: readonly string[]
  /** The last second at which it should be used. */
  readonly expiresAt: number
}

/** A multiaddr's own reader decides what it means; here it only has to be safe to hand on. */
function isMultiaddrText(text: string): boolean {
  return text.length <= MULTIADDR_CHARACTERS_MAX && /^\/[!-~]+$/.test(text)
}

export function encodeNetworkInvite(crypto: Crypto, invite: NetworkInvite): Uint8Array {
  const { network, key, bootstraps, expiresAt } = invite
  assert(isKeyOf(crypto, network, key), 'expected the key of the network')
  assert(bootstraps.length <= BOOTSTRAPS_MAX, `expected few bootstraps, got ${bootstraps.length}`)
  assert(new Set(bootstraps).size === bootstraps.length, 'expected each bootstrap once')
  assert(bootstraps.every(isMultiaddrText), 'expected multiaddrs')
  const writer = new Writer()
    .u8(NETWORK_INVITE_VERSION)
    .prefixed(network.bytes, NETWORK_BYTES_MAX)
    .u32(expiresAt)
  if (key !== null) writer.bytes(key.reveal(), KEY_BYTES)
  writer.u8(bootstraps.length)
  for (const bootstrap of bootstraps) writer.prefixed(utf8(bootstrap), MULTIADDR_CHARACTERS_MAX)
  return writer.finish()
}

function readBootstraps(reader: Reader): string[] {
  const count = reader.u8()
  if (count > BOOTSTRAPS_MAX) reader.fail('LIMIT', `${count} bootstraps`)
  const bootstraps: string[] = []
  for (let at = 0; at < count; at++) {
    const bootstrap = reader.text(MULTIADDR_CHARACTERS_MAX)
    if (!isMultiaddrText(bootstrap)) reader.fail('TEXT', 'not a multiaddr')
    if (bootstraps.includes(bootstrap)) reader.fail('ORDER', 'a bootstrap twice')
    bootstraps.push(bootstrap)
  }
  return bootstraps
}

export function decodeNetworkInvite(
  crypto: Crypto,
  body: Uint8Array,
  nowSeconds: number,
): NetworkInvite {
  assertSeconds(nowSeconds)
  const reader = new Reader(body, 'NETWORK')
  reader.version(NETWORK_INVITE_VERSION)
  const network = decodeNetwork(crypto, reader.prefixed(NETWORK_BYTES_MAX))
  const expiresAt = reader.u32()
  const key = network.keyCheck === null ? null : Secret.copy(reader.bytes(KEY_BYTES))
  const bootstraps = readBootstraps(reader)
  reader.end()
  if (!isKeyOf(crypto, network, key)) throw new ProtocolError('NETWORK_INVALID')
  if (nowSeconds > expiresAt) throw new ProtocolError('NETWORK_EXPIRED')
  return { network, key, bootstraps, expiresAt }
}

/** With `base`, the address of a web client; see link.md §2. */
export function encodeNetworkLink(
  crypto: Crypto,
  invite: NetworkInvite,
  base: string | null = null,
): string {
  return encodeLink(crypto, LINK_KINDS.network, encodeNetworkInvite(crypto, invite), base)
}

/** Null when the text is no link, or a link to something else. */
export function decodeNetworkLink(
  crypto: Crypto,
  text: string,
  nowSeconds: number,
): NetworkInvite | null {
  const link = decodeLink(crypto, text)
  if (link === null || link.kind !== LINK_KINDS.network) return null
  return decodeNetworkInvite(crypto, link.body, nowSeconds)
}
