// The key under which this daemon is known to other peers. It is no identity, and is not backed up.
import { Failure } from '@ezchat/protocol/control/failures.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import { readOwnerText, writeOwnerFile } from './owner-file.ts'

const SEED_BYTES = 32
const FORM = /^ezchat peer key 1 ([0-9a-f]{64})\n$/

/** Drawn when there is none. */
export async function openPeerKey(crypto: Crypto, path: string): Promise<Secret> {
  const written = await readOwnerText(path)
  if (written === null) {
    const seed = crypto.randomBytes(SEED_BYTES)
    await writeOwnerFile(path, `ezchat peer key 1 ${Buffer.from(seed).toString('hex')}\n`)
    return Secret.adopt(seed)
  }
  const hex = FORM.exec(written)?.[1]
  if (hex === undefined) throw new Failure('HOME_DAMAGED', path)
  return Secret.adopt(Uint8Array.from(Buffer.from(hex, 'hex')))
}
