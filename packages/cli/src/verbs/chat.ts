import { createInterface } from 'node:readline'
import { Failure } from '@ezchat/protocol/control/failures.ts'
import type { Command } from 'commander'
import { draw } from '../chat/screen.ts'
import { Talk } from '../chat/talk.ts'
import { Terminal } from '../chat/terminal.ts'
import type { Client } from '../client.ts'
import type { Act, Context } from '../context.ts'
import { escapeLine } from '../escape.ts'
import { printMessage } from '../show-message.ts'

const HELP = 'Enter sends, PgUp/PgDn scroll, /to NAME changes, /quit or Ctrl-C ends'

export function declareChat(program: Command, act: Act): void {
  program
    .command('chat')
    .description('talk to somebody in this terminal')
    .argument('[peer]', 'the first contact if left out')
    .action(
      act(async (context, [peer]) => {
        const client = await context.client()
        const talk = await Talk.open(client, peer ?? (await firstContact(client)))
        if (context.io.stdout.isTTY && context.io.stdin.isTTY) {
          await new Chat(context, client, talk).run()
        } else await chatByLines(context, client, talk)
      }),
    )
}

async function firstContact(client: Client): Promise<string> {
  const { contacts } = await client.call('contacts.list', { standing: 'contact' })
  const [first] = contacts
  if (first === undefined) throw new Failure('PEER_UNKNOWN', 'there are no contacts yet')
  return first.address
}

/** Without a terminal: each line is a message, and messages come out as `read` shows them. */
async function chatByLines(context: Context, client: Client, talk: Talk): Promise<void> {
  const { io, output } = context
  client.onEvent((event) => {
    if (!talk.hear(event) || event.kind !== 'message' || event.message === undefined) return
    if (!event.message.isOwn) printMessage(output, event.message)
  })
  await client.call('watch', {})
  for await (const line of createInterface({ input: io.stdin })) {
    if (line.trim() !== '') await talk.say(line)
  }
}

class Chat {
  readonly #context: Context
  readonly #client: Client
  #talk: Talk
  #notice = HELP
  #back = 0
  #terminal: Terminal | null = null

  constructor(context: Context, client: Client, talk: Talk) {
    this.#context = context
    this.#client = client
    this.#talk = talk
  }

  async run(): Promise<void> {
    const { io, signal } = this.#context
    let isGone = false
    try {
      await new Promise<void>((resolve) => {
        this.#terminal = new Terminal(io, {
          onLine: (line) => void this.#take(line, resolve),
          onChange: () => this.#draw(),
          onScroll: (lines) => void this.#scroll(lines),
          onEnd: resolve,
        })
        this.#client.onEvent((event) => {
          if (this.#talk.hear(event)) this.#draw()
          else if (event.kind === 'message') this.#say(`${event.message?.name} has written`)
          else if (event.kind === 'notice') this.#say(event.text ?? '')
        })
        void this.#client.call('watch', {}).catch((error: unknown) => this.#complain(error))
        void this.#client.closed.then(() => {
          isGone = true
          resolve()
        })
        signal.addEventListener('abort', () => resolve(), { once: true })
        this.#draw()
      })
    } finally {
      this.#terminal?.close()
    }
    if (isGone) throw new Failure('NO_DAEMON', 'it has stopped')
  }

  async #take(line: string, end: () => void): Promise<void> {
    const text = line.trim()
    this.#back = 0
    try {
      if (text === '/quit') return end()
      if (text === '/help') return this.#say(HELP)
      if (text.startsWith('/to ')) {
        this.#talk = await Talk.open(this.#client, text.slice('/to '.length).trim())
        return this.#say(HELP)
      }
      if (text !== '') await this.#talk.say(line)
      this.#draw()
    } catch (error: unknown) {
      this.#complain(error)
    }
  }

  async #scroll(lines: number): Promise<void> {
    const terminal = this.#terminal
    if (terminal === null) return
    this.#back = Math.max(0, this.#back + lines)
    const { backMax } = this.#draw()
    if (this.#back < backMax) return
    this.#back = backMax
    if (lines <= 0) return
    try {
      if (await this.#talk.lookBack()) this.#draw()
    } catch (error: unknown) {
      this.#complain(error)
    }
  }

  #draw() {
    const { title, scene } = this.#scene()
    const terminal = this.#terminal
    const picture = draw({ title, ...scene }, terminal?.size ?? { columns: 80, rows: 24 })
    terminal?.draw(picture)
    return picture
  }

  #scene() {
    const { name, address, messages } = this.#talk
    const { line = '', cursor = 0 } = this.#terminal ?? {}
    const scene = { messages, notice: this.#notice, line, cursor, back: this.#back }
    return { title: `${name} – ${address}`, scene }
  }

  #say(notice: string): void {
    this.#notice = notice
    this.#draw()
  }

  #complain(error: unknown): void {
    if (!(error instanceof Failure)) throw error
    this.#say(`${escapeLine(error.message)}. ${error.advice}`)
  }
}
