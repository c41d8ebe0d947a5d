// What `npm test` shows, and how it ends.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'

const folder = mkdtempSync(join(tmpdir(), 'ezchat-reporter-'))
after(() => rmSync(folder, { recursive: true }))

interface Run {
  readonly status: number | null
  readonly output: string
}

/** Runs a test file of this content as `npm test` would, on a developer's machine or in CI. */
function run(name: string, lines: readonly string[], isCi = false): Run {
  const path = join(folder, `${name}.test.mjs`)
  const head = `import { test, describe } from 'node:test'; import assert from 'node:assert/strict'`
  writeFileSync(path, [head, ...lines].join('\n'))
  const script = new URL('../../scripts/test.ts', import.meta.url).pathname
  // Otherwise the runner inside takes itself for a part of the one outside.
  const { NODE_TEST_CONTEXT: _, CI: __, ...own } = process.env
  const env = isCi ? { ...own, CI: 'true' } : own
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, path], { env })
  return { status, output: `${stdout}${stderr}` }
}

describe('npm test', () => {
  test('ends with 0 and the counts when all is well', () => {
    const { status, output } = run('good', [`test('a', () => {})`, `test('b', () => {})`])
    assert.equal(status, 0)
    assert.match(output, /^ok +2\/2 .*good\.test\.mjs$/m)
    assert.match(output, /^# pass 2\n# fail 0\n/m)
  })

  test('names a failure with its suites, place and reason, and ends with 1', () => {
    const lines = [
      `describe('outer', () => {`,
      `test('inner', () => assert.equal(1, 2, 'why'))`,
      `})`,
    ]
    const { status, output } = run('bad', lines)
    assert.equal(status, 1)
    assert.match(output, /^FAIL outer › inner\n.*bad\.test\.mjs:3\n +AssertionError.*why/m)
    assert.equal(output.split('FAIL outer').length, 2, 'the suite is not reported again')
    assert.match(output, /^FAIL +0\/1 .*bad\.test\.mjs$/m)
    assert.match(output, /^# fail 1$/m)
  })

  const once = [
    `import { existsSync, writeFileSync } from 'node:fs'`,
    `const mark = import.meta.filename + '.mark'`,
    `const isFirst = !existsSync(mark)`,
    `writeFileSync(mark, '')`,
    `test('steady', () => {})`,
    `test('now and then', () => assert.ok(!isFirst))`,
  ]

  test('in CI a file that fails once is run again, and named when it passes then', () => {
    const { status, output } = run('once', once, true)
    assert.equal(status, 0)
    assert.match(output, /^FAIL now and then$/m)
    assert.match(output, /^UNSTEADY, passed the second time: .*once\.test\.mjs$/m)
    assert.match(output, /^# pass 2\n# fail 0\n/m)
  })

  test('elsewhere it is a failure, and in CI one that fails twice is', () => {
    assert.equal(run('once-here', once).status, 1)
    const { status, output } = run('twice', [`test('a', () => assert.fail('always'))`], true)
    assert.equal(status, 1)
    assert.equal(output.split('FAIL a\n').length, 3)
    assert.doesNotMatch(output, /UNSTEADY/)
  })

  test('shows what was skipped, and why', () => {
    const { status, output } = run('skip', [`test('a', { skip: 'no browser here' }, () => {})`])
    assert.equal(status, 0)
    assert.match(output, /^SKIPPED a: no browser here$/m)
    assert.match(output, /^# skipped 1$/m)
  })

  test('a file that does not load is a failure', () => {
    const { status, output } = run('broken', [`throw new Error('at once')`])
    assert.equal(status, 1)
    assert.match(output, /at once/)
    assert.match(output, /^# fail 1$/m)
  })
})
