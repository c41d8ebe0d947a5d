// What a platform's WebCrypto can do, found out by known answers: an algorithm that is missing, or
// that does not follow crypto.md to the letter, is left to the fallback.
import { equalBytes, fromHex, utf8 } from '../codec/bytes.ts'
import { ED25519_DER, X25519_DER } from './der.ts'
import type { SubtleLike } from './subtle.ts'

export interface WebAbilities {
  readonly digest: boolean
  readonly hmac: boolean
  readonly hkdf: boolean
  readonly x25519: boolean
  readonly ed25519Sign: boolean
  readonly ed25519Verify: boolean
}

async function holds(known: () => Promise<boolean>): Promise<boolean> {
  try {
    return await known()
  } catch {
    return false // Not there: WebCrypto answers with an error of the platform's own choice.
  }
}

function is(actual: ArrayBuffer, expected: string): boolean {
  return equalBytes(new Uint8Array(actual), fromHex(expected))
}

/** FIPS 180-4: the digests of "abc". */
async function knowsDigests(subtle: SubtleLike): Promise<boolean> {
  const sha256 = await subtle.digest('SHA-256', utf8('abc'))
  const sha512 = await subtle.digest('SHA-512', utf8('abc'))
  return (
    is(sha256, 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad') &&
    is(
      sha512,
      'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a' +
        '2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
    )
  )
}

/** RFC 4231 §4.3. */
async function knowsHmac(subtle: SubtleLike): Promise<boolean> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await subtle.importKey('raw', utf8('Jefe'), algorithm, false, ['sign'])
  const tag = await subtle.sign('HMAC', key, utf8('what do ya want for nothing?'))
  return is(tag, '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843')
}

/** RFC 5869 appendix A.3: no salt and no info, which some platforms refused. */
async function knowsHkdf(subtle: SubtleLike): Promise<boolean> {
  const ikm = new Uint8Array(22).fill(0x0b)
  const key = await subtle.importKey('raw', ikm, 'HKDF', false, ['deriveBits'])
  const none = new Uint8Array(0)
  const algorithm = { name: 'HKDF', hash: 'SHA-256', salt: none, info: none }
  const okm = await subtle.deriveBits(algorithm, key, 42 * 8)
  return is(
    okm,
    '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d' + '9d201395faa4b61a96c8',
  )
}

/** RFC 7748 §5.2, the second: its u has the top bit set, which must be ignored. */
async function knowsX25519(subtle: SubtleLike): Promise<boolean> {
  const scalar = fromHex('4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d')
  const u = fromHex('e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493')
  const pkcs8 = new Uint8Array([...X25519_DER.secret, ...scalar])
  const secret = await subtle.importKey('pkcs8', pkcs8, 'X25519', false, ['deriveBits'])
  const point = await subtle.importKey('raw', u, 'X25519', true, [])
  const shared = await subtle.deriveBits({ name: 'X25519', public: point }, secret, 256)
  return is(shared, '95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957')
}

/** RFC 8032 §7.1, the second. A platform that adds randomness to a signature fails this. */
async function signsEd25519(subtle: SubtleLike): Promise<boolean> {
  const seed = fromHex('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb')
  const pkcs8 = new Uint8Array([...ED25519_DER.secret, ...seed])
  const key = await subtle.importKey('pkcs8', pkcs8, 'Ed25519', false, ['sign'])
  const signature = await subtle.sign('Ed25519', key, Uint8Array.of(0x72))
  return is(
    signature,
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da' +
      '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  )
}

/** ed25519-speccheck 3 and 4: with a key of mixed order, both sides of "cofactorless" show. */
async function verifiesEd25519(subtle: SubtleLike): Promise<boolean> {
  const key = await subtle.importKey(
    'raw',
    fromHex('cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d'),
    'Ed25519',
    true,
    ['verify'],
  )
  const exact = await subtle.verify(
    'Ed25519',
    key,
    fromHex(
      '9046a64750444938de19f227bb80485e92b83fdb4b6506c160484c016cc1852f' +
        '87909e14428a7a1d62e9f22f3d3ad7802db02eb2e688b6c52fcd6648a98bd009',
    ),
    fromHex('9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79'),
  )
  const upToCofactor = await subtle.verify(
    'Ed25519',
    key,
    fromHex(
      '160a1cb0dc9c0258cd0a7d23e94d8fa878bcb1925f2c64246b2dee1796bed512' +
        '5ec6bc982a269b723e0668e540911a9a6a58921d6925e434ab10aa7940551a09',
    ),
    fromHex('e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c'),
  )
  return exact && !upToCofactor
}

export async function probeWeb(subtle: SubtleLike): Promise<WebAbilities> {
  const [digest, hmac, hkdf, x25519, ed25519Sign, ed25519Verify] = await Promise.all([
    holds(() => knowsDigests(subtle)),
    holds(() => knowsHmac(subtle)),
    holds(() => knowsHkdf(subtle)),
    holds(() => knowsX25519(subtle)),
    holds(() => signsEd25519(subtle)),
    holds(() => verifiesEd25519(subtle)),
  ])
  return { digest, hmac, hkdf, x25519, ed25519Sign, ed25519Verify }
}
