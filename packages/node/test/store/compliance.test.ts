import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { nativeCrypto } from '@ezchat/node/crypto/native.ts'
import type { EnvelopeStore } from '@ezchat/node/store/envelope-store.ts'
import { FaultyKeyValue, openFaultyStore } from '@ezchat/node/store/faulty-store.ts'
import { openLevelStore } from '@ezchat/node/store/level-store.ts'
import { MemoryKeyValue } from '@ezchat/node/store/memory-store.ts'
import { openEnvelopeStore } from '@ezchat/node/store/open-envelope-store.ts'
import {
  envelopeStoreCompliance,
  type MakeStore,
} from '../../../../test/compliance/envelope-store.ts'

/** Same content, opened again. */
async function subjectOf(open: () => Promise<EnvelopeStore>, erase: () => void = () => undefined) {
  let store = await open()
  const opened = store
  return {
    store: opened,
    restart: async () => {
      await store.close()
      store = await open()
      return store
    },
    end: async () => {
      await store.close()
      erase()
    },
  }
}

const crypto = nativeCrypto()

const stores: Record<string, MakeStore> = {
  level: (init) => {
    const directory = mkdtempSync(join(tmpdir(), 'ezchat-store-'))
    const erase = () => rmSync(directory, { recursive: true })
    return subjectOf(() => openLevelStore({ ...init, crypto, directory }), erase)
  },
  memory: (init) => {
    const keyValue = new MemoryKeyValue()
    return subjectOf(() => {
      keyValue.reopen()
      return openEnvelopeStore(keyValue, { ...init, crypto })
    })
  },
  'faulty, without faults': (init) => {
    const disk = new FaultyKeyValue(1)
    return subjectOf(() => {
      disk.restart()
      return openFaultyStore(disk, { ...init, crypto })
    })
  },
}

for (const [name, make] of Object.entries(stores)) {
  describe(`store: ${name}`, () => {
    for (const { name, run } of envelopeStoreCompliance(make)) test(name, run)
  })
}
