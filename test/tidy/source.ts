// Reads TypeScript well enough for rules about it: what is code and what is text, what is
// imported, where functions begin and end. Formatted code only: Biome runs before this.

/** Words after which a slash begins a regular expression. */
const BEFORE_REGEX =
  /(?:^|[^\s\w$.)\]}'"`]|\b(?:return|typeof|case|in|of|do|else|void|await|yield))\s*$/

class Masker {
  readonly #text: string
  readonly #out: string[]
  /** Depth of braces inside each open `${`. */
  readonly #templates: number[] = []
  #at = 0

  constructor(text: string) {
    this.#text = text
    this.#out = text.split('')
  }

  #blank(from: number, to: number): void {
    for (let i = from; i < to && i < this.#out.length; i++) {
      if (this.#out[i] !== '\n') this.#out[i] = ' '
    }
  }

  #skipTo(end: number, blankFrom = this.#at, blankTo = end): void {
    this.#blank(blankFrom, blankTo)
    this.#at = end
  }

  #find(needle: string, from: number): number {
    const found = this.#text.indexOf(needle, from)
    return found === -1 ? this.#text.length : found
  }

  /** The end of a quoted run: past the closing mark, or the end of the line if there is none. */
  #quoteEnd(quote: string): number {
    for (let i = this.#at + 1; i < this.#text.length; i++) {
      if (this.#text[i] === '\\') i++
      else if (this.#text[i] === quote) return i + 1
      else if (this.#text[i] === '\n') return i
    }
    return this.#text.length
  }

  #regexEnd(): number {
    let inClass = false
    for (let i = this.#at + 1; i < this.#text.length; i++) {
      const char = this.#text[i]
      if (char === '\\') i++
      else if (char === '[') inClass = true
      else if (char === ']') inClass = false
      else if (char === '\n') return i
      else if (char === '/' && !inClass) return i + 1
    }
    return this.#text.length
  }

  /** Blanks template text up to its end or to the next `${`, which is code again. */
  #template(): void {
    for (let i = this.#at + 1; i < this.#text.length; i++) {
      const opens = this.#text.startsWith('${', i)
      if (this.#text[i] === '\\') i++
      else if (opens || this.#text[i] === '`') {
        if (opens) this.#templates.push(0)
        this.#skipTo(i + (opens ? 2 : 1), this.#at + 1, i)
        return
      }
    }
    this.#skipTo(this.#text.length)
  }

  #brace(char: string): void {
    const last = this.#templates.length - 1
    const depth = last < 0 ? 0 : this.#templates[last]! + (char === '{' ? 1 : -1)
    if (depth < 0) {
      this.#templates.pop()
      this.#template()
      return
    }
    if (last >= 0) this.#templates[last] = depth
    this.#at++
  }

  #startsRegex(): boolean {
    return BEFORE_REGEX.test(this.#out.slice(Math.max(0, this.#at - 40), this.#at).join(''))
  }

  #step(): void {
    const char = this.#text[this.#at]!
    const two = this.#text.slice(this.#at, this.#at + 2)
    if (two === '//') this.#skipTo(this.#find('\n', this.#at))
    else if (two === '/*') this.#skipTo(this.#find('*/', this.#at + 2) + 2)
    else if (char === "'" || char === '"') {
      const end = this.#quoteEnd(char)
      this.#skipTo(end, this.#at + 1, end - 1)
    } else if (char === '`') this.#template()
    else if (char === '{' || char === '}') this.#brace(char)
    else if (char === '/' && this.#startsRegex()) {
      const end = this.#regexEnd()
      this.#skipTo(end, this.#at + 1, end - 1)
    } else this.#at++
  }

  run(): string {
    while (this.#at < this.#text.length) this.#step()
    return this.#out.join('')
  }
}

/** The same text, same offsets, with comments and the insides of strings turned to spaces. */
export function maskCode(text: string): string {
  return new Masker(text).run()
}

export interface Import {
  readonly specifier: string
  readonly offset: number
  readonly dynamic: boolean
}

