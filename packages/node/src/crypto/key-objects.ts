// Bytes to OpenSSL's keys and back. Importing a key can cost more than using it once.
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import {
  ED25519_DER,
  type KeyPrefixes,
  MLKEM768_DER,
  pkcs8Of,
  X25519_DER,
} from '@ezchat/protocol/crypto/der.ts'
import { assertLength } from '@ezchat/protocol/crypto/lengths.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import { assert } from '@ezchat/protocol/errors.ts'
import { plainBytes } from './bytes.ts'

export interface KeyFormat {
  readonly name: string
  readonly secretBytes: number
  readonly publicBytes: number
  readonly der: KeyPrefixes
  /** How many public keys stay imported; the one unused for longest goes first. */
  readonly publicKeysMax: number
}

// 256 × 1 KiB: the other ends of handshakes in progress.
export const X25519: KeyFormat = {
  name: 'X25519 secret',
  secretBytes: 32,
  publicBytes: 32,
  der: X25519_DER,
  publicKeysMax: 256,
}

// 1024 × 1 KiB: carriers, devices, and the mailboxes of a day.
export const ED25519: KeyFormat = {
  name: 'Ed25519 seed',
  secretBytes: 32,
  publicBytes: 32,
  der: ED25519_DER,
  publicKeysMax: 1024,
}

// 32 × 8 KiB, since OpenSSL keeps the expanded matrix.
export const MLKEM768: KeyFormat = {
  name: 'ML-KEM seed',
  secretBytes: 64,
  publicBytes: 1184,
  der: MLKEM768_DER,
  publicKeysMax: 32,
}

export interface SecretKeys {
  privateKey(secret: Secret): KeyObject
  publicBytes(secret: Secret): Uint8Array
  /** A new secret, imported already. */
  generate(type: 'x25519'): GeneratedPair
}

interface Imported {
  readonly key: KeyObject
  publicBytes?: Uint8Array
}

/** Imports each secret once, and forgets it with the `Secret` that it came from. */
export function secretKeys(format: KeyFormat): SecretKeys {
  const imported = new WeakMap<Secret, Imported>()
  const entryOf = (secret: Secret): Imported => {
    // Before the look-up, since it refuses a wiped secret.
    assertLength(format.name, secret.length, format.secretBytes)
    const known = imported.get(secret)
    if (known !== undefined) return known
    const entry: Imported = { key: importSecret(format, secret) }
    imported.set(secret, entry)
    // OpenSSL clears a key's memory once nothing holds it.
    secret.onWipe(() => imported.delete(secret))
    return entry
  }
  return {
    privateKey: (secret) => entryOf(secret).key,
    publicBytes(secret) {
      const entry = entryOf(secret)
      entry.publicBytes ??= exportPublic(format, entry.key)
      return entry.publicBytes.slice()
    },
    generate(type) {
      const [pair, entry] = generate(format, type)
      imported.set(pair.secret, entry)
      return pair
    },
  }
}

export interface GeneratedPair {
  readonly secret: Secret
  readonly publicKey: Uint8Array
}

/** By OpenSSL's own generator, which saves importing the secret: 33 µs instead of 70. */
function generate(format: KeyFormat, type: 'x25519'): [GeneratedPair, Imported] {
  const { privateKey, publicKey } = generateKeyPairSync(type)
  const secret = exportSecret(format, privateKey)
  const publicBytes = publicBytesOf(format, publicKey)
  return [
    { secret, publicKey: publicBytes.slice() },
    { key: privateKey, publicBytes },
  ]
}

function exportSecret(format: KeyFormat, key: KeyObject): Secret {
  const raw = exportRaw(key)
  if (raw !== null) {
    assertLength(format.name, raw.length, format.secretBytes)
    return Secret.adopt(plainBytes(raw))
  }
  const der = key.export({ format: 'der', type: 'pkcs8' })
  const secret = Secret.copy(der.subarray(der.length - format.secretBytes))
  der.fill(0)
  return secret
}

/** 1 µs where DER takes 12; null where Node is too old to have it. */
function exportRaw(key: KeyObject): Buffer | null {
  try {
    return key.export({ format: 'raw-private' })
  } catch {
    return null
  }
}

function importSecret(format: KeyFormat, secret: Secret): KeyObject {
  const pkcs8 = pkcs8Of(format.der, secret)
  const key = createPrivateKey({ key: Buffer.from(pkcs8.buffer), format: 'der', type: 'pkcs8' })
  pkcs8.fill(0)
  return key
}

function exportPublic(format: KeyFormat, privateKey: KeyObject): Uint8Array {
  return publicBytesOf(format, createPublicKey(privateKey))
}

function publicBytesOf(format: KeyFormat, publicKey: KeyObject): Uint8Array {
  // Ten times faster than DER in Node 24. Of the public key, so that no secret becomes text.
  const jwk = publicKey.export({ format: 'jwk' })
  const text = jwk.x ?? jwk.pub
  assert(typeof text === 'string', `${format.name}: no public key in the JWK`)
  const bytes = Uint8Array.from(Buffer.from(text, 'base64url'))
  assertLength(format.name, bytes.length, format.publicBytes)
  return bytes
}

/**
 * Imports public keys and keeps some of them. Found again by content and not by identity: each
 * message that is decoded has the same key in another buffer, and a buffer may be reused.
 * The length must have been checked. Throws what OpenSSL throws for a key that it refuses.
 */
export function publicKeys(format: KeyFormat): (bytes: Uint8Array) => KeyObject {
  const imported = new Map<string, { readonly bytes: Uint8Array; readonly key: KeyObject }>()
  return (bytes) => {
    // The last 32 bytes of an ML-KEM key are its seed ρ; two keys may share it, hence `equals`.
    const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    const name = view.toString('latin1', format.publicBytes - 32)
    const known = imported.get(name)
    if (known !== undefined) imported.delete(name)
    const entry =
      known !== undefined && view.equals(known.bytes)
        ? known
        : { bytes: plainBytes(view).slice(), key: importPublic(format, view) }
    imported.set(name, entry)
    if (imported.size > format.publicKeysMax) imported.delete(imported.keys().next().value!)
    return entry.key
  }
}

function importPublic(format: KeyFormat, bytes: Buffer): KeyObject {
  // As text: given an object, Node 24 throws and catches four exceptions inside (20 µs).
  const base64 = Buffer.concat([format.der.public, bytes]).toString('base64')
  return createPublicKey(`-----BEGIN PUBLIC KEY-----\n${base64}\n-----END PUBLIC KEY-----`)
}
