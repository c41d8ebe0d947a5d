import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import { openRoom, type RoomKeys } from '@ezchat/protocol/room/keys.ts'
import { openRoomMessage, visitorTag } from '@ezchat/protocol/room/message.ts'
import { decodeRoomLink, normalRoomName, stretchRoom } from '@ezchat/protocol/room/secret.ts'
import { hear, startVisitWith } from '@ezchat/protocol/room/visit.ts'
import { bytes, list, number, secret, text } from '../input.ts'
import type { Entries, JsonObject } from '../vector.ts'

function keysIn(input: JsonObject, crypto: Crypto): RoomKeys {
  const room = secret(input, 'secret')
  return openRoom(crypto, room, bytes(input, 'networkId'), number(input, 'nowSeconds'))
}

export const entries: Entries = {
  name: (input) => normalRoomName(text(input, 'name')),
  stretch(input, crypto) {
    const networkId = bytes(input, 'networkId')
    const words = { networkId, name: text(input, 'name'), passphrase: text(input, 'passphrase') }
    return toHex(stretchRoom(crypto, words).reveal())
  },
  link(input, crypto) {
    const link = decodeRoomLink(crypto, text(input, 'text'))
    if (link === null) return null
    return {
      networkId: toHex(link.networkId),
      secret: toHex(link.secret.reveal()),
      name: link.name,
    }
  },
  message(input, crypto) {
    const keys = keysIn(input, crypto)
    const opened = openRoomMessage(crypto, keys, bytes(input, 'message'))
    if (opened === null) return null
    const { sender, counter, timeSeconds, alias, saying } = opened.message
    return {
      day: opened.day,
      mailbox: toHex(keys.days.find(({ day }) => day === opened.day)!.lane.mailbox),
      sender: toHex(sender),
      tag: toHex(visitorTag(crypto, keys, sender)),
      counter,
      timeSeconds,
      alias,
      saying: saying.kind === 'text' ? `text ${saying.text}` : saying.kind,
    }
  },
  visit(input, crypto) {
    const nowSeconds = number(input, 'nowSeconds')
    const seed = Secret.copy(new Uint8Array(32).fill(9))
    let visit = startVisitWith(crypto, keysIn(input, crypto), 'reader', seed)
    const heard: string[] = []
    for (const message of list(input, 'messages')) {
      const one = hear(crypto, visit, message, nowSeconds)
      if (one === null) return null
      visit = one.visit
      heard.push(`${one.message.alias} ${one.message.counter} ${one.hasEntered}`)
    }
    return heard
  },
}
