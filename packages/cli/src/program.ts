// All verbs, in the order of the help.
import { Command } from 'commander'
import type { Act } from './context.ts'
import { declareAdd } from './verbs/add.ts'
import { declareChat } from './verbs/chat.ts'
import { declareCompletion } from './verbs/completion.ts'
import { declareConfig } from './verbs/config.ts'
import { declareContacts } from './verbs/contacts.ts'
import { declareBootstrap, declareDaemon } from './verbs/daemon.ts'
import { declareDoctor } from './verbs/doctor.ts'
import { declareId } from './verbs/id.ts'
import { declareInit } from './verbs/init.ts'
import { declareInvite } from './verbs/invite.ts'
import { declareOutbox } from './verbs/outbox.ts'
import { declarePaths } from './verbs/paths.ts'
import { declarePeers } from './verbs/peers.ts'
import { declarePing } from './verbs/ping.ts'
import { declareRead } from './verbs/read.ts'
import { declareRpc } from './verbs/rpc.ts'
import { declareSend } from './verbs/send.ts'
import { declareShow } from './verbs/show.ts'
import { declareStatus } from './verbs/status.ts'
import { declareStop } from './verbs/stop.ts'
import { declareTail } from './verbs/tail.ts'

const VERBS = [
  ...[declareInit, declareDaemon, declareBootstrap],
  ...[declareId, declareInvite, declareAdd, declareContacts],
  ...[declareSend, declareRead, declareTail, declareOutbox, declareShow, declareChat],
  ...[declareStatus, declarePeers, declarePing, declareDoctor, declarePaths, declareConfig],
  ...[declareCompletion, declareRpc, declareStop],
]

const LAST = `
First steps:
  ezchat init                 make an identity
  ezchat daemon               be part of the network
  ezchat invite               a link for somebody else, who runs: ezchat add <invite>
  ezchat send bob "hello"     there or away
  ezchat read                 what was written

Exit codes: 0 ok, 1 you can mend it, 2 usage, 3 daemon, network or disk, 4 not trusted, 5 quota,
6 timed out and still queued, 70 a bug, 130 interrupted.`

export function buildProgram(act: Act, version: string): Command {
  const program = new Command('ezchat')
    .description('A private chat network with no server in the middle.')
    .version(version)
    .option('--home <directory>', 'where everything is kept (EZCHAT_HOME)')
    .option('--json', 'one JSON object a line on stdout')
    .option('--quiet', 'say nothing that was not asked for')
    .option('--no-color', 'no colours (NO_COLOR)')
    .addHelpText('after', LAST)
    .showHelpAfterError('(ezchat --help shows all verbs)')
    .showSuggestionAfterError()
    .enablePositionalOptions(false)
    .exitOverride()
  for (const declare of VERBS) declare(program, act)
  for (const command of allOf(program)) command.exitOverride()
  return program
}

function allOf(command: Command): Command[] {
  return command.commands.flatMap((each) => [each, ...allOf(each)])
}
