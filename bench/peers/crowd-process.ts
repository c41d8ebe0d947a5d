// Many peers in one process, connected to one node. They carry nothing and say nothing of their own.
import { startCarrier } from '@ezchat/node/carrier/carrier.ts'
import { Ownership } from '@ezchat/node/carrier/ownership.ts'
import { nativeCrypto } from '@ezchat/node/crypto/native.ts'
import { openWire } from '@ezchat/node/net/open-wire.ts'
import { PROFILES } from '@ezchat/node/net/profiles.ts'
import { nodeClock } from '@ezchat/node/node-clock.ts'
import { MemoryKeyValue } from '@ezchat/node/store/memory-store.ts'
import { openEnvelopeStore } from '@ezchat/node/store/open-envelope-store.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import { decodeNetworkLink } from '@ezchat/protocol/network/invite.ts'
import { serveOrders } from './forked.ts'

const [address, link] = process.argv.slice(2) as [string, string]
const crypto = nativeCrypto()
const { network } = decodeNetworkLink(crypto, link, Math.floor(Date.now() / 1000))!
const report = (error: unknown) => process.stderr.write(`${error}\n`)
const { signal } = new AbortController()

async function join(): Promise<void> {
  const keyValue = new MemoryKeyValue()
  const peerSeed = Secret.adopt(crypto.randomBytes(32))
  const ownership = new Ownership()
  const common = { crypto, clock: nodeClock, network }
  const wire = await openWire({
    ...{ ...common, networkKey: null, peerSeed, keyValue, listen: [] },
    ...{ profile: PROFILES.test, onFailure: report },
  })
  const store = await openEnvelopeStore(new MemoryKeyValue(), {
    ...{ ...common, quotaBytes: 2 ** 30, isOwn: ownership.isOwn },
  })
  await startCarrier({
    ...{ ...common, wire, store, keyValue, peerSeed, ownership },
    ...{ mode: 'own', isStem: true, report },
  })
  await wire.connect(address, { signal })
}

serveOrders(async (message) => {
  const { count } = message as { readonly count: number }
  for (let at = 0; at < count; at++) await join()
  return { count }
})
process.send?.('ready')
