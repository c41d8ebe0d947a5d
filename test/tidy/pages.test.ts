// The checks that compare one thing with another, each with a planted difference.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { commentAbove, limitsTable, replacePart } from '../../scripts/pages.ts'
import {
  checkGeneratedPages,
  checkLabels,
  checkLabelsPage,
  checkLimitComments,
  checkLinks,
  checkMessages,
  checkPromises,
  checkSections,
} from './contents.ts'
import {
  checkDeclared,
  checkDependenciesPage,
  checkExactVersions,
  checkFloors,
  checkLicences,
  checkSetUp,
  checkSingleCopies,
  DEPENDENCIES_PAGE,
  isAllowedLicence,
} from './packages.ts'
import type { Finding, Tree } from './tree.ts'

const tree = (files: { readonly [path: string]: string | object }): Tree =>
  Object.entries(files).map(([path, content]) => ({
    path,
    text: typeof content === 'string' ? content : JSON.stringify(content),
  }))

function caught(found: readonly Finding[], pattern: RegExp): void {
  assert.equal(found.length, 1, `expected one finding, got:\n${found.join('\n')}`)
  assert.match(found[0]!, pattern)
}

const passes = (found: readonly Finding[]) => assert.deepEqual(found, [])

describe('dependencies', () => {
  const manifest = { name: 'x', dependencies: { left: '1.2.3' } }
  const lock = { packages: { 'node_modules/left': { version: '1.2.3', license: 'MIT' } } }
  const page = '| `left` | MIT | a | pads text on the left side |'
  const files = {
    'packages/a/package.json': manifest,
    'package-lock.json': lock,
    [DEPENDENCIES_PAGE]: page,
  }

  test('a range is found', () => {
    for (const version of ['^1.2.3', '~1.2.3', '1.2', '*', 'latest', '>=1.0.0']) {
      const loose = { name: 'x', devDependencies: { left: version } }
      caught(checkExactVersions(tree({ 'package.json': loose })), /write the exact version/)
    }
    passes(checkExactVersions(tree({ 'package.json': manifest })))
  })

  test('a command that would fail on a fresh clone is found', () => {
    const scripts = { setup: 'x', prebuild: 'node scripts/setup.mjs', build: 'x' }
    passes(checkSetUp(tree({ 'package.json': { name: 'x', scripts } })))
    const more = { ...scripts, pretest: 'echo', test: 'x' }
    caught(checkSetUp(tree({ 'package.json': { name: 'x', scripts: more } })), /needs a pretest/)
  })

  test('an import that no manifest declares is found', () => {
    const importing = (path: string, name: string) =>
      checkDeclared(tree({ ...files, [path]: `import '${name}'` }))
    passes(importing('packages/a/src/x.ts', 'left/deep.js'))
    caught(importing('packages/a/src/x.ts', 'right'), /declare it in packages\/a\/package\.json/)
    caught(importing('packages/b/src/x.ts', 'left'), /declare it in packages\/b\/package\.json/)
    passes(importing('test/x.test.ts', 'left'))
    caught(importing('test/x.test.ts', '@right/hand'), /imports @right\/hand/)
  })

  test('a page that differs from the manifests is found', () => {
    const withPage = (text: string) =>
      checkDependenciesPage(tree({ ...files, [DEPENDENCIES_PAGE]: text }))
    passes(withPage(page))
    caught(withPage(''), /lacks `left`/)
    caught(withPage(page.replace('MIT', 'ISC')), /licence is MIT/)
    caught(withPage(page.replace('| a |', '| b |')), /write that a uses it/)
    caught(withPage(page.replace('pads text on the left side', '')), /give a reason/)
    caught(withPage(`${page}\n${page.replace('left', 'right')}`), /right, which nothing declares/)
  })

  test('a version below a floor is found in every copy', () => {
    const floors = [{ name: '@p/q', least: '2.10.0', advisory: 'GHSA-x' }]
    const locked = (path: string, version: string) =>
      checkFloors(tree({ 'package-lock.json': { packages: { [path]: { version } } } }), floors)
    caught(locked('node_modules/@p/q', '2.9.9'), /GHSA-x wants 2\.10\.0/)
    caught(locked('node_modules/z/node_modules/@p/q', '1.99.0'), /GHSA-x/)
    caught(locked('node_modules/@p/q', '2.10.0-beta.1'), /GHSA-x/)
    passes(locked('node_modules/@p/q', '2.10.0'))
    passes(locked('node_modules/@p/q', '10.0.0'))
    passes(locked('node_modules/q', '1.0.0'))
  })

  test('a second copy is found, wherever it is', () => {
    const locked = (...paths: string[]) => {
      const packages = Object.fromEntries(paths.map((path) => [path, { version: '1.0.0' }]))
      return checkSingleCopies(tree({ 'package-lock.json': { packages } }), ['@p/q'])
    }
    passes(locked('node_modules/@p/q', 'node_modules/q', 'node_modules/z/node_modules/q'))
    caught(locked('node_modules/@p/q', 'node_modules/z/node_modules/@p/q'), /installed 2 times/)
  })

  test('licences are read as expressions', () => {
    assert.ok(isAllowedLicence('MIT', false))
    assert.ok(isAllowedLicence('(MIT OR GPL-3.0)', false))
    assert.ok(isAllowedLicence('MPL-2.0', true))
    assert.ok(!isAllowedLicence('MPL-2.0', false))
    assert.ok(!isAllowedLicence('MIT AND GPL-3.0', false))
  })

  test('a licence that is not allowed is found, in the lock and on the disk', () => {
    const locked = (license?: string) => tree({ 'package-lock.json': packages(license) })
    const packages = (license?: string) => ({ packages: { 'node_modules/x': { license } } })
    passes(checkLicences(locked('MIT'), () => 'MIT'))
    caught(
      checkLicences(locked('GPL-3.0'), () => undefined),
      /GPL-3\.0/,
    )
    caught(
      checkLicences(locked('MIT'), () => 'SSPL-1.0'),
      /SSPL-1\.0/,
    )
    caught(
      checkLicences(locked(), () => undefined),
      /licensed nowhere/,
    )
  })
})

