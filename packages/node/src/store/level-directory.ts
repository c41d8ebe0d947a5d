// What LevelDB does without a word, said: it makes a new store where the old one's head is gone,
// and it drops records of its log that are damaged.
import { copyFile, link, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { EzchatError } from '../errors.ts'

const QUARANTINE = 'quarantine'
const PID_FILE = 'owner.pid'

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

async function filesOf(directory: string): Promise<string[]> {
  try {
    return await readdir(directory)
  } catch (error: unknown) {
    if (codeOf(error) === 'ENOENT') return []
    throw error
  }
}

/** Whether there is a store; throws when there are remains of one. */
export async function hasStore(directory: string): Promise<boolean> {
  const files = await filesOf(directory)
  if (files.includes('CURRENT')) return true
  for (const file of files.filter((name) => /^\d+\.(?:ldb|sst|log)$/.test(name))) {
    if ((await stat(join(directory, file))).size === 0) continue
    const detail = `${directory} has ${file}, but not the file CURRENT that belongs to it`
    throw new EzchatError('STORE_DAMAGED', { detail })
  }
  return false
}

export interface LogCopies {
  /** True when LevelDB dropped something on opening; the logs as they were stay in quarantine. */
  settle(): Promise<boolean>
}

/**
 * Keeps the logs from being deleted while LevelDB reads them. A link costs nothing, and LevelDB
 * never writes to an old log.
 */
export async function keepLogs(directory: string): Promise<LogCopies> {
  const aside = join(directory, QUARANTINE)
  const kept: string[] = []
  for (const file of await filesOf(directory)) {
    if (!/^\d+\.log$/.test(file)) continue
    await mkdir(aside, { recursive: true, mode: 0o700 })
    const to = join(aside, file)
    await rm(to, { force: true })
    await link(join(directory, file), to).catch(() => copyFile(join(directory, file), to))
    kept.push(to)
  }
  return {
    async settle() {
      // LevelDB begins a new LOG each time.
      const log = await readFile(join(directory, 'LOG'), 'utf8').catch(() => '')
      const hasDropped = /dropping \d+ bytes/.test(log)
      if (!hasDropped) for (const file of kept) await rm(file, { force: true })
      return hasDropped
    },
  }
}

export async function writeOwner(directory: string, pid: number): Promise<void> {
  await writeFile(join(directory, PID_FILE), `${pid}\n`, { mode: 0o600 })
}

/** Whoever opened it last, for the message that it is taken. */
export async function readOwner(directory: string): Promise<string> {
  const pid = await readFile(join(directory, PID_FILE), 'utf8').catch(() => '')
  return /^\d+\n$/.test(pid) ? `process ${pid.trim()}` : 'another process'
}
