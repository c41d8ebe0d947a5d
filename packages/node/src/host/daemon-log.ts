// What a daemon says on stderr: codes and counts, never a name, an address or a message. What
// repeats is said once a minute.
import { Failure } from '@ezchat/protocol/control/failures.ts'
import { ProtocolError } from '@ezchat/protocol/errors.ts'
import type { Clock } from '@ezchat/protocol/ports.ts'
import { EzchatError } from '../errors.ts'
import { LOG_KINDS_MAX } from '../limits.ts'

const REPEAT_MS = 60_000

interface Said {
  readonly atMs: number
  count: number
}

export class DaemonLog {
  readonly #write: (line: string) => void
  readonly #clock: Clock
  readonly #said = new Map<string, Said>()

  constructor(write: (line: string) => void, clock: Clock) {
    this.#write = write
    this.#clock = clock
  }

  /** Something failed and is tried again. */
  report(error: unknown): void {
    this.#say('warning', kindOf(error))
  }

  /** A bug of ours, or a disk that failed: with where it happened, which holds no content. */
  failure(error: unknown): void {
    const where = error instanceof Error ? placesIn(error) : ''
    this.#say('error', `${kindOf(error)}${where}`)
  }

  /** What repeats would fill the disk. */
  #say(level: string, says: string): void {
    const nowMs = this.#clock.monotonicMs()
    const said = this.#said.get(says)
    if (said !== undefined && nowMs - said.atMs < REPEAT_MS) {
      said.count++
      return
    }
    const more = said === undefined || said.count === 0 ? '' : ` (${said.count} more meanwhile)`
    if (this.#said.size >= LOG_KINDS_MAX) this.#said.clear()
    this.#said.set(says, { atMs: nowMs, count: 0 })
    this.#line(level, `${says}${more}`)
  }

  #line(level: string, says: string): void {
    this.#write(`${new Date(this.#clock.nowMs()).toISOString()} ${level} ${says}`)
  }
}

/** A message may have several lines, of which a stack repeats all: only those that name a place. */
function placesIn({ stack }: Error): string {
  const places = (stack ?? '').split('\n').filter((line) => PLACE.test(line))
  return places.slice(0, 5).join(' ')
}

const PLACE = /^ {4}at (?:async )?[\w$.<>[\]# ]*\(?(?:file:\/\/|node:|\/)\S+:\d+:\d+\)?$/

function kindOf(error: unknown): string {
  if (error instanceof Failure || error instanceof EzchatError || error instanceof ProtocolError) {
    return error.code
  }
  return error instanceof Error ? error.name : typeof error
}
