// A home without a daemon: what is written waits in the outbox, what was read can be read again.
import type { HomePaths } from '@ezchat/protocol/control/home-paths.ts'
import { dispatch, refusingVerbs, type ServedName, type Verbs } from '../control/dispatcher.ts'
import { failureFrom } from '../control/failure-from.ts'
import { Outbox } from '../courier/outbox.ts'
import { WriteQueue } from '../courier/write-queue.ts'
import type { CourierPort } from '../messenger/courier-port.ts'
import type { Messenger } from '../messenger/messenger.ts'
import { loadMessenger } from '../messenger/open-messenger.ts'
import { peerIdOf } from '../net/peer-id.ts'
import { Closings } from './closings.ts'
import { startFailure } from './failures.ts'
import { messengerVerbs } from './messenger-verbs.ts'
import {
  type AskPassphrase,
  type OpenedHistory,
  type OpenedHome,
  openHistory,
  openHome,
} from './open-home.ts'

export interface OfflineHome {
  call(method: string, params: unknown): Promise<unknown>
  close(): Promise<void>
}

export async function openOffline(
  paths: HomePaths,
  { askPassphrase }: { readonly askPassphrase: AskPassphrase },
): Promise<OfflineHome> {
  const closings = new Closings()
  try {
    const home = await openHome(paths, {})
    const history = await openHistory(home, askPassphrase, closings)
    const messenger = await loadOffline(home, history)
    closings.add(() => messenger.close())
    const verbs = offlineVerbs(home, messenger)
    const { signal } = new AbortController()
    return {
      async call(method, params) {
        try {
          return await dispatch(verbs, method as ServedName, params, { signal })
        } catch (error: unknown) {
          throw failureFrom(error)
        }
      },
      close: () => closings.close(),
    }
  } catch (error: unknown) {
    await closings.close()
    throw startFailure(error)
  }
}

/** Without anybody who could be asked: nothing arrives, and nothing leaves. */
export function loadOffline(home: OpenedHome, history: OpenedHistory): Promise<Messenger> {
  const { crypto, clock, joined, config } = home
  return loadMessenger({
    ...{ crypto, clock, network: joined.network, vault: history.vault },
    courier: waitingCourier(home, history),
    arrivals: NOTHING_ARRIVES,
    routes: { find: async () => [], publish: async () => 0 },
    hints: () => config.bootstrap,
    onFailure: rethrow,
    onBug: rethrow,
  })
}

function rethrow(error: unknown): never {
  throw error
}

const NOTHING_ARRIVES = {
  epoch: new Uint8Array(16),
  arrivalLast: 0,
  fetch: async () => ({ envelopes: [], position: null }),
  watch: () => () => undefined,
}

/** What it is given is on disk with the message, for the daemon's courier to find. */
function waitingCourier(
  { crypto, clock, joined }: OpenedHome,
  history: OpenedHistory,
): CourierPort {
  const { keyValue } = history
  const writes = new WriteQueue(keyValue, () => undefined)
  const outbox = new Outbox({ crypto, network: joined.network, keyValue, writes })
  return {
    draft: (items) => outbox.draft(items, clock.nowMs()),
    accepted: () => undefined,
    watch: () => () => undefined,
    withdraw: () => undefined,
    story: (reference) => outbox.record(reference),
  }
}

function offlineVerbs({ crypto, joined, peerSeed }: OpenedHome, messenger: Messenger): Verbs {
  const peer = peerIdOf(crypto.ed25519Public(peerSeed))
  const own = messengerVerbs(messenger, { peer, networkName: joined.network.name })
  return { ...refusingVerbs('NO_DAEMON'), ...own }
}
