// `ezchat daemon` and `ezchat bootstrap`: from a home to a peer that is ready, and to its end.
import { rm } from 'node:fs/promises'
import type { Config } from '@ezchat/protocol/control/config.ts'
import { Failure } from '@ezchat/protocol/control/failures.ts'
import type { HomePaths } from '@ezchat/protocol/control/home-paths.ts'
import { CatchUp } from '../catch-up.ts'
import { refusingVerbs, type Verbs } from '../control/dispatcher.ts'
import type { EventSource } from '../control/event-source.ts'
import { serveUnixSocket } from '../control/unix-socket.ts'
import { serveWebSocket } from '../control/web-socket.ts'
import type { Messenger } from '../messenger/messenger.ts'
import { openMessenger } from '../messenger/open-messenger.ts'
import { openLevelKeyValue } from '../store/level-store.ts'
import { CatchUpReports, type TellProgress } from './catch-up-reports.ts'
import { Closings } from './closings.ts'
import { composePeer, type Peer } from './compose-peer.ts'
import { DaemonLog } from './daemon-log.ts'
import { dummyLane } from './dummy-lane.ts'
import { startFailure } from './failures.ts'
import { messengerVerbs } from './messenger-verbs.ts'
import {
  type AskPassphrase,
  drawToken,
  type OpenedHome,
  openHistory,
  openHome,
} from './open-home.ts'
import { openRoutes } from './open-routes.ts'
import { writeOwnerFile } from './owner-file.ts'
import { peerVerbs } from './peer-verbs.ts'
import type { Running } from './running.ts'

export interface DaemonOptions {
  readonly profile: 'person' | 'bootstrap'
  readonly config: Partial<Config>
  readonly version: string
  readonly log: (line: string) => void
  /** While it catches up with what came while it was away, if that takes longer than a second. */
  readonly onProgress?: TellProgress
  readonly askPassphrase: AskPassphrase
}

export interface Daemon {
  readonly ready: {
    readonly peer: string
    readonly listen: readonly string[]
    /** With a token for one login. */
    readonly web: string | null
  }
  /** Resolves at the end: null when it was asked for. */
  readonly stopped: Promise<Failure | null>
  stop(): Promise<void>
}

export async function runDaemon(paths: HomePaths, options: DaemonOptions): Promise<Daemon> {
  const closings = new Closings()
  try {
    return await start(paths, options, closings)
  } catch (error: unknown) {
    await closings.close()
    throw startFailure(error)
  }
}

async function start(
  paths: HomePaths,
  options: DaemonOptions,
  closings: Closings,
): Promise<Daemon> {
  const home = await openHome(paths, options.config)
  const { clock, joined } = home
  const log = new DaemonLog(options.log, clock)
  const ended = Promise.withResolvers<Failure | null>()
  const end = (failure: Failure | null) => {
    void closings.close().then(
      () => ended.resolve(failure),
      (error: unknown) => ended.reject(error),
    )
  }
  const onFailure = (error: unknown) => {
    log.failure(error)
    end(new Failure('DISK', error instanceof Error ? error.message : undefined))
  }
  const catchUp = new CatchUp(clock)
  const { profile, version, onProgress: tell = () => undefined } = options
  const progress = new CatchUpReports({ clock, catchUp, tell })
  closings.add(async () => progress.close())
  const { peer, messenger } =
    profile === 'bootstrap'
      ? { peer: await publicPeer(home, { log, catchUp }, closings), messenger: null }
      : await ownPeer(home, { ...options, log, catchUp, onFailure }, closings)
  const running: Running = {
    ...{ peer, messenger, clock, network: joined.network, version, progress },
    directory: paths.data,
    startedMs: clock.monotonicMs(),
    // Whoever asked for it is answered first.
    stop: () => void clock.after(0, () => end(null)),
  }
  const web = await serve(paths, home, { running, log, closings })
  const ready = { peer: peer.wire.self, listen: peer.wire.addresses(), web }
  return {
    ready,
    stopped: ended.promise,
    async stop() {
      end(null)
      await ended.promise
    },
  }
}

interface PeerTerms {
  readonly log: DaemonLog
  readonly catchUp: CatchUp
}

