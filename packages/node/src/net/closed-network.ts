// A closed network's connections begin with a key that outsiders lack: network.md §3.
import { toHex, utf8 } from '@ezchat/protocol/codec/bytes.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { derive } from '@ezchat/protocol/crypto/derive.ts'
import { KEY_LABELS } from '@ezchat/protocol/crypto/labels.ts'
import { KEY_BYTES } from '@ezchat/protocol/crypto/lengths.ts'
import type { Secret } from '@ezchat/protocol/crypto/secret.ts'
import { preSharedKey } from '@libp2p/pnet'

/** Not the key itself, which also proves by its check that it is the network's. */
export function transportKey(crypto: Crypto, key: Secret): Secret {
  return derive(crypto, KEY_LABELS.networkTransport, key, [], KEY_BYTES)
}

export function closedNetwork(key: Secret): ReturnType<typeof preSharedKey> {
  const digits: string = toHex(Uint8Array.from(key.reveal()))
  return preSharedKey({ psk: utf8(`/key/swarm/psk/1.0.0/\n/base16/\n${digits}`) })
}
