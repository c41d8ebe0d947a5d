// node:crypto behind the protocol's interface: 5 to 40 times faster than noble.
import nodeCrypto, {
  createHmac,
  createSecretKey,
  diffieHellman,
  hash,
  hkdfSync,
  randomFillSync,
  sign,
  verify,
} from 'node:crypto'
import type {
  Crypto,
  KeyDerivation,
  RandomSource,
  Stretching,
} from '@ezchat/protocol/crypto/crypto.ts'
import {
  isAcceptableEd25519Key,
  isAcceptableEd25519Signature,
} from '@ezchat/protocol/crypto/ed25519-rules.ts'
import {
  assertHkdfLength,
  assertStretching,
  KEY_BYTES,
  PUBLIC_KEY_BYTES,
} from '@ezchat/protocol/crypto/lengths.ts'
import { nobleCrypto } from '@ezchat/protocol/crypto/noble.ts'
import { checkedRandom } from '@ezchat/protocol/crypto/random.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import { ProtocolError } from '@ezchat/protocol/errors.ts'
import * as aead from './aead.ts'
import { plainBytes } from './bytes.ts'
import { type Kem, nativeKem } from './kem.ts'
import { ED25519, publicKeys, secretKeys, X25519 } from './key-objects.ts'

export interface NativeCryptoInit {
  /** For the simulator. ML-KEM then encapsulates with coins from it, in noble. */
  readonly random?: RandomSource
}

// Node's own limit, where RFC 5869 has none.
const HKDF_INFO_BYTES_MAX = 1024

const RANDOM_POOL_BYTES = 4096
const RANDOM_POOLED_BYTES_MAX = 256

/** Small draws come from a pool: OpenSSL takes longer to be asked than to answer. */
function systemRandom(): RandomSource {
  const pool = new Uint8Array(RANDOM_POOL_BYTES)
  let at = RANDOM_POOL_BYTES
  return (length) => {
    if (length > RANDOM_POOLED_BYTES_MAX) return randomFillSync(new Uint8Array(length))
    if (at + length > RANDOM_POOL_BYTES) {
      randomFillSync(pool)
      at = 0
    }
    const drawn = pool.slice(at, at + length)
    // Nobody finds later what was drawn.
    pool.fill(0, at, at + length)
    at += length
    return drawn
  }
}

function hkdfSha256({ key, salt, info, length }: KeyDerivation): Secret {
  const ikm = createSecretKey(key.reveal())
  return Secret.adopt(new Uint8Array(hkdfSync('sha256', ikm, salt, info, length)))
}

/** Node has it from 24.7 on. */
function stretch(stretching: Stretching): Secret {
  const { password, salt, memoryKib, passes } = stretching
  assertStretching(salt.length, memoryKib, passes)
  const stretched = nodeCrypto.argon2Sync('argon2id', {
    message: password.reveal(),
    nonce: salt,
    parallelism: 1,
    memory: memoryKib,
    passes,
    tagLength: KEY_BYTES,
  })
  return Secret.adopt(plainBytes(stretched))
}

type KeyAgreement = Pick<Crypto, 'x25519Public' | 'x25519Generate' | 'x25519Shared'>

function x25519(): KeyAgreement {
  const secrets = secretKeys(X25519)
  const keys = publicKeys(X25519)
  return {
    x25519Public: secrets.publicBytes,
    x25519Generate: () => secrets.generate('x25519'),
    x25519Shared(secret, publicKey) {
      const privateKey = secrets.privateKey(secret)
      if (publicKey.length !== PUBLIC_KEY_BYTES) throw new ProtocolError('KEY_LENGTH')
      try {
        const shared = diffieHellman({ privateKey, publicKey: keys(publicKey) })
        return Secret.adopt(plainBytes(shared))
      } catch (cause) {
        throw new ProtocolError('KEY_INVALID', 'X25519 point of small order', { cause })
      }
    },
  }
}

type Signatures = Pick<Crypto, 'ed25519Public' | 'ed25519Sign' | 'ed25519Verify'>

function ed25519(): Signatures {
  const secrets = secretKeys(ED25519)
  const keys = publicKeys(ED25519)
  return {
    ed25519Public: secrets.publicBytes,
    ed25519Sign: (seed, message) => plainBytes(sign(null, message, secrets.privateKey(seed))),
    ed25519Verify(publicKey, message, signature) {
      if (!isAcceptableEd25519Key(publicKey) || !isAcceptableEd25519Signature(signature)) {
        return false
      }
      // OpenSSL answers false for a key that is not on the curve.
      return verify(null, message, keys(publicKey), signature)
    },
  }
}

export function nativeCrypto(init: NativeCryptoInit = {}): Crypto {
  const randomBytes = checkedRandom(init.random ?? systemRandom())
  const noble = nobleCrypto(randomBytes)
  const kem: Kem = nativeKem() ?? noble
  // OpenSSL draws its coins by itself.
  const { mlkemEncapsulate } = init.random === undefined ? kem : noble
  const agreement = x25519()
  const { x25519Generate } = init.random === undefined ? agreement : noble
  return {
    name: 'native',
    randomBytes,

    sha256: (data) => plainBytes(hash('sha256', data, 'buffer')),
    sha512: (data) => plainBytes(hash('sha512', data, 'buffer')),
    sha3of256: (data) => plainBytes(hash('sha3-256', data, 'buffer')),
    hmacSha256: (key, data) =>
      plainBytes(createHmac('sha256', createSecretKey(key.reveal())).update(data).digest()),
    hkdfSha256(derivation) {
      assertHkdfLength(derivation.length)
      const fits = derivation.info.length <= HKDF_INFO_BYTES_MAX
      return fits ? hkdfSha256(derivation) : noble.hkdfSha256(derivation)
    },

    argon2id: 'argon2Sync' in nodeCrypto ? stretch : noble.argon2id,

    chachaSeal: aead.seal,
    chachaOpen: aead.open,
    xchachaSeal: aead.sealExtended,
    xchachaOpen: aead.openExtended,

    ...agreement,
    x25519Generate,
    ...ed25519(),

    mlkemPublic: kem.mlkemPublic,
    mlkemEncapsulate,
    mlkemDecapsulate: kem.mlkemDecapsulate,
  }
}
