import type { Command } from 'commander'
import type { Act } from '../context.ts'
import { printMessage } from '../show-message.ts'

export function declareTail(program: Command, act: Act): void {
  program
    .command('tail')
    .description('messages as they come, until Ctrl-C')
    .argument('[peer]', 'only with them')
    .option('--cursor <cursor>', 'from there on; with --json each line says its cursor')
    .action(
      act<{ cursor?: string }>(async (context, [peer], { cursor }) => {
        const { output, signal } = context
        const client = await context.client()
        const address =
          peer === undefined ? null : (await client.call('contacts.show', { peer })).contact.address
        client.onEvent(({ kind, message, cursor: at }) => {
          if (kind !== 'message' || message === undefined) return
          if (address !== null && message.conversation !== address) return
          if (output.json) output.printJson({ cursor: at, ...message })
          else printMessage(output, message)
        })
        await client.call('watch', cursor === undefined ? {} : { cursor })
        await Promise.race([
          client.closed,
          new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve())),
        ])
        if (!signal.aborted) output.complain('The daemon has stopped.')
      }),
    )
}
