// The store in a directory.
import { mkdir } from 'node:fs/promises'
import { EzchatError } from '../errors.ts'
import type { EnvelopeStore, StoreInit } from './envelope-store.ts'
import { hasStore, keepLogs, readOwner, writeOwner } from './level-directory.ts'
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
export async function openLevelStore(init: LevelStoreInit): Promise<EnvelopeStore> {
  const { directory } = init
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    const createIfMissing = !(await hasStore(directory))
    const logs = await keepLogs(directory)
    const keyValue = await LevelKeyValue.open(directory, { createIfMissing })
    const isDamaged = await logs.settle()
    await writeOwner(directory, process.pid)
    return await openEnvelopeStore(keyValue, init, { isDamaged })
  } catch (error: unknown) {
    const failure = openFailureOf(error, directory)
    if (failure.code !== 'STORE_LOCKED') throw failure
    const detail = `${directory}, used by ${await readOwner(directory)}`
    throw new EzchatError('STORE_LOCKED', { cause: error, detail })
  }
}
