import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import { decodeContact } from '@ezchat/protocol/device/contact.ts'
import { checkGrant, decodeGrant } from '@ezchat/protocol/device/grant.ts'
import { decodeDeviceLink, decodeLinkBody } from '@ezchat/protocol/device/link-body.ts'
import {
  deriveLinkKeys,
  hashLinkOffer,
  linkCode,
  linkTranscript,
  openLinkContent,
} from '@ezchat/protocol/device/link-keys.ts'
import { decodeLinkMessage, verifyOffer } from '@ezchat/protocol/device/link-message.ts'
import { decodeLogHeads } from '@ezchat/protocol/device/log-heads.ts'
import { decodeOwnKey, receiveOwnKey, writingOwnKey } from '@ezchat/protocol/device/own-key.ts'
import { decodeOwnContent, openOwnMessage } from '@ezchat/protocol/device/own-message.ts'
import { openDeviceProof } from '@ezchat/protocol/device/proof.ts'
import { decodeRegister } from '@ezchat/protocol/device/register.ts'
import { decodeReadMark, decodeRegisterKey } from '@ezchat/protocol/device/register-key.ts'
import { mergeRegisters, NO_REGISTERS, registerValue } from '@ezchat/protocol/device/registers.ts'
import { newRoster } from '@ezchat/protocol/device/roster.ts'
import { decodeSetting } from '@ezchat/protocol/device/setting.ts'
import { assert } from '@ezchat/protocol/errors.ts'
import { type DeviceLog, headOf, verifyDeviceLog } from '@ezchat/protocol/identity/device-log.ts'
import { decodeDeviceLog } from '@ezchat/protocol/identity/device-log-list.ts'
import { bytes, list, number, secret, text } from '../input.ts'
import type { Entries, JsonObject } from '../vector.ts'

const hexOf = (value: Secret): string => {
  const live = value.reveal()
  return toHex(live)
}

function logIn(input: JsonObject, crypto: Crypto): DeviceLog {
  return verifyDeviceLog(crypto, bytes(input, 'identityKey'), decodeDeviceLog(bytes(input, 'log')))
}

const deviceIn = (input: JsonObject) => ({
  deviceId: bytes(input, 'deviceId'),
  signKey: bytes(input, 'signKey'),
})

/** Where a Secret is asked for, the bytes behind it are the implementation's own. */
const copied = (input: JsonObject, field: string): Secret => Secret.copy(bytes(input, field))

const linking: Entries = {
  link(input, crypto) {
    const link = decodeDeviceLink(crypto, text(input, 'text'), number(input, 'nowSeconds'))
    if (link === null) return null
    const { networkId, shard, offerHash, expiresSeconds, hints, name } = link
    const shown = { shard, expiresSeconds, name, hints: [...hints] }
    return { networkId: toHex(networkId), offerHash: toHex(offerHash), ...shown }
  },
  message(input) {
    return { kind: decodeLinkMessage(bytes(input, 'message')).kind }
  },
  offer(input, crypto) {
    const offer = bytes(input, 'offer')
    const { signKey } = verifyOffer(crypto, bytes(input, 'networkId'), offer)
    return { hash: toHex(hashLinkOffer(crypto, offer)), signKey: toHex(signKey) }
  },
  code(input, crypto) {
    const link = decodeLinkBody(bytes(input, 'link'))
    const transcript = linkTranscript(crypto, link, bytes(input, 'claim'), bytes(input, 'offer'))
    return { transcript: toHex(transcript), code: linkCode(crypto, transcript) }
  },
  keys(input, crypto) {
    const shared = { dh: secret(input, 'dh'), kem: secret(input, 'kem') }
    const ciphertext = bytes(input, 'kemCiphertext')
    const keys = deriveLinkKeys(crypto, shared, bytes(input, 'transcript'), ciphertext)
    const { sponsor, newcomer, confirmation } = keys
    return { sponsor: hexOf(sponsor), newcomer: hexOf(newcomer), confirmation: hexOf(confirmation) }
  },
  sealed(input, crypto) {
    const message = decodeLinkMessage(bytes(input, 'message'))
    assert(message.kind === 'sealed', 'expected a sealed message')
    const from = text(input, 'from') === 'sponsor' ? 'sponsor' : 'newcomer'
    const key = secret(input, 'key')
    const transcript = bytes(input, 'transcript')
    const keys = { transcript, sponsor: key, newcomer: key, confirmation: key }
    return { kind: openLinkContent(crypto, keys, from, message).kind }
  },
  grant(input, crypto) {
    const grant = decodeGrant(crypto, bytes(input, 'grant'))
    const log = checkGrant(crypto, grant, {
      networkId: bytes(input, 'networkId'),
      ...deviceIn(input),
      exchangeKey: bytes(input, 'exchangeKey'),
      nowSeconds: number(input, 'nowSeconds'),
    })
    return {
      seq: headOf(log).seq,
      homeShard: grant.homeShard,
      doors: grant.doors.length,
      warrants: grant.warrants.length,
      ownKeySeq: grant.ownKey.seq,
    }
  },
}

