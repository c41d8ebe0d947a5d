import type { Command } from 'commander'
import type { Act } from '../context.ts'

export function declareStop(program: Command, act: Act): void {
  program
    .command('stop')
    .description('end the daemon in good order')
    .action(
      act(async (context) => {
        const client = await context.client()
        await client.call('stop', {})
        await client.closed
        if (context.output.json) context.output.printJson({})
        else context.output.say('Stopped.')
      }),
    )
}
