// What every store of envelopes does, on a disk, in memory, and on a disk that fails.
import type { Check } from './check.ts'
import { dropChecks } from './envelope-store/drops.ts'
import { fetchChecks } from './envelope-store/fetch.ts'
import { historyChecks } from './envelope-store/history.ts'
import { putChecks } from './envelope-store/put.ts'
import { quotaChecks } from './envelope-store/quota.ts'
import type { MakeStore } from './envelope-store/subject.ts'
import { syncChecks } from './envelope-store/sync.ts'

export type { Check } from './check.ts'
export type { MakeStore, Subject } from './envelope-store/subject.ts'
export { acknowledged, envelopeOf, FREE, isExact, NOW_SECONDS } from './envelope-store/subject.ts'

export function envelopeStoreCompliance(make: MakeStore): Check[] {
  return [
    ...putChecks(make),
    ...fetchChecks(make),
    ...dropChecks(make),
    ...quotaChecks(make),
    ...syncChecks(make),
    ...historyChecks(make),
  ]
}
