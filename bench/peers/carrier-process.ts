// A carrier of everything, on a wire and a disk of its own. Ends with the process that started it.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startCarrier } from '@ezchat/node/carrier/carrier.ts'
import { Ownership } from '@ezchat/node/carrier/ownership.ts'
import { signingElsewhere } from '@ezchat/node/crypto/sign-elsewhere.ts'
import { openWire } from '@ezchat/node/net/open-wire.ts'
import { PROFILES } from '@ezchat/node/net/profiles.ts'
import { nodeClock } from '@ezchat/node/node-clock.ts'
import { openLevelStore } from '@ezchat/node/store/level-store.ts'
import { MemoryKeyValue } from '@ezchat/node/store/memory-store.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import { crypto, PUSH_NETWORK as network } from './push-network.ts'

const directory = mkdtempSync(join(tmpdir(), 'ezchat-bench-'))
// LevelDB may still be tidying up.
process.on('exit', () =>
  rmSync(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 }),
)
process.on('disconnect', () => process.exit())

const report = (error: unknown): never => {
  throw new Error('a carrier fails', { cause: error })
}
const ownership = new Ownership()
const keyValue = new MemoryKeyValue()
const peerSeed = Secret.adopt(crypto.randomBytes(32))
const common = { crypto, clock: nodeClock, network }
const store = await openLevelStore({
  ...{ ...common, directory, quotaBytes: 2 ** 40, isOwn: ownership.isOwn },
})
const wire = await openWire({
  ...{ ...common, networkKey: null, peerSeed, keyValue, listen: ['/ip4/127.0.0.1/tcp/0'] },
  profile: PROFILES.test,
  onFailure: report,
})
const carrier = await startCarrier({
  ...{ ...common, wire, store, keyValue, peerSeed, ownership },
  ...{ mode: 'all', isStem: false, report, signElsewhere: signingElsewhere() },
})
if (carrier.shards.length !== 2 ** network.shardBits) throw new Error('it does not carry all')
process.send?.(wire.addresses())
