// The command line: from what was typed to an exit code.
import { Failure } from '@ezchat/protocol/control/failures.ts'
import { CommanderError } from 'commander'
import { actIn } from './context.ts'
import { escapeText } from './escape.ts'
import type { Io } from './io.ts'
import { buildProgram } from './program.ts'
import { VERSION } from './version.ts'

const USAGE = 2
const DISK = 3

export async function main(argv: readonly string[]): Promise<void> {
  const io: Io = process
  const interrupted = new AbortController()
  let isAsked = false
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      // The second time there is no more waiting.
      if (isAsked) process.exit(130)
      isAsked = true
      interrupted.abort(new Failure('INTERRUPTED'))
    })
  }
  // Whoever reads our output has enough: `ezchat read | head`.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit()
      if (stream === process.stdout) io.stderr.write(`ezchat: cannot write: ${error.message}\n`)
      process.exit(DISK)
    })
  }
  const program = buildProgram(actIn({ io, signal: interrupted.signal }), VERSION)
  try {
    await program.parseAsync([...argv])
  } catch (error: unknown) {
    process.exitCode = report(error, argv.includes('--json'), io)
  }
}

function report(error: unknown, isJson: boolean, io: Io): number {
  // commander has said already what was wrong, or shown its help.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : usageOf(error, io)
  const failure = failureOf(error, io)
  if (isJson) io.stdout.write(`${JSON.stringify({ v: 1, error: failure.body })}\n`)
  io.stderr.write(`ezchat: ${escapeText(failure.message)}\n`)
  if (failure.advice !== '') io.stderr.write(`        ${failure.advice}\n`)
  return failure.exitCode
}

function usageOf(error: CommanderError, io: Io): number {
  if (error.code === 'commander.invalidArgument') io.stderr.write(`ezchat: ${error.message}\n`)
  return USAGE
}

function failureOf(error: unknown, io: Io): Failure {
  if (error instanceof Failure) return error
  if (error instanceof Error && error.name === 'AbortError') return new Failure('INTERRUPTED')
  if (io.env.EZCHAT_DEBUG && error instanceof Error) io.stderr.write(`${error.stack}\n`)
  return new Failure('INTERNAL', error instanceof Error ? error.message : undefined)
}
