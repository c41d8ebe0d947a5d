import { connect } from 'node:net'
import { pipeline } from 'node:stream/promises'
import type { Command } from 'commander'
import type { Act } from '../context.ts'

export function declareRpc(program: Command, act: Act): void {
  program
    .command('rpc')
    .description('the control API on standard input and output, a line a message; for bots')
    .action(
      act(async (context) => {
        // Says that there is no daemon as every other verb does.
        ;(await context.client()).close()
        const { stdin, stdout } = context.io
        const socket = connect(context.paths.socket)
        await Promise.all([pipeline(stdin, socket), pipeline(socket, stdout, { end: false })])
      }),
    )
}
