import type { Command } from 'commander'
import type { Act } from '../context.ts'
import { withProgress } from '../progress.ts'

/** Of the network: see the table of exit codes. */
const UNREACHED = 3

export function declarePing(program: Command, act: Act): void {
  program
    .command('ping')
    .description('whether a contact or a peer can be reached now')
    .argument('<peer>')
    .action(
      act(async (context, [peer = '']) => {
        const { output } = context
        const asking = (await context.client()).call('ping', { peer })
        const answer = await withProgress(output, 'asking', asking)
        if (output.json) output.printJson(answer)
        else output.print(answer.detail)
        if (!answer.reached) process.exitCode = UNREACHED
      }),
    )
}
