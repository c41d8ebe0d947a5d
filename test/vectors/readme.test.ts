import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { loadFormats } from './registry.ts'

const page = readFileSync(new URL('README.md', import.meta.url), 'utf8')
const rows = page.split('\n').filter((line) => line.startsWith('| '))

/** The first cell names the format, then its entries in backticks. */
function isListed(format: string, entry: string): boolean {
  return rows.some((row) => {
    const [, cell] = row.split('|')
    return cell?.startsWith(` ${format} `) === true && cell.includes(`\`${entry}\``)
  })
}

for (const { format, entries } of await loadFormats()) {
  test(`README.md lists every entry of ${format}`, () => {
    for (const entry of Object.keys(entries)) {
      const advice = `test/vectors/README.md: add a row for ${format} \`${entry}\`, its input and output`
      assert.ok(isListed(format, entry), advice)
    }
  })
}
