import type { Suite } from '../frame/case.ts'
import { freeNetwork } from '../peers/company.ts'
import { closing, latencyCases, roomOf, throughputCases } from './chat-cases.ts'
import { startCases } from './start-cases.ts'

export const suite: Suite = {
  name: 'chat',
  describe: 'messages between real daemons on loopback: how long, how many, how much memory',
  *cases(context) {
    // Postage is another suite's: here it would measure how fast this machine hashes.
    const free = roomOf(context, freeNetwork(), 'free postage')
    yield* closing(free, [
      ...latencyCases(context, free),
      ...throughputCases(context, free),
      ...startCases(context, free),
    ])
    const usual = roomOf(context, null, 'the default network')
    yield* closing(usual, [...latencyCases(context, usual)])
  },
}
