// The key of what is kept on disk: in a file that only its owner may read, and under a passphrase
// where one is set. The host has the file; this says what is in it.
import { Reader } from '@ezchat/protocol/codec/reader.ts'
import { Writer } from '@ezchat/protocol/codec/writer.ts'
import { Failure } from '@ezchat/protocol/control/failures.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { KEY_BYTES, TAG_BYTES, XCHACHA_NONCE_BYTES } from '@ezchat/protocol/crypto/lengths.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import { ProtocolError } from '@ezchat/protocol/errors.ts'
import {
  PASSPHRASE_MEMORY_KIB,
  PASSPHRASE_MEMORY_KIB_MAX,
  PASSPHRASE_PASSES,
  PASSPHRASE_PASSES_MAX,
} from '../limits.ts'

export interface KeyFile {
  /** Null where there is none yet. */
  read(): Promise<Uint8Array | null>
  /** In place of what was there, all or nothing, readable by its owner only, and durable. */
  write(bytes: Uint8Array): Promise<void>
}

const VERSION = 1
const FORM_BARE = 0
const FORM_PASSPHRASE = 1
const SALT_BYTES = 16
/** version, form, salt, memory, passes: what the tag covers besides the key. */
const HEAD_BYTES = 2 + SALT_BYTES + 8

interface Locked {
  readonly head: Uint8Array
  readonly salt: Uint8Array
  readonly memoryKib: number
  readonly passes: number
  readonly nonce: Uint8Array
  readonly sealed: Uint8Array
}

type Content =
  | { readonly kind: 'bare'; readonly key: Secret }
  | { readonly kind: 'locked'; readonly locked: Locked }

function decodeContent(bytes: Uint8Array): Content {
  const reader = new Reader(bytes, 'STATE')
  reader.version(VERSION)
  if (reader.within(reader.u8(), FORM_BARE, FORM_PASSPHRASE, 'form') === FORM_BARE) {
    const key = Secret.copy(reader.bytes(KEY_BYTES))
    reader.end()
    return { kind: 'bare', key }
  }
  const salt = reader.bytes(SALT_BYTES)
  // Whoever can change the file must not make us take all memory there is.
  const memoryKib = reader.within(reader.u32(), 8, PASSPHRASE_MEMORY_KIB_MAX, 'memory')
  const passes = reader.within(reader.u32(), 1, PASSPHRASE_PASSES_MAX, 'passes')
  const nonce = reader.bytes(XCHACHA_NONCE_BYTES)
  const sealed = reader.bytes(KEY_BYTES + TAG_BYTES)
  reader.end()
  const head = bytes.subarray(0, HEAD_BYTES)
  return { kind: 'locked', locked: { head, salt, memoryKib, passes, nonce, sealed } }
}

function readContent(bytes: Uint8Array): Content {
  try {
    return decodeContent(bytes)
  } catch (cause: unknown) {
    if (!(cause instanceof ProtocolError)) throw cause
    const code = cause.code === 'STATE_VERSION' ? 'HOME_NEWER' : 'HOME_DAMAGED'
    throw new Failure(code, 'its key file', { cause })
  }
}

function encodeBare(key: Secret): Uint8Array {
  return new Writer(2 + KEY_BYTES).u8(VERSION).u8(FORM_BARE).bytes(key.reveal(), KEY_BYTES).finish()
}

function encodeLocked(crypto: Crypto, key: Secret, passphrase: Secret): Uint8Array {
  const salt = crypto.randomBytes(SALT_BYTES)
  const nonce = crypto.randomBytes(XCHACHA_NONCE_BYTES)
  const head = new Writer(HEAD_BYTES)
    .u8(VERSION)
    .u8(FORM_PASSPHRASE)
    .bytes(salt)
    .u32(PASSPHRASE_MEMORY_KIB)
    .u32(PASSPHRASE_PASSES)
    .finish()
  const wrapping = crypto.argon2id({
    password: passphrase,
    salt,
    memoryKib: PASSPHRASE_MEMORY_KIB,
    passes: PASSPHRASE_PASSES,
  })
  const sealed = crypto.xchachaSeal(wrapping, nonce, head, key.reveal())
  wrapping.wipe()
  return new Writer(128).bytes(head).bytes(nonce).bytes(sealed).finish()
}

/** Throws Failure PASSPHRASE_NEEDED, PASSPHRASE_WRONG, HOME_DAMAGED, HOME_NEWER, NO_HOME. */
export async function unlockKey(
  crypto: Crypto,
  file: KeyFile,
  passphrase: Secret | null,
): Promise<Secret> {
  const bytes = await file.read()
  if (bytes === null) throw new Failure('NO_HOME')
  const content = readContent(bytes)
  if (content.kind === 'bare') return content.key
  if (passphrase === null) throw new Failure('PASSPHRASE_NEEDED')
  const { head, salt, memoryKib, passes, nonce, sealed } = content.locked
  const wrapping = crypto.argon2id({ password: passphrase, salt, memoryKib, passes })
  const key = crypto.xchachaOpen(wrapping, nonce, head, sealed)
  wrapping.wipe()
  // A damaged file cannot be told from a wrong passphrase: the tag holds for both or for neither.
  if (key === null) throw new Failure('PASSPHRASE_WRONG')
  return Secret.adopt(key)
}

export async function hasKey(file: KeyFile): Promise<boolean> {
  return (await file.read()) !== null
}

/** Of a new home. The passphrase may be null: then the file is all that is needed. */
export async function createKey(
  crypto: Crypto,
  file: KeyFile,
  passphrase: Secret | null,
): Promise<Secret> {
  if (await hasKey(file)) throw new Failure('HOME_DAMAGED', 'there is a key file already')
  const key = Secret.adopt(crypto.randomBytes(KEY_BYTES))
  await writeKey(crypto, file, key, passphrase)
  return key
}

function writeKey(
  crypto: Crypto,
  file: KeyFile,
  key: Secret,
  passphrase: Secret | null,
): Promise<void> {
  return file.write(passphrase === null ? encodeBare(key) : encodeLocked(crypto, key, passphrase))
}

/** Sets, changes or removes the passphrase. What is on disk stays sealed under the same key. */
export async function changePassphrase(
  crypto: Crypto,
  file: KeyFile,
  change: { readonly from: Secret | null; readonly to: Secret | null },
): Promise<void> {
  const key = await unlockKey(crypto, file, change.from)
  await writeKey(crypto, file, key, change.to)
  key.wipe()
}
