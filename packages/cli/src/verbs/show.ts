import type { Command } from 'commander'
import type { Act } from '../context.ts'
import { reach } from '../host.ts'
import { messageJson, messageLine } from '../show-message.ts'

export function declareShow(program: Command, act: Act): void {
  program
    .command('show')
    .description('the life of a message, hop by hop')
    .argument('<id>')
    .action(
      act(async (context, [id = '']) => {
        const { output } = context
        const { client } = await reach(context)
        const { message, hops } = await client.call('show', { id: id.toLowerCase() })
        if (output.json) return output.printJson({ message: messageJson(message), hops })
        output.print(messageLine(output, message))
        output.table(hops.map(({ at, what, detail }) => [at, what, detail]))
      }),
    )
}
