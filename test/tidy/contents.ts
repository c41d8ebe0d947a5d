// What must agree with something else: labels, error codes, generated pages, links.
import { HASH_LABELS, KEY_LABELS, SIGN_LABELS } from '@ezchat/protocol/crypto/labels.ts'
import { codeOf, ERROR_TABLE, statusOf } from '@ezchat/protocol/errors.ts'
import {
  commentAbove,
  generatedParts,
  LIMITS_SOURCE,
  NODE_LIMITS_SOURCES,
  replacePart,
} from '../../scripts/pages.ts'
import type { Finding, RepoFile, Tree } from './tree.ts'

type Labels = { readonly [name: string]: Uint8Array }

const ALL_LABELS: readonly Labels[] = [KEY_LABELS, SIGN_LABELS, HASH_LABELS]
const decoder = new TextDecoder()

export function checkLabels(tables: readonly Labels[] = ALL_LABELS): Finding[] {
  const found: Finding[] = []
  const seen = new Map<string, string>()
  for (const [name, bytes] of tables.flatMap((table) => Object.entries(table))) {
    const text = decoder.decode(bytes)
    if (!/^ezchat\/v1\/[a-z0-9]+(?:[/-][a-z0-9]+)*\0$/.test(text)) {
      found.push(`label ${name}: write \`ezchat/v1/<use>\` in lower case, ending in a zero byte`)
    }
    const other = seen.get(text)
    if (other !== undefined) found.push(`labels ${other} and ${name} are equal: one use, one label`)
    seen.set(text, name)
  }
  return found
}

/** A second implementation finds every label in the specification. */
export function checkLabelsPage(tree: Tree, tables: readonly Labels[] = ALL_LABELS): Finding[] {
  const page = textOf(tree, 'docs/spec/crypto.md')
  return tables
    .flatMap((table) => Object.values(table))
    .map((bytes) => decoder.decode(bytes).slice('ezchat/v1/'.length, -1))
    .filter((use) => !page.includes(`\`${use}\``) && !page.includes(`\`ezchat/v1/${use}\``))
    .map((use) => `docs/spec/crypto.md lacks the label \`${use}\`: say what it is for`)
}

type Errors = Iterable<{ readonly code: string; readonly status: number; readonly message: string }>

export function checkStatuses(): Finding[] {
  const found: Finding[] = []
  for (const { code, status } of ERROR_TABLE.values()) {
    if (statusOf(code) !== status || codeOf(status) !== code) {
      found.push(`${code} and status ${status} do not map to each other: give it its own number`)
    }
    if (status < 257 || status > 0xffff) found.push(`${code}: status ${status} is no u16 from 257`)
  }
  return found
}

export function checkMessages(errors: Errors = ERROR_TABLE.values()): Finding[] {
  const found: Finding[] = []
  const seen = new Map<string, string>()
  for (const { code, message } of errors) {
    const other = seen.get(message)
    if (other !== undefined) found.push(`${other} and ${code} say the same: tell them apart`)
    seen.set(message, code)
  }
  return found
}

function textOf(tree: Tree, path: string): string {
  return tree.find((file) => file.path === path)?.text ?? ''
}

export function checkGeneratedPages(tree: Tree): Finding[] {
  const found: Finding[] = []
  for (const { path, part, content } of generatedParts((path) => textOf(tree, path))) {
    const page = textOf(tree, path)
    const fresh = replacePart(page, part, content)
    if (fresh === null) found.push(`${path} has no place for ${part}: put its two comments back`)
    else if (fresh !== page) found.push(`${path}: ${part} differ from the code: npm run docs`)
  }
  return found
}

/** A limit's comment gives scope, cost and reason. */
export function checkLimitComments(tree: Tree): Finding[] {
  return [LIMITS_SOURCE, ...NODE_LIMITS_SOURCES].flatMap((path) => {
    const source = textOf(tree, path)
    return [...source.matchAll(/^export const (\w+)/gm)]
      .map((match) => match[1]!)
      .filter((name) => commentAbove(source, name).length < 20)
      .map((name) => `${path} ${name}: say above it what it bounds, its cost and why`)
  })
}

function isThere(tree: Tree, path: string): boolean {
  const folder = path.endsWith('/') ? path : `${path}/`
  return tree.some((file) => file.path === path || file.path.startsWith(folder))
}

function brokenLinks(tree: Tree, file: RepoFile): Finding[] {
  const found: Finding[] = []
  for (const [, link] of file.text.matchAll(/\]\(([^)\s]+)\)/g)) {
    if (link === undefined || /^(?:[a-z]+:|#)/.test(link)) continue
    const path = new URL(link, `file:///${file.path}`).pathname.slice(1)
    if (!isThere(tree, path)) found.push(`${file.path} links to ${link}: nothing is there`)
  }
  return found
}

export function checkLinks(tree: Tree): Finding[] {
  return tree.filter(({ path }) => path.endsWith('.md')).flatMap((file) => brokenLinks(tree, file))
}

function sectionsOf(page: string): ReadonlySet<string> {
  return new Set([...page.matchAll(/^#+ (\d+(?:\.\d+)*)\.? /gm)].map((match) => match[1]!))
}

/** Code and pages cite the specification by section: `sync.md §4`. */
export function checkSections(tree: Tree): Finding[] {
  const found: Finding[] = []
  const folder = 'docs/spec/'
  const pages = new Map(
    tree
      .filter(({ path }) => path.startsWith(folder))
      .map(({ path, text }) => [path.slice(folder.length), sectionsOf(text)]),
  )
  for (const { path, text } of tree) {
    for (const match of text.matchAll(/\b([a-z-]+\.md)\)? §(\d+(?:\.\d+)*)/g)) {
      const [, page, section] = match
      if (page === undefined || section === undefined) continue
      if (pages.get(page)?.has(section) !== false) continue
      found.push(`${path} cites ${page} §${section}: there is none; cite the section that says it`)
    }
  }
  return found
}

/** A promise names the test that holds it, so the test must be there. */
export function checkPromises(tree: Tree): Finding[] {
  const page = textOf(tree, 'docs/promises.md')
  const found: Finding[] = []
  for (const match of page.matchAll(/`((?:packages|test|bench|docs)\/[^`\s]*)`((?: “[^”]+”)*)/g)) {
    const [, path = '', names = ''] = match
    const claim = `docs/promises.md names ${path}`
    if (!isThere(tree, path)) found.push(`${claim}: nothing is there; name the test that holds it`)
    for (const [, name = ''] of names.matchAll(/“([^”]+)”/g)) {
      if (!textOf(tree, path).includes(name)) found.push(`${claim} “${name}”: it has no such test`)
    }
  }
  return found
}
