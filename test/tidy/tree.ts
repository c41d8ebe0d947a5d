// The repository as the checks see it: paths and texts. A self-test hands in a made-up one.
import { readdirSync, readFileSync } from 'node:fs'

export interface RepoFile {
  /** From the root of the repository, with forward slashes. */
  readonly path: string
  readonly text: string
}

export type Tree = readonly RepoFile[]

/** One line for the person who has to mend it: where, what, and what to write instead. */
export type Finding = string

const root = new URL('../../', import.meta.url)
const SKIPPED = new Set(['node_modules', '.git', 'dist', 'coverage', '.cache', '.ezchat'])
const TEXT =
  /\.(ts|tsx|mjs|js|json|jsonc|md|css|html|sh|yml|yaml|service|conf)$|(^|\/)\.?[A-Za-z-]+$/

function walk(folder: string, found: RepoFile[]): void {
  for (const entry of readdirSync(new URL(folder, root), { withFileTypes: true })) {
    if (SKIPPED.has(entry.name)) continue
    const path = `${folder}${entry.name}`
    if (entry.isDirectory()) walk(`${path}/`, found)
    else if (entry.isFile() && TEXT.test(path)) {
      found.push({ path, text: readFileSync(new URL(path, root), 'utf8') })
    }
  }
}

export function readTree(): Tree {
  const found: RepoFile[] = []
  walk('', found)
  return found.sort((a, b) => (a.path < b.path ? -1 : 1))
}

export function isCode(file: RepoFile): boolean {
  return /\.(ts|tsx|mjs)$/.test(file.path)
}

export function isTest(path: string): boolean {
  return path.endsWith('.test.ts')
}

/** Vectors are data that a builder writes; no rule for hand-written files applies to them. */
export function isVector(path: string): boolean {
  return /^test\/vectors\/[^/]+\/[^/]+\.json$/.test(path)
}

export function at(file: RepoFile, offset: number): string {
  return `${file.path}:${file.text.slice(0, offset).split('\n').length}`
}
