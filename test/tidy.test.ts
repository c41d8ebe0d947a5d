// The house rules as tests. Each finding says what to write instead; test/tidy/ has the checks,
// and a self-test of each with a planted example.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { checkBans } from './tidy/banned.ts'
import {
  checkGeneratedPages,
  checkLabels,
  checkLabelsPage,
  checkLimitComments,
  checkLinks,
  checkMessages,
  checkPromises,
  checkSections,
  checkStatuses,
} from './tidy/contents.ts'
import { checkCycles, checkDirections, checkOwnIndex } from './tidy/imports.ts'
import {
  checkDeclared,
  checkDependenciesPage,
  checkExactVersions,
  checkFloors,
  checkLicences,
  checkSetUp,
  checkSingleCopies,
} from './tidy/packages.ts'
import { IMPORT_RULES, SINGLE_COPIES, VERSION_FLOORS } from './tidy/rules.ts'
import {
  checkFileNames,
  checkFileSizes,
  checkFocus,
  checkFunctionSizes,
  checkHeadings,
  checkSuppressions,
  checkWords,
} from './tidy/shape.ts'
import { type Finding, readTree } from './tidy/tree.ts'

const tree = readTree()

function rule(name: string, check: () => readonly Finding[]): void {
  test(name, () => {
    const found = check()
    assert.equal(found.length, 0, `\n${found.join('\n')}`)
  })
}

function installedLicence(path: string): string | undefined {
  const manifest = new URL(`../${path}/package.json`, import.meta.url)
  if (!existsSync(manifest)) return undefined
  const { license } = JSON.parse(readFileSync(manifest, 'utf8')) as { license?: string }
  return license
}

test('the tree is the repository', () => {
  assert.ok(tree.some(({ path }) => path === 'packages/protocol/src/errors.ts'))
  assert.ok(tree.some(({ path }) => path === 'test/tidy.test.ts'))
  assert.ok(tree.some(({ path }) => path === '.ci/run'))
})

rule('imports go in the allowed directions', () => checkDirections(tree, IMPORT_RULES))
rule('no import cycles', () => checkCycles(tree))
rule('no package imports its own index', () => checkOwnIndex(tree))
rule('nothing banned is called', () => checkBans(tree))
rule('files are short', () => checkFileSizes(tree))
rule('functions are short', () => checkFunctionSizes(tree))
rule('files are named for what they hold', () => checkFileNames(tree))
rule('nothing is unfinished and nothing names a private path', () => checkWords(tree))
rule('no checker is silenced without a reason', () => checkSuppressions(tree))
rule('every document has one title', () => checkHeadings(tree))
rule('no test keeps the others from running', () => checkFocus(tree))
rule('dependency versions are exact', () => checkExactVersions(tree))
rule('every command sets a fresh clone up', () => checkSetUp(tree))
rule('what is imported is declared', () => checkDeclared(tree))
rule('every dependency is explained', () => checkDependenciesPage(tree))
rule('no version with a known advisory', () => checkFloors(tree, VERSION_FLOORS))
rule('what libp2p shares is there once', () => checkSingleCopies(tree, SINGLE_COPIES))
rule('licences are on the allow list', () => checkLicences(tree, installedLicence))
rule('labels are unique and prefix-free', () => checkLabels())
rule('error codes and wire statuses map to each other', () => checkStatuses())
rule('no two error codes share a message', () => checkMessages())
rule('generated pages are up to date', () => checkGeneratedPages(tree))
rule('every label is in the specification', () => checkLabelsPage(tree))
rule('every limit says why', () => checkLimitComments(tree))
rule('links in documents lead somewhere', () => checkLinks(tree))
rule('sections that are cited are there', () => checkSections(tree))
rule('every promise names a test that is there', () => checkPromises(tree))
