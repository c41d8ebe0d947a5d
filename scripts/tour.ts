// npm run tour: a first session, really run, written to docs/tour.md. What differs from run to run
// is replaced by what is always the same. With --check it is compared instead.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Names } from './tour-names.ts'

const BIN = new URL('../packages/cli/src/bin.ts', import.meta.url).pathname
const PAGE = new URL('../docs/tour.md', import.meta.url).pathname
const READY = 'Ready.'
const TRIES_MAX = 60

const INTRODUCTION = `# A first session

Two people on one machine, and a node to begin with. Every line below was printed by the program: \`npm run tour\` runs it all again and writes this page. Addresses, keys, times and ports are replaced by others.
`

export class Tour {
  readonly #root = mkdtempSync(join(tmpdir(), 'ezchat-tour-'))
  readonly #names = new Names()
  readonly #daemons = new Map<string, ChildProcess>()
  #page = INTRODUCTION

  get page(): string {
    return this.#page
  }

  says(heading: string, text: string): void {
    this.#page += `\n## ${heading}\n\n${text}\n`
  }

  /** A verb to its end, again until it says what is awaited; what it printed, as it was. */
  async run(line: string, home: string, awaited = ''): Promise<string> {
    for (let left = TRIES_MAX; ; left--) {
      const child = this.#spawn(line, home)
      const printed = collect(child)
      await once(child, 'close')
      if (!printed().includes(awaited) && left > 0) continue
      this.#show(line, home, printed())
      return printed()
    }
  }

  /** Until it is ready. */
  async start(line: string, home: string): Promise<string> {
    const child = this.#spawn(line, home)
    this.#daemons.set(home, child)
    const printed = collect(child)
    while (!printed().includes(READY)) {
      if (child.exitCode !== null) throw new Error(`it ended: ${printed()}`)
      await Promise.race([once(child.stdout!, 'data'), once(child, 'exit')])
    }
    this.#show(line, home, printed())
    return printed()
  }

  async interrupt(home: string): Promise<void> {
    const child = this.#daemons.get(home)
    if (child === undefined || child.exitCode !== null) return
    const closed = once(child, 'close')
    child.kill('SIGINT')
    await closed
  }

  async end(): Promise<void> {
    await Promise.all([...this.#daemons.keys()].map((home) => this.interrupt(home)))
    rmSync(this.#root, { recursive: true, force: true })
  }

  #spawn(line: string, home: string): ChildProcess {
    const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare!)
    const { PATH = '', HOME = '' } = process.env
    // In one pipe, so that what is printed stays in its order.
    const command = ['-c', 'exec "$0" "$@" 2>&1', process.execPath, BIN, ...words]
    return spawn('sh', [...command, '--home', home], {
      cwd: this.#root,
      env: { PATH, HOME, NO_COLOR: '1', TZ: 'UTC' },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
  }

  #show(line: string, home: string, printed: string): void {
    const shown = this.#names.replace(`$ ezchat ${line} --home ${home}\n${printed.trimEnd()}`)
    this.#page += `\n\`\`\`\n${shown.trimEnd()}\n\`\`\`\n`
  }
}

function collect(child: ChildProcess): () => string {
  let text = ''
  child.stdout?.setEncoding('utf8').on('data', (chunk) => (text += chunk))
  return () => text
}

async function walk(tour: Tour): Promise<void> {
  tour.says(
    'A node to begin with',
    'Somebody has to be the first. It has no identity, only a peer key.',
  )
  const listen = '--no-web --listen /ip4/127.0.0.1/tcp/0'
  const node = await tour.start(`bootstrap ${listen}`, 'node')
  const [, address = ''] = /Listening on (\S+)/.exec(node) ?? []

  tour.says(
    'Alice',
    'She makes an identity. The words are shown once on a terminal, or go to a file.',
  )
  await tour.run('init --name alice --words-file words.txt', 'alice')
  await tour.start(`daemon ${listen} --bootstrap ${address}`, 'alice')
  const [invite = ''] = /ezchat:\S+/.exec(await tour.run('invite --expires 24h', 'alice')) ?? []

  tour.says('Bob', 'He does the same in a home of his own, adds her by her invite, and writes.')
  await tour.run('init --name bob --words-file words-of-bob.txt', 'bob')
  await tour.start(`daemon ${listen} --bootstrap ${address}`, 'bob')
  await tour.run(`add ${invite}`, 'bob')
  await tour.run('send alice "hello, it is bob" --wait delivered --timeout 5m', 'bob')

  tour.says('Reading and answering', 'He used her invite: he is a contact for her now.')
  await tour.run('contacts list', 'alice')
  await tour.run('read', 'alice')
  await tour.run('send bob "good to hear you" --wait delivered --timeout 5m', 'alice')
  await tour.run('read', 'bob')

  tour.says('Bob is away', 'His daemon is ended with Ctrl-C. The carriers keep what she writes.')
  await tour.interrupt('bob')
  await tour.run('send bob "see you tomorrow" --wait stored --timeout 5m', 'alice')
  await tour.run('outbox', 'alice')
  await tour.run('read --limit 1', 'bob')

  tour.says('Bob is back', 'He has it, and she learns of it.')
  await tour.start(`daemon ${listen} --bootstrap ${address}`, 'bob')
  await tour.run('send alice "I am back" --wait delivered --timeout 5m', 'bob')
  await tour.run('read', 'bob', 'see you tomorrow')
  await tour.run('contacts show alice', 'bob')
  await tour.run('send nobody "hi"', 'bob')
}

const tour = new Tour()
try {
  await walk(tour)
} finally {
  await tour.end()
}
if (!process.argv.includes('--check')) writeFileSync(PAGE, tour.page)
else if (readFileSync(PAGE, 'utf8') !== tour.page) {
  process.stdout.write(tour.page)
  process.stderr.write('docs/tour.md is not what the program says now: npm run tour\n')
  process.exitCode = 1
}
