// Each check catches a planted example, and lets the right way of writing it pass.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { checkBans } from './banned.ts'
import { checkCycles, checkDirections, checkOwnIndex } from './imports.ts'
import {
  checkFileNames,
  checkFileSizes,
  checkFocus,
  checkFunctionSizes,
  checkHeadings,
  checkSuppressions,
  checkWords,
} from './shape.ts'
import type { Finding, Tree } from './tree.ts'

const tree = (files: { readonly [path: string]: string }): Tree =>
  Object.entries(files).map(([path, text]) => ({ path, text }))

function caught(found: readonly Finding[], pattern: RegExp): void {
  assert.equal(found.length, 1, `expected one finding, got:\n${found.join('\n')}`)
  assert.match(found[0]!, pattern)
}

const passes = (found: readonly Finding[]) => assert.deepEqual(found, [])

describe('import directions', () => {
  const rules = [{ from: 'packages/a/', not: ['packages/b/'], reason: 'a stands below b' }]

  test('a refused direction is found, by any way of naming it', () => {
    const b = { 'packages/b/src/y.ts': '' }
    for (const specifier of ['../../b/src/y.ts', '@ezchat/b', '@ezchat/b/y.ts']) {
      const files = { ...b, 'packages/a/src/x.ts': `\nimport { y } from '${specifier}'` }
      caught(checkDirections(tree(files), rules), /^packages\/a\/src\/x\.ts:2 .*a stands below b/)
    }
    passes(checkDirections(tree({ ...b, 'packages/a/src/x.ts': '' }), rules))
  })

  test('nothing but what is allowed', () => {
    const only = [{ from: 'p/', only: ['p/', 'npm:@noble/'], reason: 'pure' }]
    const importing = (specifier: string) =>
      checkDirections(tree({ 'p/x.ts': `import '${specifier}'`, 'q/y.ts': '' }), only)
    passes(importing('@noble/hashes/sha2.js'))
    passes(importing('./z.ts'))
    caught(importing('node:fs'), /node:fs: pure/)
    caught(importing('../q/y.ts'), /q\/y\.ts: pure/)
    caught(importing('left-pad'), /npm:left-pad: pure/)
  })

  test('what a rule excepts may', () => {
    const apart = [{ ...rules[0]!, except: ['packages/a/src/edge/'] }]
    const importing = (path: string) =>
      checkDirections(
        tree({
          'packages/a/src/edge/z.ts': '',
          'packages/b/src/y.ts': '',
          [path]: "import '@ezchat/b'",
        }),
        apart,
      )
    passes(importing('packages/a/src/edge/x.ts'))
    caught(importing('packages/a/src/x.ts'), /a stands below b/)
  })

  test('a rule about a path that is gone is found', () => {
    caught(checkDirections(tree({ 'packages/a/x.ts': '' }), rules), /packages\/b\/ .* is gone/)
  })

  test('a cycle is found and spelled out', () => {
    const files = {
      'a.ts': `import './b.ts'`,
      'b.ts': `export type { C } from './c.ts'`,
      'c.ts': `import './a.ts'`,
      'd.ts': `import './a.ts'`,
    }
    caught(checkCycles(tree(files)), /a\.ts → b\.ts → c\.ts → a\.ts/)
    passes(checkCycles(tree({ ...files, 'c.ts': '' })))
  })

  test('a package that imports its own index is found', () => {
    const index = { 'packages/a/src/index.ts': '' }
    const inside = { ...index, 'packages/a/src/x/y.ts': `import '../index.ts'` }
    caught(checkOwnIndex(tree(inside)), /own index/)
    const named = { ...index, 'packages/a/test/y.test.ts': `import '@ezchat/a'` }
    caught(checkOwnIndex(tree(named)), /own index/)
    passes(checkOwnIndex(tree({ ...index, 'packages/b/src/y.ts': `import '@ezchat/a'` })))
  })
})

