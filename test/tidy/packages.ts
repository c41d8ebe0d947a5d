// What we depend on: exact, explained, licensed, and past the advisories that we know.

import { importsOf } from './source.ts'
import { type Finding, isCode, type RepoFile, type Tree } from './tree.ts'

interface Manifest {
  readonly name: string
  readonly scripts?: { readonly [name: string]: string }
  readonly dependencies?: { readonly [name: string]: string }
  readonly devDependencies?: { readonly [name: string]: string }
  readonly optionalDependencies?: { readonly [name: string]: string }
}

interface Lock {
  readonly packages: {
    readonly [path: string]: {
      readonly version?: string
      readonly license?: string
      readonly dev?: boolean
      readonly link?: boolean
    }
  }
}

function manifestsOf(tree: Tree): { file: RepoFile; manifest: Manifest }[] {
  return tree
    .filter(({ path }) => /(^|\/)package\.json$/.test(path))
    .map((file) => ({ file, manifest: JSON.parse(file.text) as Manifest }))
}

function textOf(tree: Tree, path: string): string {
  return tree.find((file) => file.path === path)?.text ?? ''
}

function declared(manifest: Manifest): (readonly [name: string, version: string])[] {
  return [
    ...Object.entries(manifest.dependencies ?? {}),
    ...Object.entries(manifest.devDependencies ?? {}),
    ...Object.entries(manifest.optionalDependencies ?? {}),
  ]
}

const isOurs = (name: string) => name.startsWith('@ezchat/')

export function checkExactVersions(tree: Tree): Finding[] {
  const found: Finding[] = []
  for (const { file, manifest } of manifestsOf(tree)) {
    for (const [name, version] of declared(manifest)) {
      if (/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)) continue
      found.push(`${file.path}: ${name} ${version}: write the exact version, nothing before it`)
    }
  }
  return found
}

/** On a fresh clone, and with an old Node: whatever command somebody tries first. */
export function checkSetUp(tree: Tree): Finding[] {
  const { scripts = {} } = JSON.parse(textOf(tree, 'package.json')) as Manifest
  return Object.keys(scripts)
    .filter((name) => name !== 'setup' && !name.startsWith('pre'))
    .filter((name) => !scripts[`pre${name}`]?.startsWith('node scripts/setup.mjs'))
    .map((name) => `package.json: ${name} needs a pre${name} that runs scripts/setup.mjs`)
}

/** A package's sources may import what its manifest declares; tests what any manifest does. */
export function checkDeclared(tree: Tree): Finding[] {
  const found: Finding[] = []
  const manifests = manifestsOf(tree)
  const any = new Set(manifests.flatMap(names))
  for (const file of tree.filter(isCode)) {
    const folder = /^packages\/[a-z]+\//.exec(file.path)?.[0]
    const own = manifests.find((entry) => entry.file.path === `${folder}package.json`)
    const allowed = new Set(own === undefined ? [] : names(own))
    const isProduct = file.path.startsWith(`${folder}src/`)
    for (const { specifier } of importsOf(file.text)) {
      if (/^(\.|node:)/.test(specifier) || isOurs(specifier)) continue
      const name = /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier
      if (allowed.has(name) || (!isProduct && any.has(name))) continue
      const where = folder === undefined ? 'package.json' : `${folder}package.json`
      found.push(`${file.path} imports ${name}: declare it in ${where}`)
    }
  }
  return found
}

function names({ manifest }: { manifest: Manifest }): string[] {
  return declared(manifest).map(([name]) => name)
}

interface Row {
  readonly name: string
  readonly licence: string
  readonly users: string
  readonly reason: string
}

