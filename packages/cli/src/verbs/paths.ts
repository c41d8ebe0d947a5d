import type { Command } from 'commander'
import type { Act } from '../context.ts'

export function declarePaths(program: Command, act: Act): void {
  program
    .command('paths')
    .description('where things are on this machine')
    .action(
      act(async ({ output, paths }) => {
        if (output.json) return output.printJson({ ...paths })
        output.table(Object.entries(paths))
      }),
    )
}
