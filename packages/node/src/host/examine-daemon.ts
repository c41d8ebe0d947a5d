// What could be wrong with a daemon that runs.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { CheckView } from '@ezchat/protocol/control/values.ts'
import { diskCheck } from './examine-home.ts'
import type { Running } from './running.ts'

const LOOP_MS_MAX = 200
const QUEUED_MS_MAX = 3_600_000

const loop = monitorEventLoopDelay({ resolution: 20 })
loop.enable()

/** In words, for `status`: of all that is looked at, what stops a daemon from doing its work. */
export async function problemsOf(running: Running): Promise<string[]> {
  const checks = [storeCheck(running), courierCheck(running), await diskCheck(running.directory)]
  return checks
    .filter(({ verdict }) => verdict === 'failure')
    .map(({ name, detail }) => `${name}: ${detail}`)
}

export async function examineDaemon(running: Running): Promise<CheckView[]> {
  return [
    peersCheck(running),
    carriersCheck(running),
    storeCheck(running),
    courierCheck(running),
    await queueCheck(running),
    await diskCheck(running.directory),
    loopCheck(),
  ]
}

function ok(name: string, detail: string): CheckView {
  return { name, verdict: 'ok', detail, advice: '' }
}

function peersCheck({ peer }: Running): CheckView {
  const count = peer.wire.peers().length
  if (count > 0) return ok('peers', `${count} connected`)
  const advice = 'give a node to begin with: ezchat daemon --bootstrap MULTIADDR'
  return { name: 'peers', verdict: 'warning', detail: 'nobody is connected', advice }
}

function carriersCheck({ peer, messenger }: Running): CheckView {
  if (messenger === null) return ok('carriers', 'a public node has no mail')
  const { homeShard } = messenger.identity()
  const count = peer.carrier.book.known(homeShard).length
  if (count > 0) return ok('carriers', `${count} others carry your shard`)
  const advice = 'messages for you are kept here only, until others join'
  return { name: 'carriers', verdict: 'warning', detail: 'nobody else carries your shard', advice }
}

function storeCheck({ peer }: Running): CheckView {
  const { failure, damagedCount, bytesCharged, quotaBytes } = peer.carrier.status.usage
  const name = 'store'
  if (failure !== null) {
    const advice = 'mend the disk, then start the daemon again'
    return { name, verdict: 'failure', detail: failure.message, advice }
  }
  if (damagedCount > 0) {
    const detail = `${damagedCount} damaged records were set aside`
    return { name, verdict: 'warning', detail, advice: 'check the disk' }
  }
  const share = Math.round((100 * bytesCharged) / quotaBytes)
  return ok(name, `${share} % of the quota is used`)
}

function courierCheck({ peer }: Running): CheckView {
  const { failure } = peer.courier
  if (failure === null) return ok('outbox', 'is written to disk')
  const advice = 'mend the disk, then start the daemon again'
  return { name: 'outbox', verdict: 'failure', detail: failure.message, advice }
}

async function queueCheck({ messenger, clock }: Running): Promise<CheckView> {
  const name = 'messages'
  const status = await messenger?.status()
  if (!status || status.oldestQueuedAt === null) return ok(name, 'none waits to be stored')
  const waitedMs = clock.nowMs() - Date.parse(status.oldestQueuedAt)
  const detail = `${status.queued} wait to be stored, since ${status.oldestQueuedAt}`
  if (waitedMs < QUEUED_MS_MAX) return ok(name, detail)
  return { name, verdict: 'warning', detail, advice: 'see: ezchat outbox, ezchat peers' }
}

function loopCheck(): CheckView {
  const worstMs = Math.round(loop.percentile(99) / 1e6)
  const detail = `answers within ${worstMs} ms, 99 times in 100`
  loop.reset()
  if (worstMs <= LOOP_MS_MAX) return ok('event loop', detail)
  return { name: 'event loop', verdict: 'warning', detail, advice: 'the machine is overloaded' }
}