export function importsOf(text: string): Import[] {
  const code = maskCode(text)
  const found: Import[] = []
  for (const match of code.matchAll(/\b(?:from|import)(\s*\()?\s*(['"])([^'"]*)\2/g)) {
    const from = match.index + match[0].length - 1 - match[3]!.length
    const specifier = text.slice(from, from + match[3]!.length)
    found.push({ specifier, offset: match.index, dynamic: match[1] !== undefined })
  }
  return found
}

export interface FunctionSpan {
  readonly offset: number
  readonly lines: number
  readonly name: string
  /** A callback of `test`, `describe` and the like. */
  readonly isTestBody: boolean
}

const CONTROL = /\b(?:if|for|while|switch|catch|with|await)\s*$/
const TEST_CALL = /(?:^|[^\w.])(?:test|describe|it|suite|t\.test|test\.\w+|describe\.\w+)\s*$/

function matchBack(code: string, close: number): number {
  const pairs: { [close: string]: string } = { ')': '(', ']': '[', '}': '{' }
  const open = pairs[code[close]!]!
  let depth = 0
  for (let i = close; i >= 0; i--) {
    if (code[i] === code[close]) depth++
    else if (code[i] === open && --depth === 0) return i
  }
  return -1
}

function matchForward(code: string, open: number): number {
  let depth = 0
  for (let i = open; i < code.length; i++) {
    if (code[i] === '{') depth++
    else if (code[i] === '}' && --depth === 0) return i
  }
  return code.length - 1
}

/** The opening parenthesis of the call that this offset is an argument of, or -1. */
function enclosingCall(code: string, offset: number): number {
  let i = offset - 1
  while (i >= 0) {
    if (code[i] === ')' || code[i] === ']' || code[i] === '}') i = matchBack(code, i) - 1
    else if (code[i] === '(') return i
    else if (code[i] === '{' || code[i] === ';') return -1
    else i--
  }
  return -1
}

/** Where the header of the function whose body opens here begins, or -1: not a function. */
function headerOf(code: string, brace: number): number {
  const before = code.slice(0, brace).trimEnd()
  if (before.endsWith('=>')) {
    const parameters = before.slice(0, -2).trimEnd()
    const typed = /\)\s*:\s*[^;={}()]+$/.exec(parameters)
    const close = typed === null ? parameters.length - 1 : typed.index
    return code[close] === ')' ? matchBack(code, close) : parameters.lastIndexOf('\n') + 1
  }
  const typed = /\)\s*:\s*[^;={}()]+$/.exec(before)
  const close = typed === null ? before.length - 1 : typed.index
  if (code[close] !== ')') return -1
  const open = matchBack(code, close)
  if (open < 0 || CONTROL.test(code.slice(Math.max(0, open - 12), open))) return -1
  return open
}

function nameBefore(code: string, offset: number): string {
  const line = code.slice(code.lastIndexOf('\n', offset - 1) + 1, offset)
  const match = /([\w$#]+)\s*(?:<[^>]*>)?\s*(?:[:=]\s*(?:async\s*)?)?$/.exec(line)
  return match?.[1]?.replace(/^async$/, 'a function') ?? 'a function'
}

/** Every function with a body in braces. The lines of test bodies inside it are not its own. */
export function functionsOf(text: string): FunctionSpan[] {
  const code = maskCode(text)
  const lineAt = (offset: number) => code.slice(0, offset).split('\n').length
  const found: (FunctionSpan & { readonly end: number })[] = []
  for (let brace = code.indexOf('{'); brace !== -1; brace = code.indexOf('{', brace + 1)) {
    const offset = headerOf(code, brace)
    if (offset < 0) continue
    const end = matchForward(code, brace)
    const call = enclosingCall(code, offset)
    const isTestBody = call > 0 && TEST_CALL.test(code.slice(Math.max(0, call - 30), call))
    const lines = lineAt(end) - lineAt(offset) + 1
    found.push({ offset, end, lines, name: nameBefore(code, offset), isTestBody })
  }
  return found.map((outer) => {
    const bodies = found.filter((f) => f.isTestBody && f.offset > outer.offset && f.end < outer.end)
    const outermost = bodies.filter(
      (f) => !bodies.some((other) => other.offset < f.offset && other.end > f.end),
    )
    const lines = outermost.reduce((left, f) => left - f.lines, outer.lines)
    return { offset: outer.offset, lines, name: outer.name, isTestBody: outer.isTestBody }
  })
}
