// WebCrypto where the platform has the algorithm and it pays, another implementation for the rest.
// What WebCrypto refuses is done again by the fallback, whose verdict counts.
import { isZero } from '../codec/bytes.ts'
import { toAsync } from './async.ts'
import type { Crypto, CryptoAsync, KeyDerivation } from './crypto.ts'
import { ED25519_DER, type KeyPrefixes, pkcs8Of, X25519_DER } from './der.ts'
import { isAcceptableEd25519Key, isAcceptableEd25519Signature } from './ed25519-rules.ts'
import { assertHkdfLength, assertLength, KEY_BYTES, PUBLIC_KEY_BYTES } from './lengths.ts'
import { Secret } from './secret.ts'
import type { KeyUse, SubtleLike } from './subtle.ts'
import { probeWeb, type WebAbilities } from './web-probe.ts'

export interface WebCryptoInit {
  /** Fewer bytes than this are hashed by the fallback. */
  readonly hashBytesMin?: number
}

// A call of WebCrypto costs 50 to 80 µs whatever its size, for which noble hashes 16 KiB.
const HASH_BYTES_MIN = 16_384

const X25519_BASE = Uint8Array.of(9, ...new Uint8Array(31))

interface Platform {
  readonly subtle: SubtleLike
  readonly abilities: WebAbilities
  readonly fallback: CryptoAsync
  readonly hashBytesMin: number
}

type Hashing = Pick<CryptoAsync, 'sha256' | 'sha512' | 'hmacSha256' | 'hkdfSha256'>

function hashing({ subtle, abilities, fallback, hashBytesMin }: Platform): Hashing {
  const pays = (length: number) => length >= hashBytesMin
  const digest = async (algorithm: string, data: Uint8Array) => {
    if (!abilities.digest || !pays(data.length)) return null
    return orNull(async () => new Uint8Array(await subtle.digest(algorithm, data)))
  }
  return {
    async sha256(data) {
      return (await digest('SHA-256', data)) ?? fallback.sha256(data)
    },
    async sha512(data) {
      return (await digest('SHA-512', data)) ?? fallback.sha512(data)
    },
    async hmacSha256(key, data) {
      const tag = abilities.hmac && pays(data.length) ? await hmac(subtle, key, data) : null
      return tag ?? fallback.hmacSha256(key, data)
    },
    async hkdfSha256(derivation) {
      assertHkdfLength(derivation.length)
      const { key, salt, info, length } = derivation
      const web = abilities.hkdf && pays(key.length + salt.length + info.length + length)
      return (web ? await hkdf(subtle, derivation) : null) ?? fallback.hkdfSha256(derivation)
    },
  }
}

/** Null for an empty key, which WebCrypto does not have. */
function hmac(subtle: SubtleLike, key: Secret, data: Uint8Array): Promise<Uint8Array | null> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  return orNull(async () => {
    const imported = await subtle.importKey('raw', key.reveal(), algorithm, false, ['sign'])
    return new Uint8Array(await subtle.sign('HMAC', imported, data))
  })
}

/** Null for more than 1,024 bytes of info, which not every WebCrypto takes. */
function hkdf(subtle: SubtleLike, derivation: KeyDerivation): Promise<Secret | null> {
  const { key, salt, info, length } = derivation
  const algorithm = { name: 'HKDF', hash: 'SHA-256', salt, info }
  return orNull(async () => {
    const imported = await subtle.importKey('raw', key.reveal(), 'HKDF', false, ['deriveBits'])
    return Secret.adopt(new Uint8Array(await subtle.deriveBits(algorithm, imported, length * 8)))
  })
}

/** Imports each secret once. A failure is not kept. */
function secretKeys(subtle: SubtleLike, algorithm: string, der: KeyPrefixes, use: KeyUse) {
  const imported = new WeakMap<Secret, object>()
  return async (secret: Secret): Promise<object> => {
    // Before the look-up, since it refuses a wiped secret.
    assertLength(`${algorithm} secret`, secret.length, KEY_BYTES)
    const known = imported.get(secret)
    if (known !== undefined) return known
    const pkcs8 = pkcs8Of(der, secret)
    try {
      const key = await subtle.importKey('pkcs8', pkcs8, algorithm, false, [use])
      imported.set(secret, key)
      secret.onWipe(() => imported.delete(secret))
      return key
    } finally {
      pkcs8.fill(0)
    }
  }
}

