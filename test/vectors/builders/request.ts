// Bodies of requests, and the table of methods: requests.md.
import type { Vector } from '../vector.ts'
import { badFetches, fetchAnswers, fetches, watches } from './reference/request-fetches.ts'
import { batches, blobs, carriers, lists, records } from './reference/request-lists.ts'
import { hellos, loadAnswers, loads, pushAnswers, pushes } from './reference/request-pushes.ts'
import { roots } from './reference/request-roots.ts'

function methods(): Vector[] {
  const method = (name: string, note: string, number: number) => ({
    ...{ format: 'request', name, note, entry: 'method', input: { number } },
  })
  return [
    {
      ...method('method-push', 'Method 3 and what its bodies may be.', 3),
      expect: 'ok',
      output: {
        ...{ name: 'push', number: 3, kind: 'request' },
        ...{ requestBytesMax: 65_601, answerBytesMax: 66_000 },
      },
    },
    {
      ...method('method-seen', 'Method 10 is a notice.', 10),
      expect: 'ok',
      output: { name: 'seen', number: 10, kind: 'notice', requestBytesMax: 8, answerBytesMax: 0 },
    },
    { ...method('method-0', 'There is no method 0.', 0), expect: 'not-mine' },
    { ...method('method-255', 'A method of a later time.', 255), expect: 'not-mine' },
  ]
}

export function build(): Vector[] {
  return [
    ...methods(),
    ...hellos(),
    ...pushes(),
    ...pushAnswers(),
    ...loads(),
    ...loadAnswers(),
    ...roots(),
    ...fetches(),
    ...badFetches(),
    ...fetchAnswers(),
    ...watches(),
    ...lists(),
    ...carriers(),
    ...records(),
    ...blobs(),
    ...batches(),
  ]
}