const sharing: Entries = {
  proof(input, crypto) {
    const { head, device } = openDeviceProof(crypto, bytes(input, 'proof'), {
      identityKey: bytes(input, 'identityKey'),
      ...deviceIn(input),
      deviceKey: bytes(input, 'exchangeKey'),
    })
    return { seq: head.seq, name: device.name }
  },
  heads(input) {
    const { own, yours } = decodeLogHeads(bytes(input, 'heads'))
    return { own: own.seq, yours: yours?.seq ?? null }
  },
  own(input, crypto) {
    const roster = newRoster(logIn(input, crypto))
    const networkId = bytes(input, 'networkId')
    const { from, content } = openOwnMessage(crypto, roster, networkId, bytes(input, 'message'))
    return { from: from.name, content: toHex(content) }
  },
  content(input) {
    const content = decodeOwnContent(bytes(input, 'content'))
    if (content === null) return null
    const items =
      content.kind === 'log'
        ? content.entries
        : content.kind === 'conversations'
          ? content.ids
          : content.kind === 'registers'
            ? content.registers
            : []
    return { kind: content.kind, items: items.length }
  },
  ownKey(input, crypto) {
    const log = logIn(input, crypto)
    const key = decodeOwnKey(bytes(input, 'key'))
    const received = { key, from: text(input, 'from'), log }
    const keys = receiveOwnKey(crypto, { keys: [] }, received)
    const isForWriting = writingOwnKey(keys, log) !== null
    return { seq: keys.keys[0]!.seq, key: hexOf(keys.keys[0]!.secret), isForWriting }
  },
}

const registers: Entries = {
  register(input) {
    const { key, sequence, stamp, value } = decodeRegister(bytes(input, 'register'))
    const area = decodeRegisterKey(key)?.area ?? null
    return { area, sequence, ...stamp, value: value && hexOf(value) }
  },
  /** The text that counts, or 'nothing'. */
  merge(input) {
    const nowMs = number(input, 'nowMs')
    const words = list(input, 'registers').map(decodeRegister)
    const merged = mergeRegisters(NO_REGISTERS, words, nowMs).registers
    const value = registerValue(merged, bytes(input, 'key'), nowMs)
    return value === null ? 'nothing' : new TextDecoder().decode(value.reveal())
  },
  contact(input) {
    const contact = decodeContact(copied(input, 'contact'))
    const { petname, isVerified, isBlocked, isMuted, doorSecret, homeShard } = contact
    return {
      petname,
      flags: [isVerified, isBlocked, isMuted],
      doorSecret: doorSecret && hexOf(doorSecret),
      homeShard,
      addedSeconds: contact.addedSeconds,
      unknown: [...contact.unknown.keys()],
    }
  },
  setting(input) {
    const setting = decodeSetting(copied(input, 'setting'))
    const { kind, value } = setting
    return { kind, value: value instanceof Secret ? hexOf(value) : value }
  },
  readMark(input) {
    const { entryHash, stamp } = decodeReadMark(copied(input, 'mark'))
    return { entryHash: toHex(entryHash), ...stamp }
  },
}

export const entries: Entries = { ...linking, ...sharing, ...registers }
