// The few verbs that are a peer themselves, or work without one. Loaded when they are chosen: the
// network's libraries take longer to load than all other verbs take to run.
import type { MethodName, ParamsOf, ResultOf } from '@ezchat/protocol/control/methods.ts'
import type { Client } from './client.ts'
import type { Context } from './context.ts'

export const loadHost = () => import('@ezchat/node/host.ts')

/** The daemon, or else the home itself: what is written waits there for the daemon. */
export async function reach(context: Context): Promise<{ client: Client; isOffline: boolean }> {
  const client = await context.clientOrNull()
  if (client !== null) return { client, isOffline: false }
  const { openOffline } = await loadHost()
  const offline = await openOffline(context.paths, { askPassphrase: () => readPassphrase(context) })
  context.atEnd(() => offline.close())
  return {
    isOffline: true,
    client: {
      call: <N extends MethodName>(method: N, params: ParamsOf<N>) =>
        offline.call(method, params) as Promise<ResultOf<N>>,
      onEvent: () => undefined,
      closed: new Promise(() => undefined),
      close: () => undefined,
    },
  }
}

/** From a terminal without showing it; else the first line of standard input. */
export async function readPassphrase({ io, output }: Context): Promise<string> {
  if (io.stdin.isTTY) io.stderr.write('Passphrase: ')
  const line = await readLine(io.stdin, io.stdin.isTTY)
  if (io.stdin.isTTY) output.complain('')
  return line
}

const LINE_CHARACTERS_MAX = 4096

/** Character by character, so that a terminal shows nothing and nothing behind the line is lost. */
export async function readLine(stdin: NodeJS.ReadStream, isHidden: boolean): Promise<string> {
  if (isHidden) stdin.setRawMode(true)
  stdin.setEncoding('utf8')
  let line = ''
  try {
    for await (const chunk of stdin) {
      for (const character of String(chunk)) {
        if (character === '\n' || character === '\r' || character === '\u0004') return line
        if (character === '\u0003') throw new DOMException('interrupted', 'AbortError')
        if (character === '\u007f') line = line.slice(0, -1)
        else line += character
        if (line.length > LINE_CHARACTERS_MAX) return line
      }
    }
    return line
  } finally {
    if (isHidden) stdin.setRawMode(false)
    stdin.pause()
  }
}
