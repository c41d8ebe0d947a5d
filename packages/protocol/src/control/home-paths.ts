// Where a person's ezchat lives on disk, so that the daemon and its clients find each other.

export interface HomeSurroundings {
  /** `--home`, or EZCHAT_HOME: everything in one directory. */
  readonly home: string | null
  readonly userHome: string
  readonly configHome: string | undefined
  readonly dataHome: string | undefined
  readonly runtimeDirectory: string | undefined
  readonly temporaryDirectory: string
  readonly userName: string
  /** Short and the same for the same text: names a directory for a socket whose own is too long. */
  readonly hash: (text: string) => string
}

export interface HomePaths {
  readonly config: string
  /** Keys, history, envelopes. */
  readonly data: string
  /** Only while a daemon runs. */
  readonly run: string
  readonly socket: string
  /** Of the loopback WebSocket: good for as long as the daemon runs. */
  readonly token: string
}

/** What a Unix socket's name may have on every platform, with its final zero. */
const SOCKET_BYTES_MAX = 103

export function homePaths(around: HomeSurroundings): HomePaths {
  const { home, userHome, configHome, dataHome, runtimeDirectory } = around
  if (home !== null) {
    const run = shortEnough(`${home}/run`, around)
    return { config: `${home}/config.json`, data: `${home}/data`, ...inside(run) }
  }
  const config = `${configHome || `${userHome}/.config`}/ezchat/config.json`
  const data = `${dataHome || `${userHome}/.local/share`}/ezchat`
  const run = runtimeDirectory ? `${runtimeDirectory}/ezchat` : `${data}/run`
  return { config, data, ...inside(shortEnough(run, around)) }
}

function inside(run: string): Pick<HomePaths, 'run' | 'socket' | 'token'> {
  return { run, socket: `${run}/socket`, token: `${run}/token` }
}

function shortEnough(run: string, around: HomeSurroundings): string {
  const bytesLength = new TextEncoder().encode(`${run}/socket`).length
  if (bytesLength <= SOCKET_BYTES_MAX) return run
  return `${around.temporaryDirectory}/ezchat-${around.userName}-${around.hash(run)}`
}
