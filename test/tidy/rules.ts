// The two tables that grow with the project.
import type { ImportRule } from './imports.ts'
import type { Floor } from './packages.ts'

const PROTOCOL = 'packages/protocol/src/'

const LIBP2P = [
  'npm:libp2p',
  'npm:@libp2p/',
  'npm:@chainsafe/',
  'npm:@multiformats/',
  'npm:multiformats',
  'npm:datastore-',
]

export const IMPORT_RULES: readonly ImportRule[] = [
  {
    from: PROTOCOL,
    only: [PROTOCOL, 'npm:@noble/', 'npm:@scure/'],
    reason: 'the protocol is pure, so that browser, daemon and simulator run the same code',
  },
  ...['bytes', 'reader', 'writer'].map((name) => ({
    from: `${PROTOCOL}codec/${name}.ts`,
    only: [`${PROTOCOL}codec/`, `${PROTOCOL}errors.ts`, 'npm:@noble/hashes/utils.js'],
    reason: 'the codec knows bytes, not cryptography and not formats',
  })),
  {
    from: `${PROTOCOL}crypto/`,
    only: [`${PROTOCOL}crypto/`, `${PROTOCOL}codec/`, `${PROTOCOL}errors.ts`, 'npm:@noble/'],
    reason: 'cryptography knows keys and bytes, not formats',
  },
  ...['errors', 'constants', 'limits', 'ports'].map((name) => ({
    from: `${PROTOCOL}${name}.ts`,
    only: [],
    reason: 'everything imports this file, so it imports nothing',
  })),
  {
    from: 'packages/node/src/',
    not: ['packages/cli/', 'test/', 'bench/', 'scripts/'],
    reason: 'a peer is a library: commands and tests stand on it, not under it',
  },
  {
    from: 'packages/node/src/',
    except: ['packages/node/src/net/'],
    not: LIBP2P,
    reason: 'libp2p is behind the wire port: simulator and browser have wires of their own',
  },
  {
    from: 'packages/cli/src/',
    only: [
      'packages/cli/src/',
      `${PROTOCOL}control/`,
      'packages/node/src/host.ts',
      'npm:commander',
      'npm:uqr',
      'node:',
    ],
    reason: 'the command line speaks the control API, like every other client',
  },
  {
    from: 'packages/protocol/test/',
    not: ['bench/', 'scripts/', 'packages/cli/'],
    reason: 'tests of the protocol need the protocol and a Crypto, nothing else of ours',
  },
  ...['entries/', 'run.ts', 'input.ts', 'vector.ts'].map((name) => ({
    from: `test/vectors/${name}`,
    only: ['test/vectors/', PROTOCOL],
    reason: 'vectors are read in browsers too',
  })),
  {
    from: 'test/compliance/',
    only: [
      'test/compliance/',
      'test/vectors/official/',
      PROTOCOL,
      'packages/node/src/store/envelope-reader.ts',
      'packages/node/src/store/envelope-store.ts',
    ],
    reason: 'every implementation passes the same suite, in browsers too',
  },
  {
    from: 'bench/frame/',
    not: ['bench/suites/', 'packages/'],
    reason: 'the frame measures whatever it is given',
  },
]

/** Advisories that a remote peer could use. Applied to every installed copy, once there is one. */
export const VERSION_FLOORS: readonly Floor[] = [
  {
    name: '@libp2p/gossipsub',
    least: '17.0.0',
    advisory: 'GHSA-4f8r-922h-2vgv (heap exhaustion), and topics and control messages bounded',
  },
  {
    name: '@libp2p/kad-dht',
    least: '16.4.0',
    advisory: 'records checked against what was asked for, queries that end',
  },
  { name: 'libp2p', least: '3.3.6', advisory: 'keys checked against what was asked for' },
  {
    name: '@libp2p/circuit-relay-v2',
    least: '4.2.10',
    advisory: 'relay addresses that survive a refresh',
  },
  {
    name: '@libp2p/utils',
    least: '7.4.1',
    advisory: 'a remote peer could end the process by closing a stream',
  },
  { name: '@libp2p/floodsub', least: '11.0.26', advisory: 'GHSA-cvfg-hcf3-ggwv (heap exhaustion)' },
  { name: '@libp2p/crypto', least: '5.1.22', advisory: 'GHSA-rvfr-cqwq-rc4j (event loop stall)' },
]

/** Where a second copy costs memory and start time, and makes two kinds of the same thing. */
export const SINGLE_COPIES: readonly string[] = [
  '@libp2p/interface',
  '@libp2p/utils',
  '@multiformats/multiaddr',
  'multiformats',
  'protons-runtime',
  'uint8arraylist',
  'uint8arrays',
]
