import type { Suite } from '../frame/case.ts'
import { freeNetwork } from '../peers/company.ts'
import { latencyCases, roomOf, throughputCases } from './chat-cases.ts'
import { startCases } from './start-cases.ts'

export const suite: Suite = {
  name: 'chat',
  describe: 'messages between real daemons on loopback: how long, how many, how much memory',
  async *cases(context) {
    // Postage is another suite's: here it would measure how fast this machine hashes.
    const free = roomOf(context, freeNetwork(), 'free postage')
    yield* latencyCases(context, free)
    yield* throughputCases(context, free)
    yield* startCases(context, free)
    await free.close()
    const usual = roomOf(context, null, 'the default network')
    yield* latencyCases(context, usual)
    await usual.close()
  },
}
