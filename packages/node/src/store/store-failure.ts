// From what a disk says to what a caller can decide on.
import { EzchatError } from '../errors.ts'

function wordsOf(error: unknown): string {
  const words: string[] = []
  for (let at = error; at instanceof Error && words.length < 8; at = at.cause) {
    words.push('code' in at ? `${at.code} ${at.message}` : at.message)
  }
  return words.join(': ')
}

/** Of a read or a write in a store that was open. */
export function failureOf(cause: unknown): EzchatError {
  if (cause instanceof EzchatError) return cause
  const words = wordsOf(cause)
  if (/ENOSPC|EDQUOT|no space left|quota exceeded/i.test(words)) {
    return new EzchatError('STORE_DISK_FULL', { cause })
  }
  return new EzchatError('STORE_FAILED', { cause, detail: words })
}

/** The same for what is read in steps. */
export async function* withFailures<T>(steps: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* steps
  } catch (error: unknown) {
    throw failureOf(error)
  }
}

/** Of opening the store in a directory. */
export function openFailureOf(cause: unknown, directory: string): EzchatError {
  if (cause instanceof EzchatError) return inDirectory(cause, directory)
  const words = wordsOf(cause)
  const detail = `${directory} (${words})`
  if (/LEVEL_LOCKED/.test(words)) return new EzchatError('STORE_LOCKED', { cause, detail })
  if (/ENOSPC|EDQUOT|no space left/i.test(words)) {
    return new EzchatError('STORE_DISK_FULL', { cause, detail })
  }
  if (/LEVEL_CORRUPTION|corruption|no such file|does not exist/i.test(words)) {
    return new EzchatError('STORE_DAMAGED', { cause, detail })
  }
  return new EzchatError('STORE_FAILED', { cause, detail })
}

/** What is found out further inside knows no directory. */
function inDirectory(error: EzchatError, directory: string): EzchatError {
  if (error.message.includes(directory)) return error
  const { code, message } = error
  return new EzchatError(code, { cause: error, detail: `${directory} (${message})` })
}
