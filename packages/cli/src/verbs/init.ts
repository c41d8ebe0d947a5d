import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Failure } from '@ezchat/protocol/control/failures.ts'
import type { Command } from 'commander'
import type { Act, Context } from '../context.ts'
import { escapeLine } from '../escape.ts'
import { loadHost, readLine, readPassphrase } from '../host.ts'
import { withProgress } from '../progress.ts'
import { printQr } from '../qr.ts'

interface InitOptions {
  readonly name?: string
  readonly restore?: boolean
  readonly wordsFile?: string
  readonly passphrase?: boolean
  readonly alone?: boolean
  readonly bootstrap?: readonly string[]
  readonly network?: string
}

export function declareInit(program: Command, act: Act): void {
  program
    .command('init')
    .description('make keys and a configuration; again is harmless')
    .option('--name <name>', 'the name that others are told')
    .option('--restore', 'from 24 recovery words, on standard input')
    .option('--alone', 'with --restore: no other device has this identity')
    .option('--bootstrap <multiaddr...>', 'with --restore: nodes to ask for the other devices')
    .option('--network <file|invite>', 'another network than the default one')
    .option('--words-file <file>', 'write the recovery words there instead of showing them')
    .option('--passphrase', 'lock the home with a passphrase, on standard input')
    .action(
      act<InitOptions>(async (context, _args, options) => {
        const { initHome } = await loadHost()
        const { io, output, paths } = context
        const words = options.restore ? await readWords(context) : undefined
        const passphrase = options.passphrase ? await readNewPassphrase(context) : undefined
        const { bootstrap, network } = options
        const isNew = words === undefined
        const wordsFile = options.wordsFile ?? (isNew ? placeForWords(context) : undefined)
        const making = initHome(paths, {
          config: {
            ...(bootstrap === undefined ? {} : { bootstrap }),
            ...(network === undefined ? {} : { network: await readNetwork(network) }),
          },
          ...{ isAlone: options.alone === true, signal: context.signal },
          askPassphrase: () => readPassphrase(context),
          ...(options.name === undefined ? {} : { name: options.name }),
          ...(words === undefined ? {} : { words }),
          ...(passphrase === undefined ? {} : { passphrase }),
          ...(wordsFile === undefined ? {} : { wordsFile }),
        })
        const what = words === undefined ? 'making keys' : 'asking the network for your devices'
        const made = await withProgress(output, what, making)
        if (made.words !== null) tellOnce(context, made.words)
        else if (made.isNew && wordsFile !== undefined) tellPlace(context, wordsFile)
        if (output.json) return output.printJson({ address: made.address })
        output.print(made.address)
        if (io.stdout.isTTY) printQr(output, made.address)
        output.say(
          made.isNew ? 'Next: ezchat daemon' : 'This home was there already: nothing changed.',
        )
      }),
    )
}

/** Where no person sees them, they are not lost: nor do they go into a log or a pipe. */
function placeForWords({ io, paths }: Context): string | undefined {
  return io.stderr.isTTY ? undefined : join(dirname(paths.config), 'recovery-words.txt')
}

function tellPlace({ output }: Context, path: string): void {
  output.complain(
    `The 24 recovery words are in ${escapeLine(path)}: write them down, delete the file.`,
  )
}

function tellOnce({ output }: Context, words: string): void {
  output.complain('')
  output.complain('Write down these 24 words. Whoever has them is you; without them a lost disk is')
  output.complain('a lost identity. They are shown this once.')
  output.complain('')
  const list = words.split(' ')
  for (let row = 0; row < list.length; row += 6) {
    const line = list.slice(row, row + 6).map((word, at) => `${row + at + 1}. ${word}`.padEnd(14))
    output.complain(`  ${line.join('')}`)
  }
  output.complain('')
}

async function readWords({ io, output }: Context): Promise<string> {
  if (io.stdin.isTTY) output.say('The 24 words, in one line:')
  const line = await readLine(io.stdin, false)
  if (line.trim() === '') throw new Failure('WORDS_BAD', 'none on standard input')
  return line
}

async function readNewPassphrase({ io, output }: Context): Promise<string> {
  if (io.stdin.isTTY) io.stderr.write('New passphrase: ')
  const first = await readLine(io.stdin, io.stdin.isTTY)
  if (io.stdin.isTTY) {
    io.stderr.write('\nAgain: ')
    const second = await readLine(io.stdin, true)
    output.complain('')
    if (second !== first) throw new Failure('PASSPHRASE_WRONG', 'the two differ')
  }
  if (first === '') throw new Failure('PASSPHRASE_NEEDED', 'an empty one locks nothing')
  return first
}

/** Of a network: a descriptor in a file, or an invite. */
export async function readNetwork(given: string): Promise<string> {
  if (given.startsWith('ezchat:')) return given
  try {
    return (await readFile(given, 'utf8')).trim()
  } catch (cause: unknown) {
    throw new Failure('NETWORK_BAD', `cannot read ${escapeLine(given)}`, { cause })
  }
}
