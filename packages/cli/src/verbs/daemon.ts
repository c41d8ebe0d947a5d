import { type Config, parseBytes } from '@ezchat/protocol/control/config.ts'
import { Failure } from '@ezchat/protocol/control/failures.ts'
import { type Command, Option } from 'commander'
import { CatchUpLine } from '../catch-up.ts'
import type { Act, Context } from '../context.ts'
import { loadHost, readPassphrase } from '../host.ts'
import { usage } from '../usage.ts'
import { VERSION } from '../version.ts'
import { holdYoungHeap, releaseYoungHeap } from '../young-heap.ts'
import { readNetwork } from './init.ts'

interface DaemonFlags {
  readonly listen?: readonly string[]
  readonly announce?: readonly string[]
  readonly bootstrap?: readonly string[]
  readonly network?: string
  readonly carry?: Config['carry']
  readonly quota?: string
  readonly privacy?: Config['privacy']
  readonly web?: string | false
}

export function declareDaemon(program: Command, act: Act): void {
  const daemon = program
    .command('daemon')
    .description('be a peer of the network, in the foreground, until Ctrl-C')
  withFlags(daemon)
    .addOption(
      new Option('--privacy <mode>', 'how messages leave').choices(['direct', 'stem', 'cover']),
    )
    .action(act<DaemonFlags>((context, _args, flags) => run(context, 'person', flags)))
}

export function declareBootstrap(program: Command, act: Act): void {
  const bootstrap = program
    .command('bootstrap')
    .description(
      'be a public node that others begin with; costs bandwidth, see bootstrap/README.md',
    )
  withFlags(bootstrap).action(
    act<DaemonFlags>((context, _args, flags) => run(context, 'bootstrap', flags)),
  )
}

function withFlags(command: Command): Command {
  return command
    .option('--listen <multiaddr...>', 'where to listen')
    .option('--announce <multiaddr...>', 'where others find us, if not there')
    .option('--bootstrap <multiaddr...>', 'nodes to begin with')
    .option('--network <file|invite>', 'another network than the default one')
    .addOption(
      new Option('--carry <shards>', 'for whom to keep messages').choices(['auto', 'all', 'own']),
    )
    .option('--quota <size>', 'disk for the messages of all: 10GiB')
    .option('--web <host:port>', 'where the loopback WebSocket listens')
    .option('--no-web', 'no WebSocket')
}

async function run(
  context: Context,
  profile: 'person' | 'bootstrap',
  flags: DaemonFlags,
): Promise<void> {
  const { output, paths, signal } = context
  const config = await configOf(flags)
  holdYoungHeap()
  const { runDaemon } = await loadHost()
  const line = new CatchUpLine(output)
  const daemon = await runDaemon(paths, {
    ...{ profile, config, version: VERSION },
    log: (text) => output.say(text),
    onProgress: (syncing, isOver) => line.show(syncing, isOver),
    askPassphrase: () => readPassphrase(context),
  })
  releaseYoungHeap()
  const { peer, listen, web } = daemon.ready
  if (output.json)
    output.printJson({ event: 'ready', peer, listen, ...(web === null ? {} : { web }) })
  else {
    output.say(`Peer ${peer}`)
    for (const multiaddr of listen) output.say(`Listening on ${multiaddr}`)
    // With its login for whoever sits there; a log keeps what must not be kept.
    const shown = context.io.stderr.isTTY ? web : web?.replace(/#.*/, '')
    if (web !== null) output.say(`Control API at ${shown}`)
    output.say('Ready. Ctrl-C ends it.')
  }
  const stop = () => void daemon.stop()
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  const failure = await daemon.stopped
  // All is closed. libp2p leaves timers behind that would keep the process for two more seconds.
  setImmediate(() => process.exit())
  if (failure !== null) throw failure
  output.say('Stopped.')
}

async function configOf(flags: DaemonFlags): Promise<Partial<Config>> {
  const { listen, announce, bootstrap, network, carry, quota, privacy, web } = flags
  const quotaBytes = quota === undefined ? undefined : parseBytes(quota)
  if (quotaBytes === null) usage(`no size: ${quota}`)
  const given: { [name: string]: unknown } = {
    ...{ listen, announce, bootstrap, carry, quotaBytes, privacy },
    network: network === undefined ? undefined : await readNetwork(network),
    // commander says true where neither --web nor --no-web was written.
    web: web === false ? null : typeof web === 'string' ? web : undefined,
  }
  if (typeof web === 'string' && !/^\S+:\d{1,5}$/.test(web)) {
    throw new Failure('CONFIG_BAD', `--web wants HOST:PORT, got ${web}`)
  }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}
