import type { Suite } from '../frame/case.ts'
import { loadLibsignal } from '../peers/libsignal.ts'
import { groupCases } from './group-cases.ts'
import { sessionCases } from './session-cases.ts'

export const suite: Suite = {
  name: 'session',
  describe: 'sessions between two devices, beside libsignal where it can be installed; groups',
  async *cases(context) {
    const { check } = context
    const report = (why: string) => process.stderr.write(`${why}\n`)
    yield* sessionCases(check ? null : await loadLibsignal(report))
    yield* groupCases(context)
  },
}
