import { type ConfigName, DEFAULT_CONFIG, parseBytes } from '@ezchat/protocol/control/config.ts'
import { Failure } from '@ezchat/protocol/control/failures.ts'
import type { Command } from 'commander'
import type { Act, Context } from '../context.ts'
import { loadHost } from '../host.ts'
import { usage } from '../usage.ts'

export function declareConfig(program: Command, act: Act): void {
  const config = program.command('config').description('the settings of this home')
  config
    .command('list', { isDefault: true })
    .description('all of them, and where each comes from')
    .action(
      act(async ({ output, paths }) => {
        const stored = await (await loadHost()).readConfig(paths.config)
        const values = { ...DEFAULT_CONFIG, ...stored }
        if (output.json) return output.printJson(values)
        output.table(
          Object.entries(values).map(([name, value]) => [
            name,
            JSON.stringify(value),
            Object.hasOwn(stored, name) ? 'file' : 'default',
          ]),
        )
      }),
    )
  config
    .command('get')
    .description('one of them')
    .argument('<name>')
    .action(
      act(async ({ output, paths }, [name = '']) => {
        const value = { ...DEFAULT_CONFIG, ...(await (await loadHost()).readConfig(paths.config)) }[
          nameOf(name)
        ]
        if (output.json) output.printJson({ [name]: value })
        else output.print(typeof value === 'string' ? value : JSON.stringify(value))
      }),
    )
  config
    .command('set')
    .description('change one; a running daemon takes it at its next start')
    .argument('<name>')
    .argument('<value...>', 'JSON, or text; several make a list')
    .action(
      act(async (context, [name = '', ...values]) => {
        await set(context, nameOf(name), values)
      }),
    )
  config
    .command('validate')
    .description('whether the file is in order')
    .action(
      act(async ({ output, paths }) => {
        await (await loadHost()).readConfig(paths.config)
        if (output.json) output.printJson({ valid: true })
        else output.say('In order.')
      }),
    )
}

async function set({ output, paths }: Context, name: ConfigName, values: string[]): Promise<void> {
  const value = parsed(name, values)
  const { checkConfig, readConfig, writeConfig } = await loadHost()
  const stored = await readConfig(paths.config)
  await writeConfig(paths.config, checkConfig({ ...stored, [name]: value }))
  if (output.json) output.printJson({ [name]: value })
  else output.say(`${name} is ${JSON.stringify(value)}. A daemon takes it when it starts.`)
}

function parsed(name: ConfigName, values: string[]): unknown {
  if (Array.isArray(DEFAULT_CONFIG[name])) return values.flatMap((value) => jsonOr(value))
  const [first = ''] = values
  if (values.length > 1) usage(`${name} takes one value`)
  if (name === 'quotaBytes') return parseBytes(first) ?? usage(`no size: ${first}`)
  return jsonOr(first)
}

function jsonOr(written: string): unknown {
  try {
    return JSON.parse(written)
  } catch (error: unknown) {
    if (error instanceof SyntaxError) return written
    throw error
  }
}

function nameOf(name: string): ConfigName {
  if (Object.hasOwn(DEFAULT_CONFIG, name)) return name as ConfigName
  throw new Failure('CONFIG_BAD', `there is no setting ${name}; see: ezchat config list`)
}
