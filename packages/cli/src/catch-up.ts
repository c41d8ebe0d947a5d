// How far a daemon is with what came while it was away: a line that is drawn over itself where somebody
// looks, and a line at both ends where it goes into a log.
import type { SyncingView } from '@ezchat/protocol/control/values.ts'
import type { Output } from './io.ts'
import { FRAMES } from './progress.ts'

export class CatchUpLine {
  readonly #output: Output
  #step = 0
  #isBegun = false

  constructor(output: Output) {
    this.#output = output
  }

  show(syncing: SyncingView, isOver: boolean): void {
    if (isOver) this.#end(syncing)
    else if (this.#output.isWatched) this.#draw(syncing)
    else if (!this.#isBegun) this.#output.say('catching up with what came meanwhile')
    this.#isBegun = !isOver
  }

  #draw(syncing: SyncingView): void {
    const frame = FRAMES[this.#step++ % FRAMES.length] ?? ''
    this.#output.redraw(`${frame} ${catchingUp(syncing, this.#output.roomForLine - 2)}`)
  }

  #end(syncing: SyncingView): void {
    if (this.#output.isWatched) this.#output.redraw('')
    if (syncing.messagesOpened + syncing.envelopesFetched > 0) this.#output.say(caughtUp(syncing))
  }
}

/** As much of it as there is room for, what matters most first. */
export function catchingUp(syncing: SyncingView, columns: number): string {
  const { elapsedMs, envelopesFetched, envelopesMissing, messagesOpened } = syncing
  const { shardsAll, shardsDone, bytesFetched } = syncing
  const fetched = envelopesMissing > 0 ? [`${of(envelopesFetched, envelopesMissing)} fetched`] : []
  const opened = messagesOpened > 0 ? [counted(messagesOpened, 'message')] : []
  const parts = [...fetched, ...opened, seconds(elapsedMs)]
  if (bytesFetched > 0) parts.push(megabytes(bytesFetched))
  if (shardsAll > 1) parts.push(`${of(shardsDone, shardsAll)} shards`)
  let line = `catching up: ${parts.shift()}`
  for (const part of parts) {
    if (line.length + 2 + part.length > columns) break
    line += `, ${part}`
  }
  return line
}

export function caughtUp(syncing: SyncingView): string {
  const { bytesFetched, envelopesFetched, messagesOpened, elapsedMs } = syncing
  const what =
    messagesOpened > 0
      ? counted(messagesOpened, 'message')
      : counted(envelopesFetched, 'sealed envelope')
  const bytes = bytesFetched > 0 ? `, ${megabytes(bytesFetched)}` : ''
  return `caught up: ${what}${bytes} in ${seconds(elapsedMs)}`
}

function of(done: number, all: number): string {
  return `${grouped(Math.min(done, all))} of ${grouped(all)}`
}

function counted(count: number, what: string): string {
  return `${grouped(count)} ${what}${count === 1 ? '' : 's'}`
}

function grouped(count: number): string {
  return String(count).replaceAll(/\B(?=(?:\d{3})+$)/g, ',')
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}

function seconds(ms: number): string {
  return `${Math.max(1, Math.round(ms / 1000))} s`
}
