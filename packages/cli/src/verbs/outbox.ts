import type { Command } from 'commander'
import type { Act } from '../context.ts'
import { reach } from '../host.ts'
import { printMessage } from '../show-message.ts'

export function declareOutbox(program: Command, act: Act): void {
  program
    .command('outbox')
    .description('what was written here and is not yet delivered')
    .action(
      act(async (context) => {
        const { output } = context
        const { client } = await reach(context)
        const { messages, count } = await client.call('outbox', { limit: 500 })
        for (const message of messages) printMessage(output, message)
        if (count > messages.length) output.say(`And ${count - messages.length} more.`)
        if (count === 0) output.say('Nothing waits.')
      }),
    )
}
