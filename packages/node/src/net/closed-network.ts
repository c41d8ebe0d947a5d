// A closed network's connections begin with a key that outsiders lack: network.md §3.
import { concatBytes, utf8 } from '@ezchat/protocol/codec/bytes.ts'
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

/** As libp2p wants it: two lines of text, and the key's digits, which never become a string. */
export function closedNetwork(key: Secret): ReturnType<typeof preSharedKey> {
  const psk = concatBytes(HEAD, digitsOf(key.reveal()))
  return preSharedKey({ psk })
}

const HEAD = utf8('/key/swarm/psk/1.0.0/\n/base16/\n')
const DIGITS = utf8('0123456789abcdef')

function digitsOf(bytes: Uint8Array): Uint8Array {
  const digits = new Uint8Array(2 * bytes.length)
  for (const [at, byte] of bytes.entries()) {
    digits[2 * at] = DIGITS[byte >> 4]!
    digits[2 * at + 1] = DIGITS[byte & 15]!
  }
  return digits
}