describe('bans', () => {
  const pure = (text: string) => checkBans(tree({ 'packages/protocol/src/x.ts': text }))

  for (const text of [
    'const now = Date.now()',
    'const now = new Date()',
    'const r = performance.now()',
    'setTimeout(f, 1)',
    'clearInterval(t)',
    'setImmediate(f)',
    'queueMicrotask(f)',
    'console.log(1)',
    'const e = process.env',
    'const b = Buffer.from(a)',
    'fetch(url)',
    'const c = globalThis.crypto',
    'crypto.getRandomValues(b)',
    'crypto.subtle.digest()',
    'await import(name)',
    'a.localeCompare(b)',
    'new Promise(f)',
    'eval(text)',
    'new Function(text)',
    'try {\n} catch {\n  // nothing\n}',
    'const a: any = b',
    'const a = b as any',
    'toHex(key.reveal())',
    'const shown = `key ' + '${key.reveal()}`',
    'printSecretKey(a)',
  ]) {
    test(`\`${text.replaceAll(/\s+/g, ' ')}\` is found`, () => {
      caught(pure(text), /^packages\/protocol\/src\/x\.ts:\d+ has `.+`: .+/)
    })
  }

  test('Math.random is found by both rules about it', () => {
    assert.equal(pure('Math.random()').length, 2)
  })

  for (const text of [
    '// Date.now() would be wrong here',
    `const text = 'console.log'`,
    'this.process(bytes)',
    'structuredClone(a)',
    'new Uint8Array(new ArrayBuffer(8))',
    'effects.setTimeout = 1',
    'try {\n} catch {\n  return null\n}',
    'crypto.sha256(key.reveal())',
    'const many: Company[] = []',
  ]) {
    test(`\`${text.replaceAll(/\s+/g, ' ')}\` passes`, () => passes(pure(text)))
  }

  test('what breaks backpressure is found where streams are read', () => {
    const net = (text: string) => checkBans(tree({ 'packages/node/src/net/x.ts': text }))
    caught(net('await stream.onDrain()'), /frame helper/)
    caught(net('for await (const chunk of stream) {}'), /frame helper/)
    caught(net('for await (const chunk of peer.inStream) {}'), /frame helper/)
    passes(net('for await (const entry of store.range(r)) {}'))
  })
})

describe('shape', () => {
  const lines = (count: number) => 'a\n'.repeat(count)

  test('a file of 400 lines is found, and a test of 600', () => {
    passes(checkFileSizes(tree({ 'src/x.ts': lines(399), 'test/x.test.ts': lines(599) })))
    caught(checkFileSizes(tree({ 'src/x.ts': lines(400) })), /400 lines/)
    caught(checkFileSizes(tree({ 'test/x.test.ts': lines(600) })), /600 lines/)
  })

  test('a function of 71 lines is found, a test body of any length is not', () => {
    const body = lines(69)
    passes(checkFunctionSizes(tree({ 'x.ts': `function f() {\n${body.slice(2)}}` })))
    caught(checkFunctionSizes(tree({ 'x.ts': `\nfunction f() {\n${body}}` })), /x\.ts:2 f has 71/)
    passes(checkFunctionSizes(tree({ 'x.ts': `test('a', () => {\n${lines(90)}})` })))
  })

  for (const path of ['src/utils.ts', 'src/types.test.ts', 'src/common/x.ts', 'src/helper.ts']) {
    test(`the name ${path} is found`, () => {
      caught(checkFileNames(tree({ [path]: '' })), /name the noun/)
    })
  }

  test('names that are not kebab-case are found', () => {
    caught(checkFileNames(tree({ 'src/openEnvelope.ts': '' })), /kebab-case/)
    caught(checkFileNames(tree({ 'src/open_envelope.ts': '' })), /kebab-case/)
    passes(checkFileNames(tree({ 'src/ed25519-rules.ts': '', 'README.md': '', '.npmrc': '' })))
    passes(checkFileNames(tree({ 'LICENSE-MIT': '', 'src/x.node.test.ts': '', '.ci/run': '' })))
  })

  test('unfinished work and private paths are found', () => {
    caught(checkWords(tree({ 'src/x.ts': `// ${['TO', 'DO'].join('')}: later` })), /finish it/)
    caught(checkWords(tree({ 'docs/x.md': ['see /wo', 'rk/x'].join('') })), /every clone/)
    passes(checkWords(tree({ 'src/x.ts': 'const HACKLE = 1' })))
  })

  test('silenced checkers are found', () => {
    const silenced = `// @${['ts-', 'ignore'].join('')}\nf()`
    caught(checkSuppressions(tree({ 'x.ts': silenced })), /with a reason/)
  })

  test('a document without one title is found', () => {
    caught(checkHeadings(tree({ 'x.md': '## a' })), /0 top headings/)
    caught(checkHeadings(tree({ 'x.md': '# a\n\n# b' })), /2 top headings/)
    passes(checkHeadings(tree({ 'x.md': '# a\n\n```sh\n# a comment\n```\n' })))
  })

  test('a focused test is found', () => {
    caught(checkFocus(tree({ 'x.test.ts': "test.only('a', f)" })), /remove \.only/)
  })
})
