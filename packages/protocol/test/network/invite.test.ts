import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { toHex } from '../../src/codec/bytes.ts'
import { encodeLink } from '../../src/codec/link.ts'
import { LINK_KINDS } from '../../src/constants.ts'
import { Secret } from '../../src/crypto/secret.ts'
import { AssertionError } from '../../src/errors.ts'
import { createNetworkKey, isKeyOf, networkKeyCheck } from '../../src/network/access.ts'
import { DEFAULT_NETWORK } from '../../src/network/default-network.ts'
import { createNetwork } from '../../src/network/descriptor.ts'
import {
  decodeNetworkInvite,
  decodeNetworkLink,
  encodeNetworkInvite,
  encodeNetworkLink,
  type NetworkInvite,
} from '../../src/network/invite.ts'
import { crypto, NOW_SECONDS, secretOf } from '../mailbox/fixture.ts'
import { bytesOf, code, hostileBytes, valueOrRefused } from '../mailbox/hostile.ts'

const open = createNetwork(crypto, DEFAULT_NETWORK)
const key = secretOf(8)
const closed = createNetwork(crypto, { ...DEFAULT_NETWORK, keyCheck: networkKeyCheck(crypto, key) })
const bootstraps = ['/dns4/relay.example/tcp/443/wss', '/ip4/192.0.2.1/tcp/4001']
const invite: NetworkInvite = { network: closed, key, bootstraps, expiresAt: NOW_SECONDS }
const openInvite: NetworkInvite = { ...invite, network: open, key: null }

const multiaddrs = fc
  .string({
    unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
    minLength: 1,
    maxLength: 127,
  })
  .map((rest) => `/${rest}`)

const invites: fc.Arbitrary<NetworkInvite> = fc
  .record({
    key: fc.option(bytesOf(32)),
    bootstraps: fc.uniqueArray(multiaddrs, { maxLength: 8 }),
    expiresAt: fc.integer({ min: NOW_SECONDS, max: 0xffffffff }),
  })
  .map(({ key: bytes, ...rest }) => {
    const drawn = bytes === null ? null : Secret.copy(bytes)
    const keyCheck = drawn === null ? null : networkKeyCheck(crypto, drawn)
    return { ...rest, key: drawn, network: createNetwork(crypto, { ...DEFAULT_NETWORK, keyCheck }) }
  })

function plain({ network, key: secret, ...rest }: NetworkInvite): object {
  return { ...rest, network, key: secret === null ? null : toHex(secret.reveal()) }
}

test('an invite gives back what it was made of, as bytes and as a link', () => {
  fc.assert(
    fc.property(invites, (made) => {
      const body = encodeNetworkInvite(crypto, made)
      assert.deepEqual(plain(decodeNetworkInvite(crypto, body, NOW_SECONDS)), plain(made))
      const link = encodeNetworkLink(crypto, made)
      assert.deepEqual(plain(decodeNetworkLink(crypto, link, NOW_SECONDS)!), plain(made))
    }),
  )
})

test('whatever decodes encodes to the same bytes, and the rest is refused with a typed error', () => {
  const goods = [invite, openInvite].map((made) => encodeNetworkInvite(crypto, made))
  fc.assert(
    fc.property(hostileBytes(...goods), (bytes) => {
      const decoded = valueOrRefused(() => decodeNetworkInvite(crypto, bytes, 0))
      if (decoded !== null) assert.deepEqual(encodeNetworkInvite(crypto, decoded), bytes)
    }),
    { numRuns: 2000 },
  )
})

test('the largest invite fits a link, and nothing of an absurd length is read', () => {
  const most = Array.from({ length: 8 }, (_, at) => `/${at}${'x'.repeat(126)}`)
  const body = encodeNetworkInvite(crypto, { ...invite, bootstraps: most })
  assert.deepEqual(decodeNetworkInvite(crypto, body, NOW_SECONDS).bootstraps, most)
  assert.ok(encodeNetworkLink(crypto, { ...invite, bootstraps: most }).length <= 2048)
  const absurd = new Uint8Array(1 << 22).fill(0xff)
  absurd[0] = 1
  assert.throws(() => decodeNetworkInvite(crypto, absurd, 0), code('NETWORK_LIMIT'))
})

test('an invite holds in its last second and not after it', () => {
  const body = encodeNetworkInvite(crypto, invite)
  assert.ok(decodeNetworkInvite(crypto, body, NOW_SECONDS))
  const late = () => decodeNetworkInvite(crypto, body, NOW_SECONDS + 1)
  assert.throws(late, code('NETWORK_EXPIRED'))
})

test('a link to something else, or no link at all, is not mine', () => {
  const contact = encodeLink(crypto, LINK_KINDS.contact, encodeNetworkInvite(crypto, invite))
  assert.equal(decodeNetworkLink(crypto, contact, NOW_SECONDS), null)
  assert.equal(decodeNetworkLink(crypto, 'see you at eight', NOW_SECONDS), null)
  const web = encodeNetworkLink(crypto, invite, 'https://chat.example/app')
  assert.deepEqual(plain(decodeNetworkLink(crypto, web, NOW_SECONDS)!), plain(invite))
})

test('an open network has no key, a closed one has exactly its own', () => {
  assert.ok(isKeyOf(crypto, open, null))
  assert.ok(isKeyOf(crypto, closed, key))
  assert.ok(!isKeyOf(crypto, open, key))
  assert.ok(!isKeyOf(crypto, closed, null))
  assert.ok(!isKeyOf(crypto, closed, secretOf(9)))
  const drawn = [1, 2].map(() => toHex(createNetworkKey(crypto).reveal()))
  assert.notEqual(drawn[0], drawn[1])
  assert.equal(drawn[0]!.length, 64)
})

test('an invite that its reader would refuse is a bug of ours', () => {
  const wrong: readonly Partial<NetworkInvite>[] = [
    { key: null },
    { key: secretOf(9) },
    { network: open },
    { bootstraps: Array.from({ length: 9 }, (_, at) => `/ip4/192.0.2.${at}`) },
    { bootstraps: ['/a', '/a'] },
    { bootstraps: ['relay.example'] },
    { bootstraps: ['/with space'] },
    { bootstraps: [`/${'x'.repeat(128)}`] },
    { bootstraps: ['/'] },
  ]
  for (const change of wrong) {
    assert.throws(() => encodeNetworkInvite(crypto, { ...invite, ...change }), AssertionError)
  }
})

test('the key of an invite does not print', () => {
  const decoded = decodeNetworkInvite(crypto, encodeNetworkInvite(crypto, invite), NOW_SECONDS)
  assert.ok(!(inspect(decoded) + JSON.stringify(decoded)).includes('08080808'))
})
