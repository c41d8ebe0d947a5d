import type { CheckView } from '@ezchat/protocol/control/values.ts'
import type { Command } from 'commander'
import type { Act } from '../context.ts'
import { escapeLine } from '../escape.ts'
import { loadHost } from '../host.ts'

const COLORS = { ok: 'green', warning: 'yellow', failure: 'red' } as const

export function declareDoctor(program: Command, act: Act): void {
  program
    .command('doctor')
    .description('look for what could be wrong, and say what to do')
    .action(
      act(async (context) => {
        const { output, paths } = context
        const { examineHome } = await loadHost()
        const checks: CheckView[] = [...(await examineHome(paths))]
        const client = await context.clientOrNull()
        if (client === null) {
          const detail = 'no daemon is running'
          checks.push({ name: 'daemon', verdict: 'warning', detail, advice: 'run: ezchat daemon' })
        } else {
          checks.push(...(await client.call('doctor', {})).checks)
        }
        for (const check of checks) {
          if (output.json) output.printJson(check)
          else {
            const verdict = output.paint(COLORS[check.verdict], check.verdict.padEnd(8))
            output.print(`${verdict} ${check.name}: ${escapeLine(check.detail)}`)
            if (check.advice !== '') output.print(`         ${check.advice}`)
          }
        }
        if (checks.some(({ verdict }) => verdict === 'failure')) process.exitCode = 1
      }),
    )
}
