// Small files that only their owner may read, written whole or not at all.
import { open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { diskFailure } from './home.ts'

/** Null when there is none. */
export async function readOwnerFile(path: string): Promise<Uint8Array | null> {
  try {
    return await readFile(path)
  } catch (error: unknown) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw diskFailure(error) ?? error
  }
}

export async function readOwnerText(path: string): Promise<string | null> {
  const bytes = await readOwnerFile(path)
  return bytes === null ? null : new TextDecoder().decode(bytes)
}

/** Resolves when it outlives a loss of power. */
export async function writeOwnerFile(path: string, content: Uint8Array | string): Promise<void> {
  const written = `${path}.new`
  try {
    // What somebody put there, a link or a file of theirs, must not be written into.
    await rm(written, { force: true })
    const file = await open(written, 'wx', 0o600)
    try {
      await file.writeFile(content)
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
