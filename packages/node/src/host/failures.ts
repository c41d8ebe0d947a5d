// What the platform and the libraries say at the start, in the words of the control API.
import { Failure } from '@ezchat/protocol/control/failures.ts'
import { failureFrom } from '../control/failure-from.ts'
import { EzchatError } from '../errors.ts'
import { diskFailure } from './home.ts'

/** Itself where it is said already, or cannot be said better. */
export function startFailure(error: unknown): unknown {
  if (error instanceof Failure) return error
  for (const each of chainOf(error)) {
    if (each instanceof Failure) return each
    const text = each instanceof Error ? `${codeOf(each)} ${each.message}` : ''
    if (/EADDRINUSE/.test(text)) return new Failure('PORT_IN_USE', placeIn(text), { cause: error })
    if (/EADDRNOTAVAIL|UnsupportedListenAddress|InvalidMultiaddr/.test(`${text} ${nameOf(each)}`)) {
      return new Failure('CONFIG_BAD', 'one of the addresses to listen on', { cause: error })
    }
    if (each instanceof EzchatError && each.code === 'STORE_LOCKED') {
      return new Failure('LOCKED', each.message, { cause: error })
    }
    const disk = diskFailure(each)
    if (disk !== null) return disk
  }
  const told = failureFrom(error)
  return told.code === 'INTERNAL' ? error : told
}

const DEPTH_MAX = 8

/** The error, what caused it, and what it gathers. */
function chainOf(error: unknown, depth = 0): unknown[] {
  if (depth > DEPTH_MAX || error === undefined || error === null) return []
  const causes = error instanceof Error ? [error.cause] : []
  const parts = error instanceof AggregateError ? error.errors : []
  return [error, ...[...causes, ...parts].flatMap((each) => chainOf(each, depth + 1))]
}

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : ''
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : ''
}

function placeIn(text: string): string | undefined {
  return /(?:address already in use|EADDRINUSE)\s+(\S+:\d+)/.exec(text)?.[1]
}
