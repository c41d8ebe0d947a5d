import { randomUUID } from 'node:crypto'
import { parseDurationMs } from '@ezchat/protocol/control/config.ts'
import { Failure } from '@ezchat/protocol/control/failures.ts'
import { type Command, Option } from 'commander'
import type { Act, Context } from '../context.ts'
import { reach } from '../host.ts'
import { withProgress } from '../progress.ts'
import { startDaemon } from '../start-daemon.ts'
import { usage } from '../usage.ts'

interface SendOptions {
  readonly wait: 'queued' | 'stored' | 'delivered'
  readonly timeout: string
  readonly id?: string
  readonly start?: boolean
}

const TEXT_CHARACTERS_MAX = 32_768

export function declareSend(program: Command, act: Act): void {
  program
    .command('send')
    .description('write to somebody, there or away')
    .argument('<peer>', 'petname, address, or the beginning of one')
    .argument('[text]', 'what to say; - or nothing reads standard input')
    .addOption(
      new Option('--wait <state>', 'return when it has come so far')
        .choices(['queued', 'stored', 'delivered'])
        .default('queued'),
    )
    .option('--timeout <duration>', 'how long to wait', '30s')
    .option('--id <uuid>', 'the same id again sends nothing again')
    .option('--start', 'start a daemon if none is running')
    .action(
      act<SendOptions>(async (context, [to = '', given], options) => {
        const timeoutMs =
          parseDurationMs(options.timeout) ?? usage(`no duration: ${options.timeout}`)
        const text = await textOf(context, given)
        if (options.start && (await context.clientOrNull()) === null) await startDaemon(context)
        await send(context, { to, text, timeoutMs, options })
      }),
    )
}

interface Sending {
  readonly to: string
  readonly text: string
  readonly timeoutMs: number
  readonly options: SendOptions
}

async function send(context: Context, { to, text, timeoutMs, options }: Sending): Promise<void> {
  const { output } = context
  const id = options.id?.toLowerCase() ?? randomUUID()
  const { client, isOffline } = await reach(context)
  const wait = isOffline ? 'queued' : options.wait
  const sending = client.call('send', { to, text, id, wait, timeoutMs })
  const sent = await withProgress(output, `until it is ${wait}`, sending)
  if (output.json) output.printJson({ id: sent.id, state: sent.state, receipts: sent.receipts })
  else
    output.say(
      `${sent.state}${sent.receipts > 0 ? `, ${sent.receipts} receipts` : ''} (${sent.id})`,
    )
  if (!isOffline) return
  output.say('No daemon is running: the message leaves when one does. Start it: ezchat daemon')
  if (options.wait !== 'queued') throw new Failure('TIMED_OUT', 'no daemon is running')
}

async function textOf({ io, output }: Context, given: string | undefined): Promise<string> {
  if (given !== undefined && given !== '-') return given
  if (io.stdin.isTTY) output.say('Write, then press Ctrl-D:')
  io.stdin.setEncoding('utf8')
  let text = ''
  for await (const chunk of io.stdin) {
    text += String(chunk)
    if (text.length > TEXT_CHARACTERS_MAX) throw new Failure('TEXT_LONG')
  }
  const trimmed = text.replace(/\n$/, '')
  return trimmed === '' ? usage('nothing to send') : trimmed
}
