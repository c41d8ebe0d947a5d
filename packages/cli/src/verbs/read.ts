import { parseDurationMs } from '@ezchat/protocol/control/config.ts'
import type { Command } from 'commander'
import type { Act } from '../context.ts'
import { reach } from '../host.ts'
import { printMessage } from '../show-message.ts'
import { usage } from '../usage.ts'

interface ReadOptions {
  readonly unread?: boolean
  readonly since?: string
  readonly limit: string
  readonly before?: string
  readonly mark: boolean
}

const LIMIT_MAX = 500

export function declareRead(program: Command, act: Act): void {
  program
    .command('read')
    .description('what was written, the oldest first')
    .argument('[peer]', 'only with them')
    .option('--unread', 'only what was not read')
    .option('--since <time>', 'only from then on: 2026-11-21, or 2h for the last two hours')
    .option('--before <place>', 'only what stands before this place')
    .option('--limit <count>', 'the newest so many', '50')
    .option('--no-mark', 'do not note that they were read')
    .action(
      act<ReadOptions>(async (context, [peer], options) => {
        const { output } = context
        const limit = Number(options.limit)
        if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT_MAX) {
          usage(`no count from 1 to ${LIMIT_MAX}: ${options.limit}`)
        }
        const { since, before } = options
        const { client } = await reach(context)
        const { messages, hasMore } = await client.call('read', {
          ...{ limit, mark: options.mark },
          ...(peer === undefined ? {} : { peer }),
          ...(options.unread ? { unread: true } : {}),
          ...(since === undefined ? {} : { since: momentOf(since) }),
          ...(before === undefined ? {} : { before }),
        })
        for (const message of messages) printMessage(output, message)
        if (messages.length === 0) output.say('Nothing.')
        if (hasMore) output.say(`There is more: ezchat read --before ${messages[0]?.place ?? ''}`)
      }),
    )
}

/** A time, or how long ago. */
function momentOf(written: string): string {
  const agoMs = parseDurationMs(written)
  const date = new Date(agoMs === null ? written : Date.now() - agoMs)
  return Number.isNaN(date.getTime()) ? usage(`no time: ${written}`) : date.toISOString()
}
