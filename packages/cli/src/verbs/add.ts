import type { Command } from 'commander'
import type { Act } from '../context.ts'
import { escapeLine } from '../escape.ts'
import { reach } from '../host.ts'

export function declareAdd(program: Command, act: Act): void {
  program
    .command('add')
    .description('make somebody a contact')
    .argument('<invite|address>', 'what they gave you')
    .option('--name <name>', 'what to call them')
    .action(
      act<{ name?: string }>(async (context, [target = ''], { name }) => {
        const { output } = context
        const { client } = await reach(context)
        const { contact } = await client.call('add', {
          target: target.trim(),
          ...(name === undefined ? {} : { name }),
        })
        if (output.json) return output.printJson({ contact })
        output.say(`${escapeLine(contact.name)} is a contact now.`)
        output.say(`Write to them: ezchat send ${escapeLine(contact.name)} "hello"`)
      }),
    )
}
