// The list of public nodes, bootstrap/peers.json: what may stand in it.
import { MULTIADDR_CHARACTERS_MAX } from '@ezchat/protocol/constants.ts'
import { hostOf, parseAddress, peerOf } from './addresses.ts'
import { peerKeyOf } from './peer-id.ts'

const VERSION = 1
const LISTED_MAX = 64
const TRANSPORTS = ['tcp', 'tcp ws', 'tcp tls ws']
const NAMES = ['dns', 'dns4', 'dns6']

/** What is wrong with an address of the list, or null. */
export function bootstrapDefect(text: string): string | null {
  if (text.length > MULTIADDR_CHARACTERS_MAX) return 'longer than an invite can hold'
  const address = parseAddress(text)
  if (address === null) return 'no multiaddr'
  const peer = peerOf(address)
  if (peer === null || peerKeyOf(peer) === null) return 'no name of a peer at its end'
  const [place, ...rest] = address.getComponents().slice(0, -1)
  const transport = rest.map(({ name }) => name).join(' ')
  if (!TRANSPORTS.includes(transport)) return `no transport of ours: ${transport}`
  if (place !== undefined && NAMES.includes(place.name)) return null
  const host = hostOf(address)
  return host === null || host.isLocal ? 'no place that everybody can reach' : null
}

/** Throws with a reason that a person can act on: the list is part of the program. */
export function parseBootstraps(json: string): readonly string[] {
  const list: unknown = JSON.parse(json)
  if (typeof list !== 'object' || list === null) throw new Error('expected an object')
  const { version, peers } = list as { version?: unknown; peers?: unknown }
  if (version !== VERSION) throw new Error(`expected version ${VERSION}, got ${String(version)}`)
  if (!Array.isArray(peers) || peers.length > LISTED_MAX) {
    throw new Error(`expected at most ${LISTED_MAX} peers`)
  }
  const texts = peers.map((peer: unknown) => {
    if (typeof peer !== 'string') throw new Error('expected multiaddrs')
    const defect = bootstrapDefect(peer)
    if (defect !== null) throw new Error(`${peer}: ${defect}`)
    return peer
  })
  if (new Set(texts).size !== texts.length) throw new Error('expected each peer once')
  return texts
}
