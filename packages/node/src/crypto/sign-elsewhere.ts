// Ed25519 in the threads of the system's pool: the event loop is free meanwhile.
import { sign } from 'node:crypto'
import type { Secret } from '@ezchat/protocol/crypto/secret.ts'
import { plainBytes } from './bytes.ts'
import { ED25519, secretKeys } from './key-objects.ts'

export function signingElsewhere(): (seed: Secret, message: Uint8Array) => Promise<Uint8Array> {
  const secrets = secretKeys(ED25519)
  return (seed, message) =>
    new Promise((resolve, reject) => {
      sign(null, message, secrets.privateKey(seed), (error, signature) => {
        if (error) reject(error)
        else resolve(plainBytes(signature))
      })
    })
}
