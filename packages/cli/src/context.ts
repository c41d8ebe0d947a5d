// What every verb is given.
import { Failure } from '@ezchat/protocol/control/failures.ts'
import type { HomePaths } from '@ezchat/protocol/control/home-paths.ts'
import type { Command } from 'commander'
import { type Client, connectTo } from './client.ts'
import { findHome } from './home.ts'
import { type Io, Output } from './io.ts'

export interface Context {
  readonly io: Io
  readonly output: Output
  readonly paths: HomePaths
  /** For another process of ours: the same home. */
  readonly homeFlags: readonly string[]
  /** Ends on Ctrl-C. */
  readonly signal: AbortSignal
  /** Fails with NO_DAEMON. Closed when the verb ends. */
  client(): Promise<Client>
  /** Null when no daemon runs. */
  clientOrNull(): Promise<Client | null>
  /** Done when the verb ends, the last one first. */
  atEnd(closing: () => Promise<void>): void
}

/** `args` are what stands after the verb. */
export type Action<O> = (context: Context, args: readonly string[], options: O) => Promise<void>

export type Surroundings = Pick<Context, 'io' | 'signal'>

interface GlobalOptions {
  readonly home?: string
  readonly json?: boolean
  readonly quiet?: boolean
  readonly color?: boolean
}

/** A verb's file is `(program, act) => void`: it declares itself, and acts when it is chosen. */
export type Act = <O>(action: Action<O>) => (...given: unknown[]) => Promise<void>

export function actIn(around: Surroundings): Act {
  return (action) =>
    async (...given) => {
      const command = given.at(-1) as Command
      const options = command.optsWithGlobals()
      await run(around, options, (context) => action(context, command.args, options as never))
    }
}

async function run(
  { io, signal }: Surroundings,
  options: GlobalOptions,
  action: (context: Context) => Promise<void>,
): Promise<void> {
  const { json = false, quiet = false, color = true } = options
  const output = new Output(io, { json, quiet, color })
  const paths = findHome(options.home, io.env)
  const homeFlags = options.home === undefined ? [] : ['--home', options.home]
  const closings: (() => Promise<void>)[] = []
  const atEnd = (closing: () => Promise<void>) => closings.push(closing)
  let client: Client | null = null
  const clientOrNull = async () => {
    if (client !== null) return client
    const found = await connectTo(paths.socket)
    if (found !== null) atEnd(async () => found.close())
    client = found
    return found
  }
  const context: Context = {
    ...{ io, output, paths, homeFlags, signal, clientOrNull, atEnd },
    async client() {
      const found = await clientOrNull()
      if (found === null) throw new Failure('NO_DAEMON')
      return found
    },
  }
  try {
    await action(context)
  } finally {
    for (const closing of closings.reverse()) await closing()
  }
}
