import type { Crypto, CryptoAsync } from './crypto.ts'

/** For code that takes either: what throws becomes a rejection. */
export function toAsync(crypto: Crypto): CryptoAsync {
  const lift =
    <A extends unknown[], R>(operation: (...args: A) => R) =>
    async (...args: A): Promise<R> =>
      operation.apply(crypto, args)
  return {
    name: crypto.name,
    randomBytes: lift(crypto.randomBytes),
    sha256: lift(crypto.sha256),
    sha512: lift(crypto.sha512),
    sha3of256: lift(crypto.sha3of256),
    hmacSha256: lift(crypto.hmacSha256),
    hkdfSha256: lift(crypto.hkdfSha256),
    argon2id: lift(crypto.argon2id),
    chachaSeal: lift(crypto.chachaSeal),
    chachaOpen: lift(crypto.chachaOpen),
    xchachaSeal: lift(crypto.xchachaSeal),
    xchachaOpen: lift(crypto.xchachaOpen),
    x25519Public: lift(crypto.x25519Public),
    x25519Generate: lift(crypto.x25519Generate),
    x25519Shared: lift(crypto.x25519Shared),
    ed25519Public: lift(crypto.ed25519Public),
    ed25519Sign: lift(crypto.ed25519Sign),
    ed25519Verify: lift(crypto.ed25519Verify),
    mlkemPublic: lift(crypto.mlkemPublic),
    mlkemEncapsulate: lift(crypto.mlkemEncapsulate),
    mlkemDecapsulate: lift(crypto.mlkemDecapsulate),
  }
}
