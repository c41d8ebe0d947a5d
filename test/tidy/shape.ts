// How files look: size, name, and words that have no place in them.
import { functionsOf, maskCode } from './source.ts'
import { at, type Finding, isCode, isTest, isVector, type Tree } from './tree.ts'

const FILE_LINES_MAX = 400
const TEST_FILE_LINES_MAX = 600
const FUNCTION_LINES_MAX = 70

export function checkFileSizes(tree: Tree): Finding[] {
  const found: Finding[] = []
  for (const file of tree.filter(isCode)) {
    const lines = file.text.split('\n').length - 1
    const most = isTest(file.path) ? TEST_FILE_LINES_MAX : FILE_LINES_MAX
    if (lines < most) continue
    found.push(`${file.path} has ${lines} lines: at ${most} it is two files; name the second idea`)
  }
  return found
}

export function checkFunctionSizes(tree: Tree): Finding[] {
  const found: Finding[] = []
  for (const file of tree.filter(isCode)) {
    for (const { offset, lines, name, isTestBody } of functionsOf(file.text)) {
      if (isTestBody || lines <= FUNCTION_LINES_MAX) continue
      found.push(
        `${at(file, offset)} ${name} has ${lines} lines: ${FUNCTION_LINES_MAX} is a whole` +
          ' function; let the parent branch and the leaves compute',
      )
    }
  }
  return found
}

const VAGUE = /^(utils?|helpers?|commons?|misc|types?)$/

export function checkFileNames(tree: Tree): Finding[] {
  const found: Finding[] = []
  for (const { path } of tree) {
    const name = path.slice(path.lastIndexOf('/') + 1)
    if (path.split('/').some((part) => VAGUE.test(part.split('.')[0]!))) {
      found.push(`${path}: name the noun that it holds, not utils, helpers, common, misc or types`)
    }
    const isShout = /^[A-Z]+(-[A-Z]+)?(\.md)?$/.test(name)
    if (!isShout && !/^\.?[a-z0-9]+([.-][a-z0-9]+)*$/.test(name)) {
      found.push(`${path}: write file names in kebab-case`)
    }
  }
  return found
}

/** Spelled in halves, so that this file does not find itself. */
const word = (...halves: readonly string[]) => halves.join('')
const UNFINISHED = new RegExp(
  `\\b(?:${[word('TO', 'DO'), word('FIX', 'ME'), word('XX', 'X'), word('HA', 'CK')].join('|')})\\b`,
  'g',
)
const WORKPLACE = [
  word('/wo', 'rk/'),
  word('/tmp/', 'brief'),
  word('/home', '/'),
  word('/ro', 'ot/'),
  word(' fac', 'ts/'),
  word('sha', 'red/facts'),
]

export function checkWords(tree: Tree): Finding[] {
  const found: Finding[] = []
  for (const file of tree) {
    if (isVector(file.path) || file.path === 'package-lock.json') continue
    for (const match of file.text.matchAll(UNFINISHED)) {
      found.push(`${at(file, match.index)} has ${match[0]}: finish it, or open an issue and say so`)
    }
    for (const place of WORKPLACE) {
      const offset = file.text.indexOf(place)
      if (offset === -1) continue
      found.push(`${at(file, offset)} has ${place}: write a path that exists in every clone`)
    }
  }
  return found
}

export function checkSuppressions(tree: Tree): Finding[] {
  const found: Finding[] = []
  const ignore = new RegExp(`@${word('ts-', 'ignore')}|@${word('ts-', 'nocheck')}`, 'g')
  for (const file of tree.filter(isCode)) {
    for (const match of file.text.matchAll(ignore)) {
      found.push(`${at(file, match.index)} has ${match[0]}: use @ts-expect-error with a reason`)
    }
  }
  return found
}

/** A heading inside a fenced block is an example, not a heading. */
function headingsOf(markdown: string): number {
  return markdown
    .replaceAll(/^(```|~~~)[\s\S]*?^\1/gm, '')
    .split('\n')
    .filter((line) => /^# \S/.test(line)).length
}

export function checkHeadings(tree: Tree): Finding[] {
  return tree
    .filter(({ path }) => path.endsWith('.md'))
    .map((file) => ({ path: file.path, count: headingsOf(file.text) }))
    .filter(({ count }) => count !== 1)
    .map(({ path, count }) => `${path} has ${count} top headings: a document has one \`# title\``)
}

/** A test that nobody runs is worse than none. */
export function checkFocus(tree: Tree): Finding[] {
  const found: Finding[] = []
  for (const file of tree.filter(({ path }) => isTest(path))) {
    for (const match of maskCode(file.text).matchAll(/\b(?:test|it|describe|suite)\.only\b/g)) {
      found.push(`${at(file, match.index)} has ${match[0]}: the others would not run; remove .only`)
    }
  }
  return found
}
