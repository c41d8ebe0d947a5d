import type { Suite } from '../frame/case.ts'
import { sessionCases } from './session-cases.ts'

export const suite: Suite = {
  name: 'session',
  describe: 'sessions between two devices, beside libsignal where it can be installed',
  async *cases() {
    yield* await sessionCases((why) => process.stderr.write(`${why}\n`))
  },
}
