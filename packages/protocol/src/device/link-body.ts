// The link that a new device shows: device.md §1.
import { readHints, writeHints } from '../codec/hints.ts'
import { decodeLink, encodeLink } from '../codec/link.ts'
import { readName, writeName } from '../codec/plain-text.ts'
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import {
  DEVICE_LINK_BYTES_MAX,
  DEVICE_LINK_LIFE_SECONDS_MAX,
  DEVICE_LINK_VERSION,
  DEVICE_NAME_BYTES_MAX,
  ID_BYTES,
  LINK_KINDS,
  TIMESTAMP_STEP_SECONDS,
} from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { HASH_BYTES, KEY_BYTES } from '../crypto/lengths.ts'
import { Secret } from '../crypto/secret.ts'
import { ProtocolError } from '../errors.ts'

export interface DeviceLink {
  readonly networkId: Uint8Array
  /** Secret of the lane over which both talk. */
  readonly rendezvous: Secret
  readonly shard: number
  /** Of the offer, which is not shown before somebody claims the link. */
  readonly offerHash: Uint8Array
  /** The last second at which it holds. */
  readonly expiresSeconds: number
  /** Multiaddrs of carriers, in the order in which they are to be tried. */
  readonly hints: readonly string[]
  /** What the new device would like to be called. */
  readonly name: string
}

export function encodeLinkBody(link: DeviceLink): Uint8Array {
  const writer = new Writer(DEVICE_LINK_BYTES_MAX)
    .u8(DEVICE_LINK_VERSION)
    .bytes(link.networkId, ID_BYTES)
    .bytes(link.rendezvous.reveal(), KEY_BYTES)
    .u16(link.shard)
    .bytes(link.offerHash, HASH_BYTES)
    .u32(link.expiresSeconds)
  writeHints(writer, link.hints)
  writeName(writer, link.name, DEVICE_NAME_BYTES_MAX)
  return writer.finish()
}

export function decodeLinkBody(bytes: Uint8Array): DeviceLink {
  if (bytes.length > DEVICE_LINK_BYTES_MAX) throw new ProtocolError('DEVICE_LIMIT', 'link')
  const reader = new Reader(bytes, 'DEVICE')
  reader.version(DEVICE_LINK_VERSION)
  const networkId = reader.bytes(ID_BYTES).slice()
  const rendezvous = Secret.copy(reader.bytes(KEY_BYTES))
  const shard = reader.u16()
  const offerHash = reader.bytes(HASH_BYTES).slice()
  const expiresSeconds = reader.u32()
  const hints = readHints(reader)
  const name = readName(reader, DEVICE_NAME_BYTES_MAX)
  reader.end()
  return { networkId, rendezvous, shard, offerHash, expiresSeconds, hints, name }
}

/** A link that holds for long was not made for somebody who stands before both devices. */
export function checkLinkTime(link: DeviceLink, nowSeconds: number): void {
  if (nowSeconds > link.expiresSeconds) throw new ProtocolError('DEVICE_EXPIRED', 'link')
  const latest = nowSeconds + DEVICE_LINK_LIFE_SECONDS_MAX + TIMESTAMP_STEP_SECONDS
  if (link.expiresSeconds > latest) throw new ProtocolError('DEVICE_FUTURE', 'link')
}

/** As `ezchat:…`, or behind the address of a web client. */
export function encodeDeviceLink(
  crypto: Crypto,
  link: DeviceLink,
  base: string | null = null,
): string {
  return encodeLink(crypto, LINK_KINDS.device, encodeLinkBody(link), base)
}

/** Null when the text is no link of ours, or a link to something else than a device. */
export function decodeDeviceLink(
  crypto: Crypto,
  text: string,
  nowSeconds: number,
): DeviceLink | null {
  const link = decodeLink(crypto, text)
  if (link?.kind !== LINK_KINDS.device) return null
  const decoded = decodeLinkBody(link.body)
  checkLinkTime(decoded, nowSeconds)
  return decoded
}
