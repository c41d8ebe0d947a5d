// What a verb writes to: data on stdout, everything else on stderr.
import { escapeLine } from './escape.ts'

export interface Io {
  readonly stdin: NodeJS.ReadStream
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
  readonly env: { readonly [name: string]: string | undefined }
}

export interface OutputOptions {
  readonly json: boolean
  readonly quiet: boolean
  readonly color: boolean
}

const COLORS = { dim: '2', bold: '1', red: '31', green: '32', yellow: '33', cyan: '36' } as const
const ESCAPE = '\u001b'

export class Output {
  readonly #io: Io
  readonly json: boolean
  readonly #quiet: boolean
  readonly #color: boolean
  /** What is redrawn stands on the last line, and is to be written over. */
  #isDrawn = false

  constructor(io: Io, { json, quiet, color }: OutputOptions) {
    this.#io = io
    this.json = json
    this.#quiet = quiet
    const { NO_COLOR, TERM } = io.env
    this.#color = color && !NO_COLOR && TERM !== 'dumb' && io.stdout.isTTY === true
  }

  get columns(): number {
    return Math.max(40, this.#io.stdout.columns ?? 80)
  }

  /** Somebody watches: progress may be drawn, questions may be asked. */
  get isInteractive(): boolean {
    return this.#io.stderr.isTTY === true && this.#io.stdin.isTTY === true && !this.json
  }

  /** Somebody looks at what is said. */
  get isWatched(): boolean {
    return this.#io.stderr.isTTY === true && !this.#quiet
  }

  /** In place of what was drawn last; an empty text leaves nothing behind. */
  redraw(text: string): void {
    const ending = text === '' ? '' : cut(text, this.roomForLine)
    this.#io.stderr.write(`\r${ESCAPE}[K${ending}`)
    this.#isDrawn = text !== ''
  }

  /** Characters in one line of what is watched, without breaking it. */
  get roomForLine(): number {
    const { columns = 80 } = this.#io.stderr
    return Math.max(1, columns - 1)
  }

  /** A line of data. What is in it from others must have been escaped. */
  print(line: string): void {
    this.#clear()
    this.#io.stdout.write(`${line}\n`)
  }

  /** One object, of which later versions may only have more. */
  printJson(value: object): void {
    this.print(JSON.stringify({ v: 1, ...value }))
  }

  /** A line for people, not for programs. */
  say(line: string): void {
    if (!this.#quiet) this.complain(line)
  }

  /** Also when quiet. */
  complain(line: string): void {
    this.#clear()
    this.#io.stderr.write(`${line}\n`)
  }

  #clear(): void {
    if (this.#isDrawn) this.redraw('')
  }

  paint(color: keyof typeof COLORS, text: string): string {
    return this.#color ? `${ESCAPE}[${COLORS[color]}m${text}${ESCAPE}[0m` : text
  }

  /** Columns padded to the widest, the last one cut at the edge of the terminal. */
  table(rows: readonly (readonly string[])[]): void {
    const safe = rows.map((row) => row.map(escapeLine))
    const widths: number[] = []
    for (const row of safe) {
      for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, cell.length)
    }
    for (const row of safe) {
      const cells = row.map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at]!)))
      const line = cells.join('  ')
      this.print(this.#io.stdout.isTTY ? cut(line, this.columns) : line)
    }
  }
}

function cut(line: string, columns: number): string {
  const characters = [...line]
  if (characters.length <= columns) return line
  return `${characters.slice(0, columns - 1).join('')}…`
}
