// Every source file loads on its own and does nothing by that. Also what makes coverage honest:
// a file that no test imports would otherwise not be counted.
import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { describe, test } from 'node:test'

const root = new URL('../', import.meta.url)

/** Started, never imported. */
const PROGRAMS = new Set(['packages/cli/src/bin.ts', 'packages/node/src/postage/worker-thread.ts'])

/** What a module could leave behind by being imported. */
function globals(): string {
  return Object.getOwnPropertyNames(globalThis).sort().join(' ')
}

describe('every module loads alone and leaves nothing behind', () => {
  const before = globals()
  const sources = globSync('packages/*/src/**/*.ts', { cwd: root.pathname }).sort()
  const modules = sources.filter((path) => !PROGRAMS.has(path))

  test('the programs among them are known', () => {
    assert.equal(sources.length - modules.length, PROGRAMS.size)
  })

  for (const path of modules) {
    test(path, async () => {
      const module: object = await import(new URL(path, root).href)
      assert.equal(globals(), before)
      for (const [name, value] of Object.entries(module)) {
        assert.notEqual(value, undefined, `${name} is undefined: exported before it is made`)
      }
    })
  }
})
