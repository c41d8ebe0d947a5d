// The second half of `npm test`: every test file, with coverage of the protocol. The house rules
// in test/tidy.test.ts have run before, in `npm run check`.
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'

const COVERED = 'packages/protocol/src/**/*.ts'
const LINES_PERCENT_MIN = 95

const root = new URL('../', import.meta.url).pathname
const asked = process.argv.slice(2)

function testFiles(): string[] {
  if (asked.length > 0) return asked
  return globSync(['packages/*/test/**/*.test.ts', 'test/**/*.test.ts'], { cwd: root })
    .filter((path) => path !== 'test/tidy.test.ts')
    .sort()
}

/** A part of the tests says nothing about coverage. */
const coverage =
  asked.length > 0
    ? []
    : [
        '--experimental-test-coverage',
        `--test-coverage-include=${COVERED}`,
        `--test-coverage-lines=${LINES_PERCENT_MIN}`,
      ]

const result = spawnSync(
  process.execPath,
  [
    '--test',
    '--test-concurrency=2',
    '--test-reporter=./scripts/reporter.ts',
    '--test-reporter-destination=stdout',
    ...coverage,
    ...testFiles(),
  ],
  { cwd: root, stdio: 'inherit' },
)
process.exitCode = result.status ?? 1
