// The picture of a chat: a pure function of what is known and of the size of the terminal.
import type { MessageState, MessageView } from '@ezchat/protocol/control/values.ts'
import { escapeLine, escapeText } from '../escape.ts'
import { timeOf } from '../show-message.ts'
import { cut, widthOf, windowOf, wrap } from './width.ts'

export interface Scene {
  readonly title: string
  readonly messages: readonly MessageView[]
  /** One line for the user, or none. */
  readonly notice: string
  readonly line: string
  readonly cursor: number
  /** Lines back from the newest. */
  readonly back: number
}

export interface Size {
  readonly columns: number
  readonly rows: number
}

export interface Picture {
  /** As many as the terminal has rows. */
  readonly lines: readonly string[]
  readonly cursorColumn: number
  /** As far back as one can go. */
  readonly backMax: number
}

const STATES: { readonly [state in MessageState]: string } = {
  received: '',
  queued: ' ·',
  stored: ' ✓',
  delivered: ' ✓✓',
  read: ' ✓✓ read',
  expired: ' ✗ expired',
  refused: ' ✗ refused',
}

const PROMPT = '> '

export function draw(scene: Scene, { columns, rows }: Size, now = new Date()): Picture {
  const room = Math.max(1, rows - 3)
  const all = scene.messages.flatMap((message) => linesOf(message, columns, now))
  const backMax = Math.max(0, all.length - room)
  const end = all.length - Math.min(scene.back, backMax)
  const shown = all.slice(Math.max(0, end - room), end)
  const filler = Array.from({ length: room - shown.length }, () => '')
  const [typed, column] = windowOf(scene.line, scene.cursor, columns - PROMPT.length)
  const hint = scene.back > 0 ? `${Math.min(scene.back, backMax)} lines below` : scene.notice
  const lines = [
    cut(escapeLine(scene.title), columns),
    ...filler,
    ...shown,
    cut(escapeLine(hint), columns),
    PROMPT + typed,
  ]
  return { lines: lines.slice(-rows), cursorColumn: PROMPT.length + column, backMax }
}

function linesOf(message: MessageView, columns: number, now: Date): string[] {
  const name = message.isOwn ? 'you' : escapeLine(message.name)
  const head = `${timeOf(message.sentAt, now)} ${name}: `
  const indent = ' '.repeat(Math.min(widthOf(head), Math.floor(columns / 3)))
  const text = escapeText(message.text) + STATES[message.state]
  const [first = '', ...rest] = wrap(head + text, columns)
  const wrapped = rest.length === 0 ? [] : wrap(rest.join('\n'), columns - indent.length)
  return [first, ...wrapped.map((line) => indent + line)]
}