describe('contents', () => {
  const label = (text: string) => new TextEncoder().encode(text)

  test('labels that collide or break the form are found', () => {
    passes(checkLabels([{ a: label('ezchat/v1/x/y\0') }]))
    caught(checkLabels([{ a: label('ezchat/v1/x\0') }, { b: label('ezchat/v1/x\0') }]), /equal/)
    caught(checkLabels([{ a: label('ezchat/v1/x') }]), /zero byte/)
  })

  test('a label that the specification lacks is found', () => {
    const page = { 'docs/spec/crypto.md': 'uses `x/y`' }
    passes(checkLabelsPage(tree(page), [{ a: label('ezchat/v1/x/y\0') }]))
    caught(checkLabelsPage(tree(page), [{ a: label('ezchat/v1/x/z\0') }]), /lacks the label/)
  })

  test('two codes with one message are found', () => {
    const error = (code: string) => ({ code, status: 1, message: 'same' })
    caught(checkMessages([error('A'), error('B')]), /A and B say the same/)
  })

  test('a page that was not regenerated is found', () => {
    const found = checkGeneratedPages(tree({ 'docs/limits.md': '# no place for a table' }))
    assert.ok(found.some((line) => line.includes('put its two comments back')))
    const empty = '<!-- limits: generated by npm run docs -->\n<!-- end of limits -->'
    const stale = checkGeneratedPages(tree({ 'docs/limits.md': empty }))
    assert.ok(stale.some((line) => /^docs\/limits\.md.*npm run docs/.test(line)))
  })

  test('a limit without a reason is found', () => {
    const path = 'packages/protocol/src/limits.ts'
    const good = '// Per peer; 4 × 16 KiB held for a stranger.\nexport const A = 4\n'
    passes(checkLimitComments(tree({ [path]: good })))
    passes(checkLimitComments(tree({ [path]: `${good}export const B = 4\n` })))
    caught(checkLimitComments(tree({ [path]: `${good}\nexport const B = 4\n` })), /limits\.ts B/)
  })

  test('broken links, sections and promises are found', () => {
    const files = {
      'docs/a.md': '[b](b.md) [c](https://example.org/c) [d](../src/)',
      'src/x.ts': '',
    }
    caught(checkLinks(tree(files)), /links to b\.md/)
    passes(checkLinks(tree({ ...files, 'docs/b.md': '' })))
    const page = { 'docs/spec/a.md': '# A\n\n## 1. B\n' }
    caught(checkSections(tree({ ...page, 'src/x.ts': '// a.md §2.' })), /there is none/)
    passes(checkSections(tree({ ...page, 'src/x.ts': '// [a.md](a.md) §1, other.md §9' })))
    const promise = { 'docs/promises.md': '| kept | `test/x/` |' }
    caught(checkPromises(tree(promise)), /nothing is there/)
    passes(checkPromises(tree({ ...promise, 'test/x/y.test.ts': '' })))
    const named = { 'docs/promises.md': '| kept | `test/y.test.ts` “it is kept” “it stays” |' }
    passes(
      checkPromises(tree({ ...named, 'test/y.test.ts': "test('it is kept') test('it stays')" })),
    )
    caught(checkPromises(tree({ ...named, 'test/y.test.ts': "test('it stays')" })), /“it is kept”/)
  })
})

describe('generated pages', () => {
  const source = [
    '// What we chose.',
    '',
    '/** Per mailbox; 1 MiB',
    ' * held for a stranger. */',
    'export const B_BYTES_MAX = 1048576',
    '// A list, of sizes.',
    'export const A_SIZES = [1, 2]',
  ].join('\n')

  test('a limit has its value and its comment, in the order of the file', () => {
    const printed = limitsTable(source, { A_SIZES: [1, 2], B_BYTES_MAX: 1048576 })
    assert.deepEqual(printed.split('\n').slice(2), [
      '| `B_BYTES_MAX` | 1,048,576 | Per mailbox; 1 MiB held for a stranger. |',
      '| `A_SIZES` | 1, 2 | A list, of sizes. |',
    ])
  })

  test('a comment above several limits is the comment of each', () => {
    const pair = '// Both ways, between two messages.\nexport const A = 1\nexport const B = 2'
    assert.equal(commentAbove(pair, 'B'), 'Both ways, between two messages.')
  })

  test('a comment at the head of the file belongs to no limit', () => {
    assert.equal(commentAbove('// What we chose.\n\nexport const A = 1', 'A'), '')
  })

  test('only the part between the comments changes', () => {
    const page = 'a\n<!-- x: generated by npm run docs -->\nold\n<!-- end of x -->\nb'
    const once = replacePart(page, 'x', 'new')!
    assert.equal(once, 'a\n<!-- x: generated by npm run docs -->\n\nnew\n\n<!-- end of x -->\nb')
    assert.equal(replacePart(once, 'x', 'new'), once)
    assert.equal(replacePart(page, 'y', 'new'), null)
  })
})
