// npm run soak [-- --count N] [--seed S]: random histories of a group against the oracle, for as
// long as anybody likes. A failure prints the command that shows it again.
import { parseArgs } from 'node:util'
import { checkHistory } from '../packages/protocol/test/group/history.ts'

const REPORT_EVERY = 10_000

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '100000' },
    seed: { type: 'string' },
  },
})

function wholeNumber(name: string, text: string): number {
  const number = Number(text)
  if (!Number.isSafeInteger(number) || number < 0) throw new Error(`--${name}: not ${text}`)
  return number
}

const first = wholeNumber('seed', values.seed ?? '0')
const count = values.seed === undefined ? wholeNumber('count', values.count) : 1

let ops = 0
for (let at = 0; at < count; at++) {
  try {
    ops += checkHistory(first + at)
  } catch (error: unknown) {
    console.error(error)
    console.error(`again: npm run soak -- --seed ${first + at}`)
    process.exit(1)
  }
  if ((at + 1) % REPORT_EVERY === 0) console.log(`${at + 1} histories, ${ops} operations`)
}
console.log(`${count} histories from seed ${first}, ${ops} operations: all readers agree`)
