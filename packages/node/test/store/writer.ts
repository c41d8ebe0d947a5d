// A process that stores envelopes, and prints the number of each when it is acknowledged.
import { writeSync } from 'node:fs'
import { openLevelStore } from '@ezchat/node/store/level-store.ts'
import { envelopeOf } from '../../../../test/compliance/envelope-store.ts'
import { INIT } from './envelopes.ts'

const [directory, from] = process.argv.slice(2)
const store = await openLevelStore({ ...INIT, directory: directory! })
let number = Number(from)
writeSync(1, 'open\n')

async function lane(): Promise<void> {
  for (;;) {
    const mine = number++
    await store.put(envelopeOf({ number: mine, shard: mine % 2 }))
    // At once, past any buffer of this process: what is printed was acknowledged.
    writeSync(1, `${mine}\n`)
  }
}

await Promise.all(Array.from({ length: 16 }, lane))
