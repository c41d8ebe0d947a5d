// From a method's name and parameters to its result, checked both ways by the one table.
import { Failure, type FailureCode } from '@ezchat/protocol/control/failures.ts'
import {
  METHODS,
  type MethodName,
  type ParamsOf,
  type ResultOf,
} from '@ezchat/protocol/control/methods.ts'
import { SchemaError } from '@ezchat/protocol/control/schema.ts'
import { assert } from '@ezchat/protocol/errors.ts'

export interface Caller {
  /** Ends when the client is gone or the daemon stops. */
  readonly signal: AbortSignal
}

/** `watch` and `unwatch` are of the connection, which knows where to send events. */
export type ServedName = Exclude<MethodName, 'watch' | 'unwatch'>

export type Verbs = {
  readonly [N in ServedName]: (params: ParamsOf<N>, caller: Caller) => Promise<ResultOf<N>>
}

/** For where there is nobody to do them: every verb fails in the same way. */
export function refusingVerbs(code: FailureCode, detail?: string): Verbs {
  const refuse = async () => {
    throw new Failure(code, detail)
  }
  const names = Object.keys(METHODS)
  return Object.fromEntries(names.map((name) => [name, refuse])) as unknown as Verbs
}

export function isMethod(name: string): name is MethodName {
  return Object.hasOwn(METHODS, name)
}

export function checkParams<N extends MethodName>(name: N, params: unknown): ParamsOf<N> {
  try {
    return METHODS[name].params.check(params) as ParamsOf<N>
  } catch (error: unknown) {
    if (!(error instanceof SchemaError)) throw error
    throw new Failure('BAD_PARAMS', error.message)
  }
}

/** An answer that is not what the table says is a bug of ours, and does not leave. */
export function checkResult<N extends MethodName>(name: N, result: unknown): ResultOf<N> {
  try {
    return METHODS[name].result.check(result) as ResultOf<N>
  } catch (error: unknown) {
    if (!(error instanceof SchemaError)) throw error
    throw new Failure('INTERNAL', `${name} answered what it must not: ${error.message}`)
  }
}

export async function dispatch(
  verbs: Verbs,
  name: ServedName,
  params: unknown,
  caller: Caller,
): Promise<unknown> {
  const checked = checkParams(name, params)
  const verb = verbs[name] as (params: unknown, caller: Caller) => Promise<unknown>
  assert(typeof verb === 'function', `expected a verb for ${name}`)
  return checkResult(name, await verb(checked, caller))
}
