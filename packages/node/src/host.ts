// What a program that hosts a peer on this machine needs. Light: the network's libraries are loaded
// when a peer is started.
import type { HomePaths } from '@ezchat/protocol/control/home-paths.ts'
import type { Initialised, InitTerms } from './host/init-home.ts'
import type { OfflineHome } from './host/offline.ts'
import type { AskPassphrase } from './host/open-home.ts'
import type { Daemon, DaemonOptions } from './host/run-daemon.ts'

export { checkConfig, readConfig, writeConfig } from './host/config-file.ts'
export { examineHome } from './host/examine-home.ts'

export async function initHome(paths: HomePaths, terms: InitTerms): Promise<Initialised> {
  return (await import('./host/init-home.ts')).initHome(paths, terms)
}

export async function openOffline(
  paths: HomePaths,
  terms: { readonly askPassphrase: AskPassphrase },
): Promise<OfflineHome> {
  return (await import('./host/offline.ts')).openOffline(paths, terms)
}

export async function runDaemon(paths: HomePaths, options: DaemonOptions): Promise<Daemon> {
  return (await import('./host/run-daemon.ts')).runDaemon(paths, options)
}
