// What LevelDB does without a word, said: it makes a new store where the old one's head is gone,
// and it drops records of its log that are damaged.
import {
  copyFile,
  link,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { EzchatError } from '../errors.ts'

const QUARANTINE = 'quarantine'
const PENDING = 'pending-'
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
  /** Whether LevelDB dropped something, now or in a start that was cut short. */
  wereDropped(): Promise<boolean>
  /** When the store is open and whatever was lost is dealt with. */
  finish(wereDropped: boolean): Promise<void>
  /** When LevelDB did not open: then it has deleted nothing. */
  discard(): Promise<void>
}

/** `pending-12-000003.log` is a copy of `000003.log`, made by process 12. */
function logOf(pending: string): string {
  return pending.slice(pending.lastIndexOf('-') + 1)
}

/**
 * Keeps the logs from being deleted while LevelDB reads them, in quarantine. A link costs nothing,
 * and LevelDB never writes to an old log.
 */
export async function keepLogs(directory: string, pid: number): Promise<LogCopies> {
  const aside = join(directory, QUARANTINE)
  const logs = (await filesOf(directory)).filter((name) => /^\d+\.log$/.test(name))
  const left = (await filesOf(aside)).filter((name) => name.startsWith(PENDING))
  // LevelDB has read it and deleted it, and nobody has looked at what it said.
  const isCutShort = left.some((name) => !logs.includes(logOf(name)))
  if (logs.length > 0) await mkdir(aside, { recursive: true, mode: 0o700 })
  // Another process may be at the same, until it turns out which of the two has the lock.
  const own = logs.map((name) => `${PENDING}${pid}-${name}`)
  for (const name of own) {
    const [from, to] = [join(directory, logOf(name)), join(aside, name)]
    await rm(to, { force: true })
    await link(from, to).catch(() => copyFile(from, to))
  }
  const remove = async (names: readonly string[]) => {
    for (const name of names) await rm(join(aside, name), { force: true })
  }
  const kept = [...new Set([...left, ...own])]
  return {
    discard: () => remove(own),
    async wereDropped() {
      // LevelDB begins a new LOG each time.
      const said = await readFile(join(directory, 'LOG'), 'utf8')
      return isCutShort || /dropping \d+ bytes/.test(said)
    },
    async finish(wereDropped) {
      if (!wereDropped) return remove(kept)
      for (const name of kept) await rename(join(aside, name), join(aside, logOf(name)))
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
