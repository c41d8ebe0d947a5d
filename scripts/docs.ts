// npm run docs: prints the generated tables into their pages.
import { readFileSync, writeFileSync } from 'node:fs'
import { generatedParts, replacePart } from './pages.ts'

const root = new URL('../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')

for (const { path, part, content } of generatedParts(read)) {
  const before = read(path)
  const after = replacePart(before, part, content)
  if (after === null) {
    console.error(`${path} has no place for the generated ${part}`)
    process.exitCode = 1
  } else if (after !== before) {
    writeFileSync(new URL(path, root), after)
    console.error(`${path}: wrote ${part}`)
  }
}
