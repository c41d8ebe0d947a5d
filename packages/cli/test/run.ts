// A verb as its user runs it, in this process: what is typed in, what comes out.
import { PassThrough, Writable } from 'node:stream'
import { Failure } from '@ezchat/protocol/control/failures.ts'
import { CommanderError } from 'commander'
import { actIn } from '../src/context.ts'
import type { Io } from '../src/io.ts'
import { buildProgram } from '../src/program.ts'

export interface Ran {
  readonly out: string
  readonly err: string
  readonly code: number
}

export interface RunOptions {
  readonly home: string
  readonly input?: string
  readonly env?: { readonly [name: string]: string }
  readonly signal?: AbortSignal
  /** Of standard output; none when left out. */
  readonly terminal?: { readonly columns: number }
}

class Collected extends Writable {
  text = ''
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString('utf8')
    done()
  }
}

export async function runVerb(typed: readonly string[], options: RunOptions): Promise<Ran> {
  const stdin = new PassThrough()
  stdin.end(options.input ?? '')
  const stdout = Object.assign(
    new Collected(),
    options.terminal && { isTTY: true, ...options.terminal },
  )
  const stderr = new Collected()
  const io = { stdin, stdout, stderr, env: options.env ?? {} } as unknown as Io
  const signal = options.signal ?? new AbortController().signal
  const program = buildProgram(actIn({ io, signal }), '0.0.0')
  const mute = { writeOut: (text: string) => stdout.write(text), writeErr: () => undefined }
  for (const command of [program, ...program.commands]) command.configureOutput(mute)
  let code = 0
  try {
    await program.parseAsync(['node', 'ezchat', '--home', options.home, ...typed])
  } catch (error: unknown) {
    if (error instanceof Failure) {
      code = error.exitCode
      stderr.write(`${error.message}\n`)
    } else if (error instanceof CommanderError) code = error.exitCode === 0 ? 0 : 2
    else throw error
  }
  return { out: stdout.text, err: stderr.text, code }
}
