// A store, or only its keys and values, in a directory.
import { mkdir } from 'node:fs/promises'
import { EzchatError } from '../errors.ts'
import type { EnvelopeStore, StoreInit } from './envelope-store.ts'
import type { KeyValue } from './key-value.ts'
import { hasStore, keepLogs, type LogCopies, readOwner, writeOwner } from './level-directory.ts'
import { LevelKeyValue } from './level-key-value.ts'
import { openEnvelopeStore } from './open-envelope-store.ts'
import { openFailureOf } from './store-failure.ts'

export interface LevelStoreInit extends StoreInit {
  readonly directory: string
}

/**
 * Fails with a code that says what to do, and never begins a new store where there was one. A
 * lock left behind by a process that was killed is no lock: the system releases it.
 */
export function openLevelStore(init: LevelStoreInit): Promise<EnvelopeStore> {
  return openDirectory(init.directory, (keyValue, isDamaged) =>
    openEnvelopeStore(keyValue, init, { isDamaged }),
  )
}

/** Keys and values in a directory, for those who find damage by themselves. */
export function openLevelKeyValue(directory: string): Promise<KeyValue> {
  return openDirectory(directory, async (keyValue) => keyValue)
}

type Opening<T> = (keyValue: KeyValue, isDamaged: boolean) => Promise<T>

async function openDirectory<T>(directory: string, opening: Opening<T>): Promise<T> {
  try {
    return await open(directory, opening)
  } catch (error: unknown) {
    const failure = openFailureOf(error, directory)
    if (failure.code !== 'STORE_LOCKED') throw failure
    const detail = `${directory}, used by ${await readOwner(directory)}`
    throw new EzchatError('STORE_LOCKED', { cause: error, detail })
  }
}

async function open<T>(directory: string, opening: Opening<T>): Promise<T> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const createIfMissing = !(await hasStore(directory))
  const logs = await keepLogs(directory, process.pid)
  const keyValue = await openKeyValue(directory, createIfMissing, logs)
  try {
    await writeOwner(directory, process.pid)
    const isDamaged = await logs.wereDropped()
    const opened = await opening(keyValue, isDamaged)
    await logs.finish(isDamaged)
    return opened
  } catch (error: unknown) {
    await keyValue.close()
    throw error
  }
}

async function openKeyValue(
  directory: string,
  createIfMissing: boolean,
  logs: LogCopies,
): Promise<LevelKeyValue> {
  try {
    return await LevelKeyValue.open(directory, { createIfMissing })
  } catch (error: unknown) {
    await logs.discard()
    throw error
  }
}