/** Null for what WebCrypto refuses, for its own reasons or for the right ones. */
async function orNull<T>(attempt: () => Promise<T>): Promise<T | null> {
  try {
    return await attempt()
  } catch {
    return null // The fallback finds out why.
  }
}

type KeyAgreement = Pick<CryptoAsync, 'x25519Public' | 'x25519Generate' | 'x25519Shared'>

function x25519({ subtle, abilities, fallback }: Platform): KeyAgreement {
  if (!abilities.x25519) {
    const { x25519Public, x25519Generate, x25519Shared } = fallback
    return { x25519Public, x25519Generate, x25519Shared }
  }
  const keyOf = secretKeys(subtle, 'X25519', X25519_DER, 'deriveBits')
  const multiply = (secret: Secret, publicKey: Uint8Array) =>
    orNull(async () => {
      const point = await subtle.importKey('raw', publicKey, 'X25519', true, [])
      const algorithm = { name: 'X25519', public: point }
      return new Uint8Array(await subtle.deriveBits(algorithm, await keyOf(secret), KEY_BYTES * 8))
    })
  return {
    async x25519Public(secret) {
      return (await multiply(secret, X25519_BASE)) ?? fallback.x25519Public(secret)
    },
    async x25519Generate() {
      const secret = Secret.adopt(await fallback.randomBytes(KEY_BYTES))
      const publicKey = await multiply(secret, X25519_BASE)
      return publicKey === null ? fallback.x25519Generate() : { secret, publicKey }
    },
    async x25519Shared(secret, publicKey) {
      if (publicKey.length !== PUBLIC_KEY_BYTES) return fallback.x25519Shared(secret, publicKey)
      const shared = await multiply(secret, publicKey)
      if (shared === null || isZero(shared)) return fallback.x25519Shared(secret, publicKey)
      return Secret.adopt(shared)
    },
  }
}

type Signatures = Pick<CryptoAsync, 'ed25519Sign' | 'ed25519Verify'>

function ed25519({ subtle, abilities, fallback }: Platform): Signatures {
  const keyOf = secretKeys(subtle, 'Ed25519', ED25519_DER, 'sign')
  const sign: Signatures['ed25519Sign'] = async (seed, message) => {
    const signature = await orNull(async () => subtle.sign('Ed25519', await keyOf(seed), message))
    return signature === null ? fallback.ed25519Sign(seed, message) : new Uint8Array(signature)
  }
  const verify: Signatures['ed25519Verify'] = async (publicKey, message, signature) => {
    if (!isAcceptableEd25519Key(publicKey) || !isAcceptableEd25519Signature(signature)) return false
    const verdict = await orNull(async () => {
      const key = await subtle.importKey('raw', publicKey, 'Ed25519', true, ['verify'])
      return subtle.verify('Ed25519', key, signature, message)
    })
    return verdict ?? fallback.ed25519Verify(publicKey, message, signature)
  }
  return {
    ed25519Sign: abilities.ed25519Sign ? sign : fallback.ed25519Sign,
    ed25519Verify: abilities.ed25519Verify ? verify : fallback.ed25519Verify,
  }
}

/** `subtle` is the host's `crypto.subtle`; it is asked by known answers what it can do. */
export async function webCrypto(
  fallback: Crypto,
  subtle: SubtleLike,
  init: WebCryptoInit = {},
): Promise<CryptoAsync> {
  const rest = toAsync(fallback)
  const platform: Platform = {
    subtle,
    abilities: await probeWeb(subtle),
    fallback: rest,
    hashBytesMin: init.hashBytesMin ?? HASH_BYTES_MIN,
  }
  return {
    ...rest,
    name: `web over ${fallback.name}`,
    ...hashing(platform),
    ...x25519(platform),
    ...ed25519(platform),
  }
}
