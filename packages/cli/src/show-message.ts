// A message on a terminal, and as JSON.
import type { MessageState, MessageView } from '@ezchat/protocol/control/values.ts'
import { escapeLine, escapeText } from './escape.ts'
import type { Output } from './io.ts'

const MARKS: { readonly [state in MessageState]: string } = {
  received: '',
  queued: '·',
  stored: '✓',
  delivered: '✓✓',
  read: '✓✓ read',
  expired: '✗ expired',
  refused: '✗ refused',
}

/** Of a stable form: fields are added, never taken away. */
export function messageJson(message: MessageView): object {
  const { id, conversation, name, from, isOwn, kind, text, replyTo, sentAt, state, note } = message
  return {
    ...{ id, conversation, name, from, isOwn, kind, sentAt, text, state },
    ...(replyTo === undefined ? {} : { replyTo }),
    ...(note === undefined ? {} : { note }),
    place: message.place,
  }
}

export function printMessage(output: Output, message: MessageView): void {
  if (output.json) output.printJson(messageJson(message))
  else output.print(messageLine(output, message))
}

export function messageLine(output: Output, message: MessageView): string {
  const at = output.paint('dim', timeOf(message.sentAt))
  const author = message.isOwn ? `you → ${escapeLine(message.name)}` : escapeLine(message.name)
  const name = output.paint(message.isOwn ? 'cyan' : 'green', author)
  const mark = MARKS[message.state]
  const note = message.note === undefined ? '' : ` (${escapeLine(message.note)})`
  const end = mark === '' ? '' : ` ${output.paint('dim', `${mark}${note}`)}`
  return `${at} ${name}: ${escapeText(message.text, '    ')}${end}`
}

/** The hour for today, the day before that. */
export function timeOf(moment: string, now = new Date()): string {
  const date = new Date(moment)
  const two = (value: number) => String(value).padStart(2, '0')
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  const hour = `${two(date.getHours())}:${two(date.getMinutes())}`
  return date.toDateString() === now.toDateString() ? hour : `${day} ${hour}`
}
