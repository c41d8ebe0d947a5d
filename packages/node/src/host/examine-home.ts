// What could be wrong with a home, whether a daemon runs or not.
import { constants } from 'node:fs'
import { access, open, rm, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { Failure } from '@ezchat/protocol/control/failures.ts'
import type { HomePaths } from '@ezchat/protocol/control/home-paths.ts'
import type { CheckView } from '@ezchat/protocol/control/values.ts'
import { readConfig } from './config-file.ts'
import { filesOf, isSaneClock } from './home.ts'

const NODE_LEAST = [22, 12] as const
const FSYNC_MS_MAX = 100
const FREE_BYTES_MIN = 256 * 1024 ** 2

type Verdict = CheckView['verdict']

const verdict = (name: string, is: Verdict, detail: string, advice = ''): CheckView => {
  return { name, verdict: is, detail, advice }
}

export async function examineHome(paths: HomePaths): Promise<CheckView[]> {
  const config = await configCheck(paths)
  if (!(await isThere(paths.data))) {
    const none = verdict('home', 'warning', `nothing in ${paths.data}`, 'run: ezchat init')
    return [nodeCheck(), config, none]
  }
  return [
    ...[nodeCheck(), clockCheck(), config],
    await homeCheck(paths),
    await keysCheck(paths),
    await diskCheck(paths.data),
    await fsyncCheck(paths),
  ]
}

function nodeCheck(): CheckView {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const isNew = major > NODE_LEAST[0] || (major === NODE_LEAST[0] && minor >= NODE_LEAST[1])
  if (isNew) return verdict('Node', 'ok', process.versions.node)
  return verdict('Node', 'failure', process.versions.node, 'install Node 22.12 or newer')
}

function clockCheck(): CheckView {
  const now = new Date()
  if (isSaneClock(now.getTime())) return verdict('clock', 'ok', now.toISOString())
  return verdict('clock', 'failure', now.toISOString(), 'set the clock of this machine')
}

async function configCheck({ config }: HomePaths): Promise<CheckView> {
  try {
    await readConfig(config)
    return verdict('configuration', 'ok', config)
  } catch (error: unknown) {
    if (!(error instanceof Failure)) throw error
    return verdict('configuration', 'failure', error.message, error.advice)
  }
}

async function homeCheck({ data }: HomePaths): Promise<CheckView> {
  try {
    await access(data, constants.W_OK)
  } catch {
    return verdict('home', 'failure', `${data} cannot be written`, 'check its owner and its disk')
  }
  const { mode } = await stat(data)
  if ((mode & 0o077) === 0) return verdict('home', 'ok', data)
  return verdict('home', 'warning', `others may look into ${data}`, `run: chmod 700 ${data}`)
}

async function keysCheck(paths: HomePaths): Promise<CheckView> {
  const { vault, peerKey } = filesOf(paths)
  for (const path of [vault, peerKey]) {
    if (!(await isThere(path))) {
      return verdict('keys', 'warning', `${path} is missing`, 'run: ezchat init')
    }
    if (((await stat(path)).mode & 0o077) !== 0) {
      return verdict('keys', 'failure', `others may read ${path}`, `run: chmod 600 ${path}`)
    }
  }
  return verdict('keys', 'ok', 'there, and for their owner only')
}

export async function diskCheck(directory: string): Promise<CheckView> {
  const { bavail, bsize } = await statfs(directory)
  const detail = `${Math.floor((bavail * bsize) / 1024 ** 2)} MiB free`
  if (bavail * bsize >= FREE_BYTES_MIN) return verdict('disk', 'ok', detail)
  return verdict('disk', 'failure', detail, 'make room, or lower the quota')
}

/** Every message waits for it. */
async function fsyncCheck({ data }: HomePaths): Promise<CheckView> {
  const path = join(data, `doctor-${process.pid}`)
  const name = 'fsync'
  try {
    const file = await open(path, 'w', 0o600)
    try {
      await file.writeFile('x'.repeat(4096))
      const startMs = performance.now()
      await file.sync()
      const tookMs = performance.now() - startMs
      const detail = `${tookMs.toFixed(1)} ms`
      if (tookMs <= FSYNC_MS_MAX) return verdict(name, 'ok', detail)
      return verdict(name, 'warning', detail, 'the disk is slow: sending will be, too')
    } finally {
      await file.close()
      await rm(path, { force: true })
    }
  } catch (error: unknown) {
    const detail = error instanceof Error ? error.message : 'failed'
    return verdict(name, 'failure', detail, 'check the disk')
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await access(path)
    return true
  } catch {
    return false
  }
}
