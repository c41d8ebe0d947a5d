import { parseDurationMs } from '@ezchat/protocol/control/config.ts'
import type { Command } from 'commander'
import type { Act } from '../context.ts'
import { reach } from '../host.ts'
import { printQr } from '../qr.ts'
import { usage } from '../usage.ts'

export function declareInvite(program: Command, act: Act): void {
  program
    .command('invite')
    .description('a link with which somebody can write to you')
    .option('--once', 'for one person only')
    .option('--expires <duration>', 'until when, from now: 24h, 7d', '30d')
    .option('--qr', 'as a QR code, too')
    .action(
      act<{ once?: boolean; expires: string; qr?: boolean }>(async (context, _args, options) => {
        const { output } = context
        const expiresMs =
          parseDurationMs(options.expires) ?? usage(`no duration: ${options.expires}`)
        const { client } = await reach(context)
        const { invite, expiresAt } = await client.call('invite', {
          expiresSeconds: Math.floor(expiresMs / 1000),
          ...(options.once ? { once: true } : {}),
        })
        if (output.json) return output.printJson({ invite, expiresAt })
        output.print(invite)
        if (options.qr) printQr(output, invite)
        output.say(`Good until ${expiresAt}${options.once ? ', for one person' : ''}.`)
        output.say('The other side runs: ezchat add <invite>')
      }),
    )
}
