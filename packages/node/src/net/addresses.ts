// Multiaddrs: what others say about where somebody is. Hints, so nothing in here throws.

import type { PeerId } from '@ezchat/protocol/ports.ts'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { ADDRESS_CHARACTERS_MAX } from '../limits.ts'
import { peerKeyOf } from './peer-id.ts'

export interface Host {
  /** What one household or one rented machine has: a /24 of IPv4, a /48 of IPv6. */
  readonly group: string
  /** This machine, or the network that it is plugged into. */
  readonly isLocal: boolean
}

export function parseAddress(text: string): Multiaddr | null {
  if (text.length > ADDRESS_CHARACTERS_MAX || !text.startsWith('/')) return null
  try {
    return multiaddr(text)
  } catch (error: unknown) {
    if (error instanceof Error) return null
    throw error
  }
}

export function isRelayed(address: Multiaddr): boolean {
  return address.getComponents().some(({ name }) => name === 'p2p-circuit')
}

/** The peer at the far end, when the address says so. */
export function peerOf(address: Multiaddr): PeerId | null {
  const last = address.getComponents().at(-1)
  return last?.name === 'p2p' ? (last.value ?? null) : null
}

/** The address with the peer's name at its end; null when it names somebody else. */
export function addressOfPeer(peer: PeerId, text: string): Multiaddr | null {
  const address = parseAddress(text)
  if (address === null || peerKeyOf(peer) === null) return null
  const named = peerOf(address)
  if (named !== null && named !== peer) return null
  return named === peer ? address : parseAddress(`${text}/p2p/${peer}`)
}

/** Null where the address is a name, or no address of a host at all. */
export function hostOf(address: Multiaddr): Host | null {
  const first = address.getComponents()[0]
  if (first?.value === undefined) return null
  if (first.name === 'ip4') return hostOf4(first.value)
  if (first.name === 'ip6') return hostOf6(first.value)
  return null
}

function hostOf4(text: string): Host {
  const [a = 0, b = 0, c = 0] = text.split('.').map(Number)
  const isPrivate = a === 10 || (a === 172 && b >= 16 && b < 32) || (a === 192 && b === 168)
  const isOwn = a === 127 || a === 0 || (a === 169 && b === 254)
  return { group: `${a}.${b}.${c}.0/24`, isLocal: isPrivate || isOwn }
}

function hostOf6(text: string): Host {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(text)?.[1]
  if (mapped !== undefined) return hostOf4(mapped)
  const groups = expand6(text)
  const [first = 0, second = 0, third = 0] = groups
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    const [high = 0, low = 0] = groups.slice(6)
    return hostOf4([high >> 8, high & 0xff, low >> 8, low & 0xff].join('.'))
  }
  const isLoopback = groups.slice(0, 7).every((group) => group === 0)
  const isLocal = isLoopback || (first & 0xfe00) === 0xfc00 || (first & 0xffc0) === 0xfe80
  return { group: `${[first, second, third].map((n) => n.toString(16)).join(':')}::/48`, isLocal }
}

function expand6(text: string): number[] {
  const [head = '', tail] = text.split('::')
  const parse = (part: string) => (part === '' ? [] : part.split(':').map((n) => parseInt(n, 16)))
  const before = parse(head)
  if (tail === undefined) return before
  const after = parse(tail)
  return [
    ...before,
    ...new Array<number>(Math.max(0, 8 - before.length - after.length)).fill(0),
    ...after,
  ]
}

/** Reachable by anybody first, through a relay next, on the same wire only last. */
export function bestFirst(addresses: readonly Multiaddr[]): Multiaddr[] {
  const rank = (address: Multiaddr) => {
    if (isRelayed(address)) return 1
    return hostOf(address)?.isLocal === true ? 2 : 0
  }
  return [...addresses].sort((a, b) => rank(a) - rank(b))
}
