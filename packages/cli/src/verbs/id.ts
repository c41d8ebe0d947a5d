import type { Command } from 'commander'
import type { Act } from '../context.ts'
import { reach } from '../host.ts'
import { printQr } from '../qr.ts'

export function declareId(program: Command, act: Act): void {
  program
    .command('id')
    .description('who this is: the address to give to others')
    .option('--qr', 'as a QR code, too')
    .action(
      act<{ qr?: boolean }>(async (context, _args, { qr }) => {
        const { output } = context
        const { client } = await reach(context)
        const { address, name, peer, network } = await client.call('id', {})
        if (output.json) return output.printJson({ address, name, peer, network })
        output.print(address)
        if (qr) printQr(output, address)
      }),
    )
}