/** `| name | licence | used by | reason |`, the name in backticks. */
function rowsOf(markdown: string): Row[] {
  const rows: Row[] = []
  for (const line of markdown.split('\n')) {
    const cells = line.split('|').map((cell) => cell.trim())
    const name = /^`([^`]+)`$/.exec(cells[1] ?? '')?.[1]
    if (name === undefined) continue
    rows.push({
      name,
      licence: cells[2] ?? '',
      users: cells[3] ?? '',
      reason: cells[4] ?? '',
    })
  }
  return rows
}

export const DEPENDENCIES_PAGE = 'docs/dependencies.md'

/** Dependency → who declares it, in the words of the page: `protocol`, `development`. */
function usersOf(tree: Tree): Map<string, string> {
  const users = new Map<string, Set<string>>()
  for (const { file, manifest } of manifestsOf(tree)) {
    const user = /^packages\/([a-z]+)\//.exec(file.path)?.[1] ?? 'development'
    for (const name of names({ manifest })) {
      if (!isOurs(name)) users.set(name, (users.get(name) ?? new Set()).add(user))
    }
  }
  return new Map([...users].map(([name, set]) => [name, [...set].sort().join(', ')]))
}

export function checkDependenciesPage(tree: Tree): Finding[] {
  const found: Finding[] = []
  const users = usersOf(tree)
  const rows = rowsOf(textOf(tree, DEPENDENCIES_PAGE))
  const lock = lockOf(tree)
  for (const [name, by] of users) {
    const row = rows.find((candidate) => candidate.name === name)
    if (row === undefined) {
      found.push(`${DEPENDENCIES_PAGE} lacks \`${name}\`: add a line that says why we need it`)
      continue
    }
    const licence = lock.packages[`node_modules/${name}`]?.license
    if (row.users !== by) found.push(`${DEPENDENCIES_PAGE} ${name}: write that ${by} uses it`)
    if (row.licence !== licence) {
      found.push(`${DEPENDENCIES_PAGE} ${name}: its licence is ${licence}, not ${row.licence}`)
    }
    if (row.reason.length < 15) found.push(`${DEPENDENCIES_PAGE} ${name}: give a reason`)
  }
  for (const { name } of rows) {
    if (users.has(name)) continue
    found.push(`${DEPENDENCIES_PAGE} has ${name}, which nothing declares: remove the line`)
  }
  return found
}

function lockOf(tree: Tree): Lock {
  const text = textOf(tree, 'package-lock.json')
  return text === '' ? { packages: {} } : (JSON.parse(text) as Lock)
}

export interface Floor {
  readonly name: string
  readonly least: string
  readonly advisory: string
}

function isBelow(version: string, least: string): boolean {
  const numbers = (text: string) => text.split('-')[0]!.split('.').map(Number)
  const [have, need] = [numbers(version), numbers(least)]
  for (let i = 0; i < 3; i++) {
    if (have[i] !== need[i]) return have[i]! < need[i]!
  }
  return version.includes('-')
}

/** Every copy counts: a vulnerable one nested under another package is as reachable. */
export function checkFloors(tree: Tree, floors: readonly Floor[]): Finding[] {
  const found: Finding[] = []
  for (const [path, { version }] of Object.entries(lockOf(tree).packages)) {
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
    for (const floor of floors.filter((candidate) => candidate.name === name)) {
      if (version !== undefined && !isBelow(version, floor.least)) continue
      found.push(`${path} is ${version}: ${floor.advisory} wants ${floor.least} or later`)
    }
  }
  return found
}

export function checkSingleCopies(tree: Tree, names: readonly string[]): Finding[] {
  const paths = Object.keys(lockOf(tree).packages)
  return names.flatMap((name) => {
    const copies = paths.filter((path) => path.endsWith(`node_modules/${name}`))
    if (copies.length < 2) return []
    return [`${name} is installed ${copies.length} times: dedupe, or see overrides in package.json`]
  })
}

const LICENCES = new Set([
  'MIT',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'Unlicense',
])
const DEVELOPMENT_LICENCES = new Set(['MPL-2.0'])

/** One licence of an `OR` is enough; all of an `AND` must be allowed. */
export function isAllowedLicence(expression: string, isDevelopment: boolean): boolean {
  const isAllowed = (name: string) =>
    LICENCES.has(name) || (isDevelopment && DEVELOPMENT_LICENCES.has(name))
  return expression
    .replaceAll(/[()]/g, '')
    .split(/\s+OR\s+/)
    .some((choice) => choice.split(/\s+AND\s+/).every((name) => isAllowed(name.trim())))
}

/** `installed` gives the licence in a package's own manifest; undefined where it is not there. */
export function checkLicences(
  tree: Tree,
  installed: (path: string) => string | undefined,
): Finding[] {
  const found: Finding[] = []
  for (const [path, entry] of Object.entries(lockOf(tree).packages)) {
    if (!path.includes('node_modules/') || entry.link === true) continue
    for (const licence of new Set([installed(path) ?? entry.license, entry.license])) {
      if (licence !== undefined && isAllowedLicence(licence, entry.dev === true)) continue
      found.push(`${path} is licensed ${licence ?? 'nowhere'}: use another package`)
    }
  }
  return found
}