async function publicPeer(
  home: OpenedHome,
  { log, catchUp }: PeerTerms,
  closings: Closings,
): Promise<Peer> {
  const outbox = await openLevelKeyValue(home.files.history)
  closings.add(() => outbox.close())
  const peer = await composePeer({
    ...home,
    ...{ kind: 'bootstrap', outbox, catchUp },
    dummyAddress: () => null,
    report: (error) => log.report(error),
    onBug: (error) => log.failure(error),
  })
  closings.add(() => peer.close())
  return peer
}

interface OwnPeerTerms extends PeerTerms {
  readonly askPassphrase: AskPassphrase
  readonly onFailure: (error: unknown) => void
}

async function ownPeer(
  home: OpenedHome,
  { askPassphrase, log, catchUp, onFailure }: OwnPeerTerms,
  closings: Closings,
): Promise<{ peer: Peer; messenger: Messenger }> {
  const { crypto, clock, joined, config } = home
  const { keyValue, vault } = await openHistory(home, askPassphrase, closings)
  let messenger: Messenger | null = null
  const dummyTo = dummyLane({ crypto, clock, networkId: joined.network.id })
  const peer = await composePeer({
    ...home,
    ...{ kind: 'person', outbox: keyValue, catchUp },
    dummyAddress: () => (messenger === null ? null : dummyTo(messenger.identity().homeShard)),
    report: (error) => log.report(error),
    onBug: (error) => log.failure(error),
  })
  closings.add(() => peer.close())
  messenger = await openMessenger({
    ...{ crypto, clock, network: joined.network, vault, catchUp, onFailure },
    courier: peer.courier,
    arrivals: peer.store,
    routes: openRoutes(home, peer),
    hints: () => peer.hints(messenger?.identity().homeShard ?? null),
    onBug: (error) => log.failure(error),
  })
  const { homeShard, name } = messenger.identity()
  const owner = messenger
  peer.carrier.ownership.claim({ isOwn: (mailbox) => owner.owns(mailbox), shards: [homeShard] })
  closings.add(() => owner.close())
  if (config.name !== '' && config.name !== name) await messenger.rename(config.name)
  await messenger.setReadReceipts(config.readReceipts)
  return { peer, messenger }
}

interface Serving {
  readonly running: Running
  readonly log: DaemonLog
  readonly closings: Closings
}

/** The address of the WebSocket, if there is one. */
async function serve(
  { socket, token: tokenPath }: HomePaths,
  { config }: OpenedHome,
  { running, log, closings }: Serving,
): Promise<string | null> {
  const { messenger, progress } = running
  const events: EventSource = messenger ?? NO_EVENTS
  const onBug = (error: unknown) => log.failure(error)
  const init = { verbs: verbsOf(running), events, progress, onBug }
  const server = await serveUnixSocket(socket, init)
  closings.add(() => server.close())
  if (config.web === null) return null
  const { host, port } = loopbackPlace(config.web)
  const token = drawToken()
  const web = await serveWebSocket({ ...init, host, port, token, drawToken })
  closings.add(() => web.close())
  await writeOwnerFile(tokenPath, `${token}\n`)
  closings.add(() => rm(tokenPath, { force: true }))
  return web.mintUrl()
}

function verbsOf(running: Running): Verbs {
  const { messenger, peer, network } = running
  const where = { peer: peer.wire.self, networkName: network.name }
  const own = messenger === null ? {} : messengerVerbs(messenger, where)
  const refusing = refusingVerbs('NO_HOME', 'a public node has no identity')
  return { ...refusing, ...own, ...peerVerbs(running) }
}

const NO_EVENTS: EventSource = {
  cursor: '0',
  after: async (cursor) => ({ events: [], cursor }),
  onNew: () => () => undefined,
}

const LOOPBACK_HOSTS = ['127.0.0.1', 'localhost', '[::1]', '::1']

/** Beyond this machine it would need a certificate and a password. */
function loopbackPlace(place: string): { host: string; port: number } {
  const at = place.lastIndexOf(':')
  const host = place.slice(0, at)
  const port = Number(place.slice(at + 1))
  const isPort = Number.isInteger(port) && port >= 0 && port <= 65_535
  if (!LOOPBACK_HOSTS.includes(host) || !isPort) {
    throw new Failure('CONFIG_BAD', `the WebSocket listens on loopback only, not on ${place}`)
  }
  return { host: host.replaceAll(/[[\]]/g, ''), port }
}
