// What daemon and offline verbs open alike: keys, settings, history.
import { randomBytes } from 'node:crypto'
import { type Config, DEFAULT_CONFIG } from '@ezchat/protocol/control/config.ts'
import { Failure } from '@ezchat/protocol/control/failures.ts'
import type { HomePaths } from '@ezchat/protocol/control/home-paths.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import type { Clock, KeyValue } from '@ezchat/protocol/ports.ts'
import { nativeCrypto } from '../crypto/native.ts'
import { type KeyFile, unlockKey } from '../messenger/key-file.ts'
import { Vault } from '../messenger/vault.ts'
import { nodeClock } from '../node-clock.ts'
import { openLevelKeyValue } from '../store/level-store.ts'
import type { Closings } from './closings.ts'
import { readConfig } from './config-file.ts'
import { type HomeFiles, isSaneClock, makeHome } from './home.ts'
import { type JoinedNetwork, joinNetwork } from './network-file.ts'
import { readOwnerFile, writeOwnerFile } from './owner-file.ts'
import { openPeerKey } from './peer-key.ts'

export type AskPassphrase = () => Promise<string>

export interface OpenedHome {
  readonly files: HomeFiles
  readonly crypto: Crypto
  readonly clock: Clock
  readonly config: Config
  readonly joined: JoinedNetwork
  readonly peerSeed: Secret
}

/** `flags` stand above the file. */
export async function openHome(paths: HomePaths, flags: Partial<Config>): Promise<OpenedHome> {
  const clock = nodeClock
  const nowMs = clock.nowMs()
  if (!isSaneClock(nowMs)) {
    throw new Failure('CLOCK', `it says ${new Date(nowMs).toISOString()}`)
  }
  const crypto = nativeCrypto()
  const config: Config = { ...DEFAULT_CONFIG, ...(await readConfig(paths.config)), ...flags }
  const files = await makeHome(paths)
  const joined = await joinNetwork(crypto, {
    path: files.networkLink,
    link: config.network,
    nowSeconds: Math.floor(nowMs / 1000),
  })
  const peerSeed = await openPeerKey(crypto, files.peerKey)
  return { files, crypto, clock, config, joined, peerSeed }
}

export function keyFileOf({ vault }: HomeFiles): KeyFile {
  return {
    read: () => readOwnerFile(vault),
    write: (bytes) => writeOwnerFile(vault, bytes),
  }
}

export interface OpenedHistory {
  readonly keyValue: KeyValue
  readonly vault: Vault
}

/** Asks for the passphrase only where there is one. */
export async function openHistory(
  { files, crypto }: OpenedHome,
  askPassphrase: AskPassphrase,
  closings: Closings,
): Promise<OpenedHistory> {
  const key = await unlock(crypto, keyFileOf(files), askPassphrase)
  const keyValue = await openLevelKeyValue(files.history)
  closings.add(() => keyValue.close())
  return { keyValue, vault: await Vault.open({ keyValue, crypto, key }) }
}

async function unlock(
  crypto: Crypto,
  file: KeyFile,
  askPassphrase: AskPassphrase,
): Promise<Secret> {
  try {
    return await unlockKey(crypto, file, null)
  } catch (error: unknown) {
    if (!(error instanceof Failure) || error.code !== 'PASSPHRASE_NEEDED') throw error
  }
  return unlockKey(crypto, file, passphraseOf(await askPassphrase()))
}

/** In one form of Unicode: the same keys on another keyboard are the same passphrase. */
export function passphraseOf(text: string): Secret {
  return Secret.adopt(new TextEncoder().encode(text.normalize('NFKC')))
}

export function drawToken(): string {
  return randomBytes(32).toString('base64url')
}
