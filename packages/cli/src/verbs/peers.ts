import type { Command } from 'commander'
import type { Act } from '../context.ts'

export function declarePeers(program: Command, act: Act): void {
  program
    .command('peers')
    .description('who is connected')
    .action(
      act(async (context) => {
        const { output } = context
        const { peers } = await (await context.client()).call('peers', {})
        if (output.json) {
          for (const peer of peers) output.printJson({ ...peer })
          return
        }
        if (peers.length === 0)
          output.say('Nobody. Give a node to begin with: ezchat daemon --bootstrap')
        output.table(
          peers.map(({ peer, isDialled, isCarrier, shards, latencyMs, addresses }) => [
            peer,
            isDialled ? 'out' : 'in',
            isCarrier ? `carries ${shards}` : '',
            latencyMs === null ? '' : `${latencyMs} ms`,
            addresses[0] ?? '',
          ]),
        )
      }),
    )
}
