// Finds every format by its files: builders/<format>.ts says what the vectors are,
// entries/<format>.ts how an implementation reads them. Adding a format is adding the two files.
import { readdirSync } from 'node:fs'
import type { Entries, Vector } from './vector.ts'

export interface FormatVectors {
  readonly format: string
  readonly build: () => readonly Vector[]
  readonly entries: Entries
}

const here = new URL('.', import.meta.url)

function namesIn(folder: string): string[] {
  return readdirSync(new URL(folder, here))
    .filter((name) => name.endsWith('.ts'))
    .map((name) => name.slice(0, -'.ts'.length))
    .sort()
}

/** The formats that have both files. A file without its other half is an error. */
export function formatNames(): readonly string[] {
  const builders = namesIn('builders/')
  const entries = namesIn('entries/')
  for (const format of builders) {
    if (!entries.includes(format)) throw new Error(`write test/vectors/entries/${format}.ts`)
  }
  for (const format of entries) {
    if (!builders.includes(format)) throw new Error(`write test/vectors/builders/${format}.ts`)
  }
  return builders
}

export async function loadFormat(format: string): Promise<FormatVectors> {
  const builder: { build?: FormatVectors['build'] } = await import(`./builders/${format}.ts`)
  const reader: { entries?: Entries } = await import(`./entries/${format}.ts`)
  const { build } = builder
  const { entries } = reader
  if (build === undefined) throw new Error(`builders/${format}.ts exports no build()`)
  if (entries === undefined) throw new Error(`entries/${format}.ts exports no entries`)
  return { format, build, entries }
}

export function loadFormats(): Promise<FormatVectors[]> {
  return Promise.all(formatNames().map(loadFormat))
}
