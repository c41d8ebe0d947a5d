// Bundles.
import { concatBytes, toHex } from '@ezchat/protocol/codec/bytes.ts'
import { labelled, SIGN_LABELS } from '@ezchat/protocol/crypto/labels.ts'
import type { ErrorCode } from '@ezchat/protocol/errors.ts'
import { encodePrekeys } from '@ezchat/protocol/session/prekeys.ts'
import type { JsonObject } from '../../vector.ts'

import {
  bob,
  bundle,
  type Case,
  crypto,
  NOW_SECONDS,
  named,
  networkId,
  prekeys,
  withoutOneTime,
} from './people.ts'

/** Signed by Bob, whatever it says. */
function resigned(change: (content: Uint8Array) => Uint8Array): Uint8Array {
  const content = change(bundle.slice(0, bundle.length - 64))
  const signature = crypto.ed25519Sign(
    bob.signSeed,
    labelled(SIGN_LABELS.prekeys, networkId, content),
  )
  return concatBytes(content, signature)
}

const bundleInput = (bytes: Uint8Array, changes: JsonObject = {}): JsonObject => ({
  bundle: toHex(bytes),
  networkId: toHex(networkId),
  identityKey: toHex(bob.party.identityKey),
  deviceId: toHex(bob.party.deviceId),
  signKey: toHex(bob.party.signKey),
  nowSeconds: NOW_SECONDS,
  ...changes,
})

const at = (from: number, to: number, value: number) => (content: Uint8Array) =>
  content.fill(value, from, to)
const bare = encodePrekeys(crypto, withoutOneTime, { networkId, signSeed: bob.signSeed })
const wrong = (
  name: string,
  code: ErrorCode,
  note: string,
  bytes: Uint8Array,
  more = {},
): Case => ({
  name: `prekeys-${name}`,
  note,
  entry: 'prekeys',
  input: bundleInput(bytes, more),
  code,
})
const good = (name: string, note: string, bytes: Uint8Array): Case => ({
  name,
  note,
  entry: 'prekeys',
  input: bundleInput(bytes),
})

export function prekeyCases(): Case[] {
  return [
    good('prekeys', 'A bundle as it is published for everybody.', bare),
    good('prekeys-one-time', 'A bundle for one reader, with two one-time keys.', bundle),
    wrong('truncated', 'PREKEYS_TRUNCATED', 'Too short for any bundle.', bundle.slice(0, 1402)),
    wrong(
      'cut',
      'PREKEYS_TRUNCATED',
      'Signed, and a one-time key is cut off.',
      resigned((c) => c.slice(0, -1)),
    ),
    wrong(
      'trailing-byte',
      'PREKEYS_TRAILING',
      'Signed, with a byte too many.',
      resigned((c) => concatBytes(c, Uint8Array.of(0))),
    ),
    wrong(
      'too-long',
      'PREKEYS_LIMIT',
      'Longer than 32 one-time keys make it.',
      concatBytes(bundle, new Uint8Array(1081)),
    ),
    wrong(
      'signature',
      'PREKEYS_SIGNATURE',
      'One bit of the signature is wrong.',
      bundle.with(bundle.length - 1, bundle.at(-1)! ^ 1),
    ),
    wrong('other-network', 'PREKEYS_SIGNATURE', 'Signed for another network.', bundle, {
      networkId: toHex(named('elsewhere')),
    }),
  ]
}

export function signedPrekeyCases(): Case[] {
  return [
    wrong(
      'version',
      'PREKEYS_VERSION',
      'The bundle is of version 2, which is not known.',
      resigned(at(0, 1, 2)),
    ),
    wrong(
      'suite',
      'PREKEYS_KIND',
      'The bundle is of suite 2, which is not known.',
      resigned(at(1, 2, 2)),
    ),
    wrong(
      'other-identity',
      'PREKEYS_PERMISSION',
      'Names an identity that the log does not.',
      resigned(at(2, 34, 1)),
    ),
    wrong(
      'other-device',
      'PREKEYS_PERMISSION',
      'Names a device that the log does not.',
      resigned(at(34, 50, 1)),
    ),
    wrong(
      'zero-id',
      'PREKEYS_FIELD',
      'The prekey id is 0, which stands for none.',
      resigned(at(114, 118, 0)),
    ),
    wrong('expired', 'PREKEYS_EXPIRED', 'Used a second too late.', bundle, {
      nowSeconds: prekeys.expiresSeconds,
    }),
    wrong(
      'far-future',
      'PREKEYS_FUTURE',
      'Good for longer than any bundle may be.',
      resigned(at(118, 119, 0xff)),
    ),
    wrong(
      'one-time-count',
      'PREKEYS_FIELD',
      'There are 33 one-time keys, one too many.',
      resigned(at(1338, 1339, 33)),
    ),
    wrong(
      'one-time-order',
      'PREKEYS_ORDER',
      'The second one-time id repeats the first.',
      resigned(at(1378, 1379, 1)),
    ),
  ]
}
