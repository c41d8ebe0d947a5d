import type { Secret } from './secret.ts'

/** An ML-KEM-768 encapsulation: what travels, and what both sides now share. */
export interface Encapsulation {
  readonly ciphertext: Uint8Array
  readonly shared: Secret
}

export interface X25519Pair {
  readonly secret: Secret
  readonly publicKey: Uint8Array
}

export interface KeyDerivation {
  readonly key: Secret
  readonly salt: Uint8Array
  readonly info: Uint8Array
  readonly length: number
}

/** One lane: a phone has as much to say against a guesser as it has memory, not cores. */
export interface Stretching {
  readonly password: Secret
  /** 8 bytes or more. */
  readonly salt: Uint8Array
  readonly memoryKib: number
  readonly passes: number
}

/**
 * Everything that ezchat asks of cryptography. Implementations agree on every input, the
 * hostile ones too: `test/compliance/crypto.ts` is the contract.
 *
 * Secrets are `Secret`s; public values are bytes. A wrong length of ours is an assertion, a
 * wrong length of theirs is `false`, `null` or a `ProtocolError`. No input is changed, and what
 * is returned belongs to the caller: a plain Uint8Array, never a Buffer.
 */
export interface Crypto {
  readonly name: string

  randomBytes(length: number): Uint8Array

  sha256(data: Uint8Array): Uint8Array
  sha512(data: Uint8Array): Uint8Array
  sha3of256(data: Uint8Array): Uint8Array
  hmacSha256(key: Secret, data: Uint8Array): Uint8Array
  /** RFC 5869, for 1 to 8,160 bytes. */
  hkdfSha256(derivation: KeyDerivation): Secret

  /** RFC 9106, Argon2id version 1.3 with one lane, 32 bytes. Takes long on purpose. */
  argon2id(stretching: Stretching): Secret

  /** RFC 8439, 12-byte nonce. Returns ciphertext followed by the 16-byte tag. */
  chachaSeal(key: Secret, nonce: Uint8Array, associated: Uint8Array, plain: Uint8Array): Uint8Array
  /** Null when the tag does not hold, whatever the reason. */
  chachaOpen(
    key: Secret,
    nonce: Uint8Array,
    associated: Uint8Array,
    sealed: Uint8Array,
  ): Uint8Array | null
  /** XChaCha20-Poly1305, 24-byte nonce, safe to draw at random. */
  xchachaSeal(key: Secret, nonce: Uint8Array, associated: Uint8Array, plain: Uint8Array): Uint8Array
  xchachaOpen(
    key: Secret,
    nonce: Uint8Array,
    associated: Uint8Array,
    sealed: Uint8Array,
  ): Uint8Array | null

  /** RFC 7748. */
  x25519Public(secret: Secret): Uint8Array
  /** What `x25519Public` says of 32 random bytes, at two thirds of the price where that can be. */
  x25519Generate(): X25519Pair
  /** Throws KEY_INVALID for a point of small order: the result would be known to everybody. */
  x25519Shared(secret: Secret, publicKey: Uint8Array): Secret

  /** RFC 8032; the secret is the 32-byte seed. */
  ed25519Public(seed: Secret): Uint8Array
  ed25519Sign(seed: Secret, message: Uint8Array): Uint8Array
  /**
   * Cofactorless, canonical S, key and R canonical and not of small order (libsodium's rule).
   * False for anything else, never an exception.
   */
  ed25519Verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean

  /** FIPS 203; the secret is the 64-byte seed d ‖ z. */
  mlkemPublic(seed: Secret): Uint8Array
  /** Throws KEY_INVALID for a key that fails the modulus check. */
  mlkemEncapsulate(publicKey: Uint8Array): Encapsulation
  /** A ciphertext of the right length always gives a secret; a forged one gives a useless one. */
  mlkemDecapsulate(seed: Secret, ciphertext: Uint8Array): Secret
}

/**
 * The same operations where the platform only has them asynchronously (WebCrypto). Inputs must
 * stay as they are until the promise settles.
 */
export type CryptoAsync = {
  readonly [K in keyof Crypto]: Crypto[K] extends (...args: infer A) => infer R
    ? (...args: A) => Promise<R>
    : Crypto[K]
}

/** Where randomness comes from. The simulator has a seeded one. */
export type RandomSource = (length: number) => Uint8Array
