import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import {
  checkInviteNetwork,
  decodeInvite,
  decodeInviteLink,
  type Invite,
} from '@ezchat/protocol/identity/invite.ts'
import { bytes, number, text } from '../input.ts'
import type { Entries, Json } from '../vector.ts'

function print(invite: Invite): Json {
  return {
    networkId: toHex(invite.networkId),
    identityKey: toHex(invite.identityKey),
    doorSecret: toHex(invite.doorSecret.reveal()),
    homeShard: invite.homeShard,
    expiresSeconds: invite.expiresSeconds,
    hints: [...invite.hints],
    suggestedName: invite.suggestedName,
    token: invite.token === null ? null : toHex(invite.token.reveal()),
  }
}

export const entries: Entries = {
  decode: (input) => print(decodeInvite(bytes(input, 'invite'), number(input, 'nowSeconds'))),
  link(input, crypto) {
    const invite = decodeInviteLink(crypto, text(input, 'text'), number(input, 'nowSeconds'))
    return invite === null ? null : print(invite)
  },
  network(input) {
    const invite = decodeInvite(bytes(input, 'invite'), number(input, 'nowSeconds'))
    const network = { id: bytes(input, 'networkId'), shardBits: number(input, 'shardBits') }
    checkInviteNetwork(invite, network)
    return true
  },
}
