import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { networkKeyCheck } from '@ezchat/protocol/network/access.ts'
import { DEFAULT_NETWORK } from '@ezchat/protocol/network/default-network.ts'
import { createNetwork, decodeNetwork, type Network } from '@ezchat/protocol/network/descriptor.ts'
import {
  decodeNetworkInvite,
  decodeNetworkLink,
  encodeNetworkInvite,
  encodeNetworkLink,
  type NetworkInvite,
} from '@ezchat/protocol/network/invite.ts'
import { protocolName } from '@ezchat/protocol/network/protocol-name.ts'
import { checkShard } from '@ezchat/protocol/network/shard.ts'
import { bytes, number, secret, text } from '../input.ts'
import type { Entries, Json } from '../vector.ts'

function print({ id, name, shardBits, ttlDays, price, bucketsMask, keyCheck }: Network): Json {
  return {
    id: toHex(id),
    name,
    shardBits,
    ttlDays,
    price,
    bucketsMask,
    keyCheck: keyCheck === null ? null : toHex(keyCheck),
  }
}

function printInvite({ network, key, bootstraps, expiresAt }: NetworkInvite): Json {
  return {
    network: toHex(network.id),
    key: key === null ? null : toHex(key.reveal()),
    bootstraps: [...bootstraps],
    expiresAt,
  }
}

/** What comes in goes out again to the byte, or the entry is wrong. */
function encodedAgain(crypto: Crypto, invite: NetworkInvite): Json {
  return { ...(printInvite(invite) as object), again: toHex(encodeNetworkInvite(crypto, invite)) }
}

export const entries: Entries = {
  decode(input, crypto) {
    const network = decodeNetwork(crypto, bytes(input, 'descriptor'))
    return { ...(print(network) as object), again: toHex(createNetwork(crypto, network).bytes) }
  },
  default(_input, crypto) {
    const network = createNetwork(crypto, DEFAULT_NETWORK)
    return { descriptor: toHex(network.bytes), ...(print(network) as object) }
  },
  keyCheck: (input, crypto) => toHex(networkKeyCheck(crypto, secret(input, 'key'))),
  protocolName: (input) =>
    protocolName(bytes(input, 'networkId'), text(input, 'name'), number(input, 'version')),
  shard(input, crypto) {
    const network = decodeNetwork(crypto, bytes(input, 'descriptor'))
    return checkShard(network, number(input, 'shard'), 'NETWORK')
  },
  invite: (input, crypto) =>
    encodedAgain(
      crypto,
      decodeNetworkInvite(crypto, bytes(input, 'body'), number(input, 'nowSeconds')),
    ),
  link(input, crypto) {
    const invite = decodeNetworkLink(crypto, text(input, 'link'), number(input, 'nowSeconds'))
    if (invite === null) return null
    return { ...(printInvite(invite) as object), again: encodeNetworkLink(crypto, invite) }
  },
}
