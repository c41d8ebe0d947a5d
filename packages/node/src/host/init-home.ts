// `ezchat init`: a home with keys in it. Again is harmless.
import { hostname } from 'node:os'
import { isPlainName } from '@ezchat/protocol/codec/plain-text.ts'
import { DEVICE_NAME_BYTES_MAX, RECORD_NAME_BYTES_MAX } from '@ezchat/protocol/constants.ts'
import type { Config } from '@ezchat/protocol/control/config.ts'
import { Failure } from '@ezchat/protocol/control/failures.ts'
import type { HomePaths } from '@ezchat/protocol/control/home-paths.ts'
import { encodeAddress } from '@ezchat/protocol/identity/address.ts'
import { createKey, hasKey } from '../messenger/key-file.ts'
import { createHome, hasIdentity, restoreHome } from '../messenger/setup.ts'
import { Closings } from './closings.ts'
import { readConfig, writeConfig } from './config-file.ts'
import { startFailure } from './failures.ts'
import { loadOffline } from './offline.ts'
import {
  type AskPassphrase,
  keyFileOf,
  type OpenedHistory,
  type OpenedHome,
  openHistory,
  openHome,
  passphraseOf,
} from './open-home.ts'
import { openRoutes } from './open-routes.ts'
import { readOwnerText, writeOwnerFile } from './owner-file.ts'

export interface InitTerms {
  readonly name?: string
  /** Recovery words of an identity that is to be here too. */
  readonly words?: string
  /** The owner says that no other device has it. */
  readonly isAlone?: boolean
  readonly passphrase?: string
  readonly wordsFile?: string
  readonly config?: Partial<Config>
  readonly askPassphrase: AskPassphrase
  readonly signal: AbortSignal
}

export interface Initialised {
  readonly address: string
  readonly isNew: boolean
  /** To be shown once; null where they were written to a file, or are known. */
  readonly words: string | null
}

export async function initHome(paths: HomePaths, terms: InitTerms): Promise<Initialised> {
  const home = await openHome(paths, terms.config ?? {})
  const closings = new Closings()
  try {
    const file = keyFileOf(home.files)
    if (!(await hasKey(file))) {
      const passphrase = terms.passphrase === undefined ? null : passphraseOf(terms.passphrase)
      await createKey(home.crypto, file, passphrase)
    }
    const ask = async () => terms.passphrase ?? terms.askPassphrase()
    const history = await openHistory(home, ask, closings)
    if (await hasIdentity(history.vault)) return await existing(home, history, terms)
    return await create(paths, home, history, terms)
  } catch (error: unknown) {
    throw startFailure(error)
  } finally {
    await closings.close()
  }
}

async function existing(
  home: OpenedHome,
  history: OpenedHistory,
  { words }: InitTerms,
): Promise<Initialised> {
  if (words !== undefined) {
    throw new Failure('WORDS_BAD', 'this home has an identity already: use another --home')
  }
  const messenger = await loadOffline(home, history)
  const { address } = messenger.identity()
  await messenger.close()
  return { address, isNew: false, words: null }
}

async function create(
  paths: HomePaths,
  home: OpenedHome,
  history: OpenedHistory,
  terms: InitTerms,
): Promise<Initialised> {
  const { crypto, clock, joined } = home
  const profileName = terms.name ?? ''
  if (profileName !== '' && !isPlainName(profileName, RECORD_NAME_BYTES_MAX)) {
    throw new Failure('CONFIG_BAD', 'a name of one line, without marks that do not show')
  }
  const setup = { profileName, deviceName: deviceName() }
  const protocolTerms = { crypto, clock, network: joined.network }
  const { words, wordsFile } = terms
  // Before there is an identity: one whose words can be written nowhere would be lost with its disk.
  if (wordsFile !== undefined && words === undefined) await claimFile(wordsFile)
  const created =
    words === undefined
      ? await createHome(protocolTerms, history.vault, setup)
      : await restore(home, history, { ...terms, ...setup, words })
  if (terms.name !== undefined) {
    await writeConfig(paths.config, { ...(await readConfig(paths.config)), name: terms.name })
  }
  const isShown = words === undefined && wordsFile === undefined
  if (wordsFile !== undefined) await writeOwnerFile(wordsFile, `${created.words}\n`)
  return {
    address: encodeAddress(created.identityKey),
    isNew: true,
    words: isShown ? created.words : null,
  }
}

/** That it can be written, and holds nothing that somebody needs. */
async function claimFile(path: string): Promise<void> {
  const there = await readOwnerText(path)
  if (there !== null && there.trim() !== '') {
    throw new Failure('CONFIG_BAD', `${path} is there already: name a new file for the words`)
  }
  await writeOwnerFile(path, '')
}

type Restoring = InitTerms & {
  readonly words: string
  readonly profileName: string
  readonly deviceName: string
}

/** What other devices there are is asked of the network, by a peer that ends with it. */
async function restore(home: OpenedHome, history: OpenedHistory, terms: Restoring) {
  const { crypto, clock, joined } = home
  const { words, profileName, deviceName, isAlone = false, signal } = terms
  // The network's libraries take longer to load than all else here takes.
  const { composePeer } = await import('./compose-peer.ts')
  const peer = await composePeer({
    ...home,
    kind: 'person',
    outbox: history.keyValue,
    dummyAddress: () => null,
    report: () => undefined,
    onBug: () => undefined,
  })
  try {
    const routes = openRoutes(home, peer)
    const setup = { profileName, deviceName, words, routes, signal, isAlone }
    return await restoreHome({ crypto, clock, network: joined.network }, history.vault, setup)
  } finally {
    await peer.close()
  }
}

/** What the own other devices show: the name of the machine, where it can be one. */
function deviceName(): string {
  const name = hostname().slice(0, DEVICE_NAME_BYTES_MAX)
  return isPlainName(name, DEVICE_NAME_BYTES_MAX) && name !== '' ? name : 'device'
}
