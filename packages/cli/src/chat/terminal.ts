// A whole terminal for as long as a chat lasts: keys in, pictures out.
import { createInterface, type Interface } from 'node:readline'
import { Writable } from 'node:stream'
import type { Io } from '../io.ts'
import type { Picture, Size } from './screen.ts'

const ESCAPE = '\u001b['

export interface TerminalEvents {
  readonly onLine: (line: string) => void
  readonly onChange: () => void
  readonly onScroll: (lines: number) => void
  readonly onEnd: () => void
}

export class Terminal {
  readonly #io: Io
  readonly #reader: Interface
  readonly #onResize: () => void

  constructor(io: Io, events: TerminalEvents) {
    this.#io = io
    // Editing is readline's; what it would draw goes nowhere, since all is drawn here.
    const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
    this.#reader = createInterface({ input: io.stdin, output: nowhere, terminal: true })
    this.#reader.on('line', (line) => events.onLine(line))
    this.#reader.on('SIGINT', () => events.onEnd())
    this.#reader.on('close', () => events.onEnd())
    io.stdin.on('keypress', (_text, key: { name?: string } | undefined) => {
      if (key?.name === 'pageup') events.onScroll(this.size.rows - 4)
      else if (key?.name === 'pagedown') events.onScroll(4 - this.size.rows)
      // readline hears the key at the same time: what it makes of it is there a moment later.
      else setImmediate(events.onChange)
    })
    this.#onResize = () => events.onChange()
    io.stdout.on('resize', this.#onResize)
    this.#write(`${ESCAPE}?1049h`)
  }

  get size(): Size {
    const { columns = 80, rows = 24 } = this.#io.stdout
    return { columns: Math.max(20, columns), rows: Math.max(4, rows) }
  }

  get line(): string {
    return this.#reader.line
  }

  get cursor(): number {
    return this.#reader.cursor
  }

  draw({ lines, cursorColumn }: Picture): void {
    const drawn = lines.map((line, row) => `${ESCAPE}${row + 1};1H${line}${ESCAPE}K`).join('')
    const cursor = `${ESCAPE}${lines.length};${cursorColumn + 1}H`
    this.#write(`${ESCAPE}?25l${drawn}${ESCAPE}J${cursor}${ESCAPE}?25h`)
  }

  close(): void {
    this.#io.stdout.off('resize', this.#onResize)
    this.#reader.removeAllListeners('close')
    this.#reader.close()
    this.#write(`${ESCAPE}?1049l`)
  }

  #write(text: string): void {
    this.#io.stdout.write(text)
  }
}
