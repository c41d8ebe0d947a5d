// Real daemons in processes of their own, on loopback, each in a home of its own. Everything waits
// for an event: a line on stdout, an answer, an exit.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export const BIN = new URL('../../packages/cli/src/bin.ts', import.meta.url).pathname
/** Beyond it something hangs: the test says so instead of hanging with it. */
export const PATIENCE_MS = 120_000

export interface Ran {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export interface Ready {
  readonly peer: string
  readonly listen: readonly string[]
  readonly web?: string
}

export type Json = { readonly [name: string]: unknown }

export function environment(): { [name: string]: string } {
  const { PATH = '', HOME = '' } = process.env
  return { PATH, HOME, NO_COLOR: '1' }
}

export interface RunOptions {
  readonly input?: string
  readonly bin?: readonly string[]
  readonly env?: { readonly [name: string]: string }
  /** What starts it, where it is not started by itself. */
  readonly before?: readonly string[]
}

/** A verb to its end. */
export async function ezchat(
  home: string,
  args: readonly string[],
  { input = '', bin = [BIN], env = {}, before = [] }: RunOptions = {},
): Promise<Ran> {
  const all = [...before, process.execPath, ...bin, ...args, '--home', home]
  const child = spawn(all[0]!, all.slice(1), {
    env: { ...environment(), ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (chunk) => (out += chunk))
  child.stderr.setEncoding('utf8').on('data', (chunk) => (err += chunk))
  // Whoever reads no input may be gone before it is written.
  child.stdin.on('error', () => child.stdin.destroy())
  child.stdin.end(input)
  const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
  const [code] = await once(child, 'close')
  clearTimeout(timer)
  return { code, out, err }
}

/** The same with --json: the objects of its lines; an exit code that was not expected throws. */
export async function ezchatJson(
  home: string,
  args: readonly string[],
  options: RunOptions & { code?: number } = {},
): Promise<Json[]> {
  const { code, out, err } = await ezchat(home, [...args, '--json'], options)
  if (code !== (options.code ?? 0)) {
    throw new Error(`ezchat ${args.join(' ')} ended with ${code}\n${out}${err}`)
  }
  return out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Json)
}

export class Daemon {
  readonly home: string
  readonly ready: Ready
  readonly #child: ChildProcess
  readonly #log: string[]

  private constructor(home: string, ready: Ready, child: ChildProcess, log: string[]) {
    this.home = home
    this.ready = ready
    this.#child = child
    this.#log = log
  }

  static async start(
    home: string,
    args: readonly string[] = [],
    verb = 'daemon',
    bin: readonly string[] = [BIN],
  ): Promise<Daemon> {
    const listen = args.includes('--listen') ? [] : ['--listen', '/ip4/127.0.0.1/tcp/0']
    const all = [...bin, verb, '--json', '--home', home, ...listen, ...args]
    const child = spawn(process.execPath, all, {
      env: environment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const log: string[] = []
    child.stderr.setEncoding('utf8').on('data', (chunk) => log.push(chunk))
    const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
    try {
      for await (const line of createInterface({ input: child.stdout })) {
        const ready = JSON.parse(line) as Ready & { event?: string }
        if (ready.event === 'ready') return new Daemon(home, ready, child, log)
        break
      }
      if (child.exitCode === null) await once(child, 'close')
      throw new Error(`the daemon did not start\n${log.join('')}`)
    } finally {
      clearTimeout(timer)
    }
  }

  get log(): string {
    return this.#log.join('')
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  get address(): string {
    const [first = ''] = this.ready.listen
    return first.includes('/p2p/') ? first : `${first}/p2p/${this.ready.peer}`
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    if (!this.isRunning) return this.#child.exitCode
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), PATIENCE_MS)
    const closed = once(this.#child, 'close')
    this.#child.kill(signal)
    const [code] = await closed
    clearTimeout(timer)
    return code
  }
}

/** Homes and daemons of one test, all gone when it ends. */
export class Stage {
  readonly root: string
  readonly #daemons: Daemon[] = []

  /** What is run: the source unless said. */
  readonly bin: readonly string[]

  private constructor(root: string, bin: readonly string[]) {
    this.root = root
    this.bin = bin
  }

  static async open(bin: readonly string[] = [BIN]): Promise<Stage> {
    return new Stage(await mkdtemp(join(tmpdir(), 'ezchat-e2e-')), bin)
  }

  home(name: string): string {
    return join(this.root, name)
  }

  async start(
    name: string,
    args: readonly string[] = [],
    verb = 'daemon',
    bin = this.bin,
  ): Promise<Daemon> {
    const daemon = await Daemon.start(this.home(name), args, verb, bin)
    this.#daemons.push(daemon)
    return daemon
  }

  async close(): Promise<void> {
    await Promise.all(this.#daemons.map((daemon) => daemon.end('SIGKILL')))
    await rm(this.root, { recursive: true, force: true })
  }
}
