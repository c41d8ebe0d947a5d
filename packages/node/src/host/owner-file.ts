// Small files that only their owner may read, written whole or not at all.
import { open, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { diskFailure } from './home.ts'

/** Null when there is none. */
export async function readOwnerFile(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error: unknown) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw diskFailure(error) ?? error
  }
}

/** Resolves when it outlives a loss of power. */
export async function writeOwnerFile(path: string, text: string): Promise<void> {
  const written = `${path}.new`
  try {
    const file = await open(written, 'w', 0o600)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(written, path)
    const directory = await open(dirname(path), 'r')
    try {
      await directory.sync()
    } finally {
      await directory.close()
    }
  } catch (error: unknown) {
    throw diskFailure(error) ?? error
  }
}
