// One person with a laptop that holds the words, and whoever else is needed: everything drawn from
// one seeded source.
import { nativeCrypto } from '@ezchat/node/crypto/native.ts'
import { sha256 } from '@noble/hashes/sha2.js'
import { utf8 } from '../../src/codec/bytes.ts'
import type { Crypto } from '../../src/crypto/crypto.ts'
import { Secret } from '../../src/crypto/secret.ts'
import type { DeviceLink } from '../../src/device/link-body.ts'
import type { LogSigner } from '../../src/device/log-change.ts'
import { type Newcomer, startNewcomer } from '../../src/device/newcomer-start.ts'
import { drawOwnKey } from '../../src/device/own-key.ts'
import type { GrantTerms } from '../../src/device/sponsor.ts'
import { type DeviceLog, verifyDeviceLog } from '../../src/identity/device-log.ts'
import type { DeviceChange, DeviceRight, NewDevice } from '../../src/identity/device-log-entry.ts'
import { type RecordDoor, recordDelegate } from '../../src/identity/record.ts'
import { blindSecret } from '../../src/mailbox/blind.ts'
import { doorPeriod, doorSecretIn } from '../../src/mailbox/door.ts'
import { signWarrant } from '../../src/mailbox/warrant.ts'
import { DEFAULT_NETWORK } from '../../src/network/default-network.ts'
import { createNetwork } from '../../src/network/descriptor.ts'
import {
  add,
  deviceOf,
  identityKey,
  identitySeed,
  logOf,
  revoke,
  seedOf,
  step,
} from '../identity/device-logs.ts'

export { add, deviceOf, identityKey, identitySeed, logOf, revoke, seedOf, step }

/** Counts up, so that nothing drawn twice is equal and every run is the same. */
export function countingCrypto(from = 0): Crypto {
  let drawn = from
  return nativeCrypto({
    random: (length) => {
      const blocks = Array.from({ length: Math.ceil(length / 32) }, () =>
        sha256(utf8(`drawn ${drawn++}`)),
      )
      return Uint8Array.from(blocks.flatMap((block) => [...block])).slice(0, length)
    },
  })
}

export const crypto = countingCrypto()
export const NOW = 1_800_000_000
export const network = createNetwork(crypto, DEFAULT_NETWORK)
export const networkId = network.id

export const rootSigner: LogSigner = { deviceId: null, seed: identitySeed }
export const laptopSigner: LogSigner = {
  deviceId: deviceOf('laptop').id,
  seed: seedOf('laptop sign'),
}

type Steps = readonly (readonly [DeviceChange, string | null])[]

export function log(...steps: Steps): DeviceLog {
  return verifyDeviceLog(crypto, identityKey, logOf(...steps))
}

/** A laptop that manages. */
export const laptopOnly = (): DeviceLog => log([add('laptop', ['publish', 'manage']), null])

export const doorSecret = seedOf('door')

export function warrantFor(device: NewDevice, period: number, secret: Secret | null = doorSecret) {
  const door: RecordDoor = { networkId, identityKey, doorSecret: secret }
  const bound = doorSecretIn(crypto, networkId, secret)
  const blinded = blindSecret(crypto, identitySeed, bound, period)
  const delegate = recordDelegate(crypto, door, device.signKey, period)
  const notAfter = NOW + 40 * 86_400
  const terms = { networkId, delegate, rights: ['record', 'drop'] as const, notAfter }
  return signWarrant(crypto, blinded, terms)
}

export const today = doorPeriod(NOW)

export function grantTerms(
  from: DeviceLog,
  signer: LogSigner = rootSigner,
  rights: readonly DeviceRight[] = ['publish'],
): GrantTerms {
  return {
    log: from,
    signer,
    rights,
    grant: {
      network,
      homeShard: 3,
      ownKey: drawOwnKey(crypto, from),
      doors: [doorSecret],
      snapshot: Secret.copy(utf8('where the snapshot lies')),
    },
    warrantsFor: (device) => [
      { door: 0, period: today, warrant: warrantFor(device, today) },
      { door: null, period: today, warrant: warrantFor(device, today, null) },
    ],
  }
}

export const linkTerms = {
  networkId,
  shard: 5,
  hints: ['/dns4/relay.example/tcp/443/wss'],
  name: 'phone',
}

export function shownLink(using: Crypto = crypto): {
  state: Newcomer & { phase: 'waiting' }
  link: DeviceLink
} {
  return startNewcomer(using, linkTerms, NOW)
}
