import { parseDurationMs } from '@ezchat/protocol/control/config.ts'
import { Failure } from '@ezchat/protocol/control/failures.ts'
import type { ResultOf } from '@ezchat/protocol/control/methods.ts'
import type { Command } from 'commander'
import { catchingUp } from '../catch-up.ts'
import type { Act, Context } from '../context.ts'
import { escapeLine } from '../escape.ts'
import { withProgress } from '../progress.ts'
import { usage } from '../usage.ts'

const POLL_MS = 100
/** By then it has asked the first carrier what came meanwhile, and it is seen how much that is. */
const ASKED_SECONDS = 3

export function declareStatus(program: Command, act: Act): void {
  program
    .command('status')
    .description('how the daemon is; exit code 0 healthy, 1 degraded, 3 not running')
    .option('--wait', 'until a daemon runs, has a peer, and has caught up')
    .option('--timeout <duration>', 'of the waiting', '30s')
    .action(
      act<{ wait?: boolean; timeout: string }>(async (context, _args, { wait, timeout }) => {
        const timeoutMs = parseDurationMs(timeout) ?? usage(`no duration: ${timeout}`)
        const status = wait ? await waitWatched(context, timeoutMs) : await ask(context)
        if (context.output.json) context.output.printJson(status)
        else print(context, status)
        if (status.health !== 'ok') process.exitCode = 1
      }),
    )
}

async function ask(context: Context): Promise<ResultOf<'status'>> {
  return (await context.client()).call('status', {})
}

function waitWatched(context: Context, timeoutMs: number): Promise<ResultOf<'status'>> {
  let heard: ResultOf<'status'> | null = null
  const hear = (status: ResultOf<'status'>) => {
    heard = status
  }
  const says = (columns: number, seconds: number) => {
    if (heard?.syncing) return catchingUp(heard.syncing, columns)
    const what = heard === null ? 'a daemon' : heard.peers === 0 ? 'a peer' : 'what came meanwhile'
    return `waiting for ${what}, ${seconds} s`
  }
  return withProgress(context.output, says, waitFor(context, timeoutMs, hear))
}

async function waitFor(
  context: Context,
  timeoutMs: number,
  hear: (status: ResultOf<'status'>) => void,
): Promise<ResultOf<'status'>> {
  const endMs = performance.now() + timeoutMs
  for (;;) {
    const client = await context.clientOrNull()
    const status = client === null ? null : await client.call('status', {})
    if (status !== null) hear(status)
    const isThere = status !== null && status.peers > 0
    if (isThere && !status.syncing && status.uptimeSeconds >= ASKED_SECONDS) return status
    if (performance.now() >= endMs || context.signal.aborted) {
      // It is of use already: what is missing comes.
      if (isThere) return status
      if (status === null) throw new Failure('NO_DAEMON')
      throw new Failure('TIMED_OUT', 'no peer yet')
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

function print({ output }: Context, status: ResultOf<'status'>): void {
  const { quotaBytes, storeBytes } = status
  const color = status.health === 'ok' ? 'green' : 'yellow'
  output.print(`${output.paint(color, status.health)}, up ${duration(status.uptimeSeconds)}`)
  output.table([
    ['version', status.version],
    ['address', status.address ?? 'none: a public node'],
    ['peer', status.peer],
    [
      'network',
      `${status.network}, ${status.peers} peers, ${status.carriers} carriers of your shard`,
    ],
    ['listening', status.listen.join(' ')],
    ['privacy', status.privacy],
    ['messages', `${status.unread} unread, ${status.queued} queued, ${status.stored} stored`],
    ['carries', `${status.shards} shards, ${status.envelopes} envelopes`],
    ['disk', `${mebibytes(storeBytes)} of ${mebibytes(quotaBytes)}`],
    ['memory', mebibytes(status.memoryBytes)],
    ...(status.syncing ? [['now', catchingUp(status.syncing, output.columns)]] : []),
  ])
  for (const problem of status.problems)
    output.print(`${output.paint('yellow', '!')} ${escapeLine(problem)}`)
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 ** 2).toFixed(1)} MiB`
}

function duration(seconds: number): string {
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h`
  return `${Math.floor(seconds / 86_400)} d`
}
