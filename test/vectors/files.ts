// The vectors as files: test/vectors/<format>/<name>.json, the same bytes on every machine.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { ERROR_TABLE } from '@ezchat/protocol/errors.ts'
import type { FormatVectors } from './registry.ts'
import type { Vector } from './vector.ts'

const root = new URL('.', import.meta.url)
const NOT_FORMATS = new Set(['builders', 'entries', 'official'])
const FAILURE_CLASSES = new Set<string>([...ERROR_TABLE.values()].map(({ failure }) => failure))

/** Path below test/vectors/ → text. */
export type VectorFiles = ReadonlyMap<string, string>

function mistakeOf(vector: Vector, { format, entries }: FormatVectors): string | null {
  const { name, note, entry, expect, code, output } = vector
  if (vector.format !== format) return `has format ${vector.format}`
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name)) return 'needs a kebab-case name'
  if (!/^[^\n]{10,300}[.]$/.test(note)) return 'needs a note of one sentence'
  if (entries[entry] === undefined) return `names no entry of entries/${format}.ts: ${entry}`
  if (expect === 'ok') return output === undefined ? 'expects ok and has no output' : null
  if (output !== undefined) return 'fails, so it has no output'
  if (expect === 'not-mine') return code === undefined ? null : 'is not mine, so it has no code'
  if (!FAILURE_CLASSES.has(expect)) return `expects ${expect}, which is no failure class`
  if (code === undefined) return null
  const known = ERROR_TABLE.get(code)
  if (known === undefined) return `has an unknown code ${code}`
  return known.failure === expect ? null : `has code ${code}, which is ${known.failure}`
}

export function printVector(vector: Vector): string {
  const { format, name, note, entry, input, expect, code, output } = vector
  return `${JSON.stringify({ format, name, note, entry, input, expect, code, output }, null, 2)}\n`
}

/** What the builders say, as files. Throws where a builder made a mistake. */
export function printVectors(formats: readonly FormatVectors[]): VectorFiles {
  const files = new Map<string, string>()
  for (const format of formats) {
    for (const vector of format.build()) {
      const path = `${format.format}/${vector.name}.json`
      const mistake = mistakeOf(vector, format)
      if (mistake !== null) throw new Error(`vector ${path} ${mistake}`)
      if (files.has(path)) throw new Error(`vector ${path} is built twice`)
      files.set(path, printVector(vector))
    }
  }
  return files
}

export function readVectorFiles(): VectorFiles {
  const files = new Map<string, string>()
  for (const folder of readdirSync(root, { withFileTypes: true })) {
    if (!folder.isDirectory() || NOT_FORMATS.has(folder.name)) continue
    for (const name of readdirSync(new URL(`${folder.name}/`, root)).sort()) {
      const path = `${folder.name}/${name}`
      files.set(path, readFileSync(new URL(path, root), 'utf8'))
    }
  }
  return files
}

export interface Differences {
  readonly changed: readonly string[]
  readonly missing: readonly string[]
  readonly stale: readonly string[]
}

export function compareFiles(built: VectorFiles, onDisk: VectorFiles): Differences {
  const paths = [...built.keys()]
  return {
    changed: paths.filter((path) => onDisk.has(path) && onDisk.get(path) !== built.get(path)),
    missing: paths.filter((path) => !onDisk.has(path)),
    stale: [...onDisk.keys()].filter((path) => !built.has(path)),
  }
}

export function writeVectorFiles(built: VectorFiles, onDisk: VectorFiles): Differences {
  const differences = compareFiles(built, onDisk)
  for (const path of differences.stale) rmSync(new URL(path, root))
  for (const path of [...differences.changed, ...differences.missing]) {
    const file = new URL(path, root)
    const folder = new URL('.', file)
    if (!existsSync(folder)) mkdirSync(folder)
    writeFileSync(file, built.get(path)!)
  }
  return differences
}
