// docs/api.md's tables, printed from the schemas of the control API.
import { FAILURES } from '@ezchat/protocol/control/failures.ts'
import { event, METHODS } from '@ezchat/protocol/control/methods.ts'
import type { FieldNote, Schema } from '@ezchat/protocol/control/schema.ts'
import { check, contact, hop, message, peer, syncing } from '@ezchat/protocol/control/values.ts'

const VALUES = { contact, message, hop, peer, check, syncing }

function rowsOf(fields: readonly FieldNote[]): string {
  const rows = fields.map(({ name, says, meaning, isOptional }) => {
    return `| \`${name}\`${isOptional ? ' (optional)' : ''} | ${says} | ${meaning} |`
  })
  return ['| field | form | meaning |', '|---|---|---|', ...rows].join('\n')
}

function section(title: string, { fields = [] }: Pick<Schema<unknown>, 'fields'>): string {
  return fields.length === 0 ? `${title}: nothing.` : `${title}:\n\n${rowsOf(fields)}`
}

export function apiMethods(): string {
  const parts = Object.entries(METHODS).map(([name, { says, params, result }]) => {
    return [`### ${name}`, says, section('Parameters', params), section('Result', result)].join(
      '\n\n',
    )
  })
  return parts.join('\n\n')
}

export function apiValues(): string {
  const parts = Object.entries(VALUES).map(
    ([name, of]) => `### ${name}\n\n${rowsOf(of.fields ?? [])}`,
  )
  return [...parts, `### event\n\n${rowsOf(event.fields ?? [])}`].join('\n\n')
}

export function apiFailures(): string {
  const rows = Object.entries(FAILURES).map(([code, [exit, says, advice]]) => {
    return `| \`${code}\` | ${exit} | ${says} | ${advice} |`
  })
  return ['| code | exit code | what happened | what to do |', '|---|---|---|---|', ...rows].join(
    '\n',
  )
}
