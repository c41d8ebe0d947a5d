// How the new device begins: its keys, and the link that it shows. device.md §1
import { isPlainName } from '../codec/plain-text.ts'
import { DEVICE_NAME_BYTES_MAX, LINK_NONCE_BYTES } from '../constants.ts'
import type { Crypto, RandomSource } from '../crypto/crypto.ts'
import { KEY_BYTES, MLKEM_SEED_BYTES } from '../crypto/lengths.ts'
import { Secret } from '../crypto/secret.ts'
import { assert } from '../errors.ts'
import { drawDeviceId } from '../identity/device-log-entry.ts'
import { DEVICE_LINK_SECONDS } from '../limits.ts'
import type { DeviceLink } from './link-body.ts'
import { hashLinkOffer, type LinkKeys } from './link-keys.ts'
import { type LinkReason, signOffer } from './link-message.ts'

/** The keys of the device that it will be. They never leave it. */
export interface OwnDevice {
  readonly deviceId: Uint8Array
  readonly signSeed: Secret
  readonly exchangeSecret: Secret
}

interface Common {
  readonly link: DeviceLink
  readonly device: OwnDevice
  readonly ephemeral: Secret
  readonly kemSeed: Secret
  readonly offer: Uint8Array
}

export type Newcomer =
  | ({ readonly phase: 'waiting' } & Common)
  | ({ readonly phase: 'claimed'; readonly claim: Uint8Array } & Common)
  | ({
      readonly phase: 'keyed'
      readonly claim: Uint8Array
      readonly keys: LinkKeys
      /** Its user says that the other device shows the same. */
      readonly isConfirmed: boolean
      /** Parts of the grant, sealed as they came, by their place. */
      readonly parts: ReadonlyMap<number, Uint8Array>
    } & Common)
  | { readonly phase: 'linked' }
  | { readonly phase: 'ended'; readonly reason: LinkReason }

export type LiveNewcomer = Exclude<Newcomer, { phase: 'linked' | 'ended' }>

export interface LinkTerms {
  readonly networkId: Uint8Array
  readonly shard: number
  readonly hints: readonly string[]
  readonly name: string
}

/** Makes the device's keys and the link that is shown. */
export function startNewcomer(crypto: Crypto, terms: LinkTerms, nowSeconds: number): NewcomerStart {
  return startNewcomerWith(crypto, terms, nowSeconds, crypto.randomBytes)
}

export interface NewcomerStart {
  readonly state: Newcomer & { readonly phase: 'waiting' }
  readonly link: DeviceLink
}

/** Deterministic in `random`. */
export function startNewcomerWith(
  crypto: Crypto,
  terms: LinkTerms,
  nowSeconds: number,
  random: RandomSource,
): NewcomerStart {
  assert(isPlainName(terms.name, DEVICE_NAME_BYTES_MAX), 'expected a short, plain name')
  const device = {
    deviceId: drawDeviceId({ ...crypto, randomBytes: random }),
    signSeed: Secret.adopt(random(KEY_BYTES)),
    exchangeSecret: Secret.adopt(random(KEY_BYTES)),
  }
  const ephemeral = Secret.adopt(random(KEY_BYTES))
  const kemSeed = Secret.adopt(random(MLKEM_SEED_BYTES))
  const content = {
    nonce: random(LINK_NONCE_BYTES),
    ephemeralKey: crypto.x25519Public(ephemeral),
    kemKey: crypto.mlkemPublic(kemSeed),
    deviceId: device.deviceId,
    signKey: crypto.ed25519Public(device.signSeed),
    exchangeKey: crypto.x25519Public(device.exchangeSecret),
  }
  const { networkId } = terms
  const offer = signOffer(crypto, content, { networkId, signSeed: device.signSeed })
  const link: DeviceLink = {
    ...terms,
    rendezvous: Secret.adopt(random(KEY_BYTES)),
    offerHash: hashLinkOffer(crypto, offer),
    expiresSeconds: nowSeconds + DEVICE_LINK_SECONDS,
  }
  return { state: { phase: 'waiting', link, device, ephemeral, kemSeed, offer }, link }
}
