// Who may import whom.
import { importsOf } from './source.ts'
import { at, type Finding, isCode, type RepoFile, type Tree } from './tree.ts'

export interface ImportRule {
  readonly from: string
  readonly except?: readonly string[]
  /** Paths of this repository, or `npm:name`, or `node:name`; a prefix of what is imported. */
  readonly not?: readonly string[]
  /** Nothing but these. */
  readonly only?: readonly string[]
  readonly reason: string
}

/** `packages/node/src/x.ts`, `npm:@noble/hashes/sha2.js` or `node:fs`. */
function resolve(importer: string, specifier: string): string {
  if (specifier.startsWith('.')) {
    return new URL(specifier, `file:///${importer}`).pathname.slice(1)
  }
  const own = /^@ezchat\/([a-z]+)(?:\/(.+))?$/.exec(specifier)
  if (own !== null) return `packages/${own[1]}/src/${own[2] ?? 'index.ts'}`
  return specifier.startsWith('node:') ? specifier : `npm:${specifier}`
}

interface Edge {
  readonly file: RepoFile
  readonly offset: number
  readonly target: string
}

function edgesOf(file: RepoFile): Edge[] {
  return importsOf(file.text).map(({ specifier, offset }) => ({
    file,
    offset,
    target: resolve(file.path, specifier),
  }))
}

const isUnder = (path: string, prefix: string) => path === prefix || path.startsWith(prefix)

export function checkDirections(tree: Tree, rules: readonly ImportRule[]): Finding[] {
  const found: Finding[] = []
  const code = tree.filter(isCode)
  const exists = (path: string) => tree.some((file) => isUnder(file.path, path))
  for (const { from, except = [], not = [], only, reason } of rules) {
    for (const named of [from, ...except, ...not, ...(only ?? [])]) {
      if (/^(npm|node):/.test(named) || exists(named)) continue
      found.push(`${named} is named by an import rule and is gone: change the rule with the tree`)
    }
    const isMeant = ({ path }: RepoFile) =>
      isUnder(path, from) && !except.some((folder) => isUnder(path, folder))
    for (const edge of code.filter(isMeant).flatMap(edgesOf)) {
      const refused =
        not.some((path) => isUnder(edge.target, path)) ||
        (only !== undefined && !only.some((path) => isUnder(edge.target, path)))
      if (refused) found.push(`${at(edge.file, edge.offset)} imports ${edge.target}: ${reason}`)
    }
  }
  return found
}

export function checkCycles(tree: Tree): Finding[] {
  const graph = new Map(
    tree.filter(isCode).map((file) => [file.path, edgesOf(file).map(({ target }) => target)]),
  )
  const found: Finding[] = []
  const done = new Set<string>()
  const trail: string[] = []
  const visit = (path: string): void => {
    const start = trail.indexOf(path)
    if (start !== -1) {
      const cycle = [...trail.slice(start), path].join(' → ')
      found.push(`import cycle: ${cycle}; move what both need into a third file`)
      return
    }
    if (done.has(path)) return
    trail.push(path)
    for (const target of graph.get(path) ?? []) visit(target)
    trail.pop()
    done.add(path)
  }
  for (const path of graph.keys()) visit(path)
  return found
}

/** A relative import that leads nowhere fails in tsc; this is for the ones it never sees. */
export function checkOwnIndex(tree: Tree): Finding[] {
  const found: Finding[] = []
  for (const file of tree.filter(isCode)) {
    const own = /^packages\/[a-z]+\//.exec(file.path)?.[0]
    if (own === undefined) continue
    for (const { offset, target } of edgesOf(file)) {
      if (target !== `${own}src/index.ts`) continue
      found.push(`${at(file, offset)} imports its own index.ts: name the file that has it`)
    }
  }
  return found
}
