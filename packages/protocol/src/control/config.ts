// The settings of a home. Flags of the command line stand above the file, the file above these.
import {
  flag,
  integer,
  list,
  nullable,
  object,
  oneOf,
  optional,
  type TypeOf,
  text,
} from './schema.ts'

const multiaddr = text({ min: 1, max: 256, pattern: /^\// })

export const CARRY = ['auto', 'all', 'own'] as const
export const PRIVACY = ['direct', 'stem', 'cover'] as const

export const configSchema = object(
  {
    name: [optional(text({ max: 64 })), 'the own name that others are told'],
    listen: [optional(list(multiaddr, 16)), 'multiaddrs to listen on'],
    announce: [optional(list(multiaddr, 16)), 'multiaddrs to be told to others instead'],
    bootstrap: [optional(list(multiaddr, 64)), 'nodes to begin with'],
    network: [optional(nullable(text({ min: 1, max: 4096 }))), 'an invite to another network'],
    carry: [optional(oneOf(...CARRY)), 'which shards to carry'],
    quotaBytes: [optional(integer({ min: 16_777_216 })), 'disk for the envelopes of all'],
    privacy: [optional(oneOf(...PRIVACY)), 'how messages leave'],
    web: [optional(nullable(text({ min: 1, max: 128 }))), 'HOST:PORT of the WebSocket, or null'],
    readReceipts: [optional(flag), 'tell others when their messages were read'],
    upnp: [optional(flag), 'ask the router for a port'],
    mdns: [optional(flag), 'look for peers in the local network'],
  },
  'configuration',
)

export type Config = Required<TypeOf<typeof configSchema>>
export type ConfigName = keyof Config

export const DEFAULT_CONFIG: Config = {
  name: '',
  listen: ['/ip4/0.0.0.0/tcp/0', '/ip4/0.0.0.0/tcp/0/ws'],
  announce: [],
  bootstrap: [],
  network: null,
  carry: 'auto',
  quotaBytes: 10 * 1024 ** 3,
  privacy: 'stem',
  web: '127.0.0.1:0',
  readReceipts: false,
  upnp: false,
  mdns: false,
}

const SIZE = /^(\d{1,9})(B|KiB|MiB|GiB|TiB)?$/
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

/** `10GiB`; null for what is none. */
export function parseBytes(written: string): number | null {
  const match = SIZE.exec(written)
  if (match === null) return null
  const bytes = Number(match[1]) * 1024 ** UNITS.indexOf(match[2] ?? 'B')
  return Number.isSafeInteger(bytes) ? bytes : null
}

const DURATION = /^(\d{1,6})(ms|s|m|h|d)$/
const UNITS_MS: { readonly [unit: string]: number } = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/** `30s`, `24h`; null for what is none. */
export function parseDurationMs(written: string): number | null {
  const match = DURATION.exec(written)
  return match === null ? null : Number(match[1]) * UNITS_MS[match[2]!]!
}
