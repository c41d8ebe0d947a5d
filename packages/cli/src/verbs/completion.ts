import type { Command } from 'commander'
import type { Act } from '../context.ts'
import { usage } from '../usage.ts'

interface Verb {
  readonly name: string
  readonly says: string
  /** Its own verbs and options. */
  readonly words: readonly string[]
}

export function declareCompletion(program: Command, act: Act): void {
  program
    .command('completion')
    .description('a script for the shell: eval "$(ezchat completion bash)"')
    .argument('<shell>', 'bash, zsh or fish')
    .action(
      act(async ({ output }, [shell = '']) => {
        const write = SHELLS[shell] ?? usage(`no script for ${shell}: bash, zsh or fish`)
        output.print(write(verbsOf(program)).trimEnd())
      }),
    )
}

function verbsOf(program: Command): Verb[] {
  return program.commands.map((command) => ({
    name: command.name(),
    says: command.description().replaceAll(/['"`$\\]/g, ''),
    words: [
      ...command.commands.map((each) => each.name()),
      ...[...command.options, ...program.options].flatMap(({ long }) => (long ? [long] : [])),
    ],
  }))
}

const SHELLS: { readonly [shell: string]: (verbs: readonly Verb[]) => string } = {
  bash: (verbs) => `_ezchat() {
  local current=\${COMP_WORDS[COMP_CWORD]} verb=\${COMP_WORDS[1]} words
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="${verbs.map(({ name }) => name).join(' ')}"
  else
    case "$verb" in
${verbs.map(({ name, words }) => `      ${name}) words="${words.join(' ')}" ;;`).join('\n')}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _ezchat ezchat`,

  zsh: (verbs) => `#compdef ezchat
_ezchat() {
  local -a verbs
  verbs=(
${verbs.map(({ name, says }) => `    '${name}:${says}'`).join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe verb verbs
  else
    case "$words[2]" in
${verbs.map(({ name, words }) => `      ${name}) compadd -- ${words.join(' ')} ;;`).join('\n')}
    esac
  fi
}
compdef _ezchat ezchat`,

  fish: (verbs) =>
    [
      'complete -c ezchat -f',
      ...verbs.map(({ name, says }) => {
        return `complete -c ezchat -n __fish_use_subcommand -a ${name} -d '${says}'`
      }),
      ...verbs.map(({ name, words }) => {
        const seen = `'__fish_seen_subcommand_from ${name}'`
        return `complete -c ezchat -n ${seen} -a '${words.join(' ')}'`
      }),
    ].join('\n'),
}
