// A daemon of its own process, which stays when this one ends.
import { spawn } from 'node:child_process'
import { mkdirSync, openSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Failure } from '@ezchat/protocol/control/failures.ts'
import type { Context } from './context.ts'

const READY_MS_MAX = 15_000

/** Resolves when it can be spoken to. */
export async function startDaemon(context: Context): Promise<void> {
  const { output, paths, io } = context
  const entry = process.argv[1]
  if (entry === undefined) throw new Failure('NO_DAEMON')
  const logPath = join(dirname(paths.config), 'daemon.log')
  mkdirSync(dirname(logPath), { recursive: true, mode: 0o700 })
  const log = openSync(logPath, 'a', 0o600)
  const home = context.homeFlags
  const child = spawn(process.execPath, [...process.execArgv, entry, 'daemon', '--json', ...home], {
    detached: true,
    env: io.env,
    stdio: ['ignore', 'pipe', log],
  })
  const isReady = await new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => resolve(false), READY_MS_MAX)
    const settle = (ready: boolean) => {
      clearTimeout(timer)
      resolve(ready)
    }
    child.stdout?.once('data', () => settle(true))
    child.once('exit', () => settle(false))
    child.once('error', () => settle(false))
  })
  child.stdout?.destroy()
  child.unref()
  if (!isReady) throw new Failure('NO_DAEMON', `it did not start; see ${logPath}`)
  output.say(`Started a daemon; its log is ${logPath}. End it: ezchat stop`)
}
