// The three things that a vector may expect, for the builders of the identity's formats.
import { ERROR_TABLE, type ErrorCode } from '@ezchat/protocol/errors.ts'
import type { Json, JsonObject, Vector } from '../../vector.ts'

export function verdicts(format: string, entry: string) {
  const good = (name: string, note: string, input: JsonObject, output: Json): Vector => {
    return { format, name, note, entry, input, expect: 'ok', output }
  }
  const notMine = (name: string, note: string, input: JsonObject): Vector => {
    return { format, name, note, entry, input, expect: 'not-mine' }
  }
  const bad = (name: string, note: string, code: ErrorCode, input: JsonObject): Vector => {
    return { format, name, note, entry, input, expect: ERROR_TABLE.get(code)!.failure, code }
  }
  return { good, notMine, bad }
}
