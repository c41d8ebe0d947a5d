import type { ContactView } from '@ezchat/protocol/control/values.ts'
import type { Command } from 'commander'
import type { Act, Context } from '../context.ts'
import { escapeLine } from '../escape.ts'
import { reach } from '../host.ts'

export function declareContacts(program: Command, act: Act): void {
  const contacts = program.command('contacts').description('who is known here')
  declareLooking(contacts, act)
  declareNaming(contacts, act)
  declareKeeping(contacts, act)
}

function declareLooking(contacts: Command, act: Act): void {
  contacts
    .command('list', { isDefault: true })
    .description('everybody')
    .option('--requests', 'only strangers who wrote')
    .option('--blocked', 'only those who are blocked')
    .action(
      act<{ requests?: boolean; blocked?: boolean }>(async (context, _args, options) => {
        const { client } = await reach(context)
        const standing = options.requests ? 'request' : options.blocked ? 'blocked' : undefined
        const params = standing === undefined ? {} : ({ standing } as const)
        printContacts(context, (await client.call('contacts.list', params)).contacts)
      }),
    )
  contacts
    .command('show')
    .description('one contact, with the safety number to compare')
    .argument('<peer>')
    .action(
      act(async (context, [peer = '']) => {
        const { output } = context
        const { client } = await reach(context)
        const { contact, safetyNumber } = await client.call('contacts.show', { peer })
        if (output.json) return output.printJson({ contact, safetyNumber })
        output.table([
          ['name', contact.name],
          ['address', contact.address],
          ['standing', contact.standing],
          ['verified', contact.isVerified ? 'yes' : 'no'],
          ['devices', String(contact.devices)],
          ['since', contact.addedAt],
          ['safety number', safetyNumber.replaceAll(/\d{5}(?=\d)/g, '$& ')],
        ])
        if (contact.warning !== null) output.complain(`Warning: ${escapeLine(contact.warning)}`)
      }),
    )
}

function declareNaming(contacts: Command, act: Act): void {
  contacts
    .command('rename')
    .description('call somebody by another name')
    .argument('<peer>')
    .argument('<name>')
    .action(
      act(async (context, [peer = '', name = '']) => {
        const { client } = await reach(context)
        told(context, (await client.call('contacts.rename', { peer, name })).contact, 'is renamed')
      }),
    )
  contacts
    .command('verify')
    .description('note that the safety number was compared')
    .argument('<peer>')
    .argument('[number]', 'as the other side reads it out; refused if it differs')
    .option('--off', 'take it back')
    .action(
      act<{ off?: boolean }>(async (context, [peer = '', safetyNumber], { off }) => {
        const { client } = await reach(context)
        const { contact } = await client.call('contacts.verify', {
          peer,
          isVerified: !off,
          ...(safetyNumber === undefined ? {} : { safetyNumber }),
        })
        told(context, contact, off ? 'is no longer verified' : 'is verified')
      }),
    )
}

function declareKeeping(contacts: Command, act: Act): void {
  contacts
    .command('accept')
    .description('make a contact of a stranger who wrote')
    .argument('<peer>')
    .action(
      act(async (context, [peer = '']) => {
        const { client } = await reach(context)
        told(context, (await client.call('contacts.accept', { peer })).contact, 'is a contact now')
      }),
    )
  contacts
    .command('block')
    .description('show nothing more of somebody')
    .argument('<peer>')
    .option('--off', 'show it again')
    .action(
      act<{ off?: boolean }>(async (context, [peer = ''], { off }) => {
        const { client } = await reach(context)
        const { contact } = await client.call('contacts.block', { peer, isBlocked: !off })
        told(context, contact, off ? 'is no longer blocked' : 'is blocked')
      }),
    )
  contacts
    .command('rm')
    .description('forget a contact; what was written stays')
    .argument('<peer>')
    .action(
      act(async (context, [peer = '']) => {
        const { client } = await reach(context)
        await client.call('contacts.rm', { peer })
        if (context.output.json) context.output.printJson({})
        else context.output.say(`${escapeLine(peer)} is forgotten.`)
      }),
    )
}

function told({ output }: Context, contact: ContactView, what: string): void {
  if (output.json) output.printJson({ contact })
  else output.say(`${escapeLine(contact.name)} ${what}.`)
}

function printContacts({ output }: Context, contacts: readonly ContactView[]): void {
  if (output.json) {
    for (const contact of contacts) output.printJson({ contact })
    return
  }
  if (contacts.length === 0) output.say('Nobody yet. Invite somebody: ezchat invite')
  output.table(
    contacts.map(({ name, standing, isVerified, warning, address }) => {
      const standings = [standing, isVerified ? 'verified' : '', warning === null ? '' : 'WARNING']
      return [name, standings.filter((each) => each !== '').join(', '), address]
    }),
  )
}
