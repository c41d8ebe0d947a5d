import { readdirSync } from 'node:fs'
import type { Suite } from './frame/case.ts'
import { runBench } from './frame/command.ts'

/** A file in suites/ that exports `suite` is one; the others are parts of one. */
async function loadSuites(): Promise<Suite[]> {
  const folder = new URL('suites/', import.meta.url)
  const found: Suite[] = []
  for (const name of readdirSync(folder).sort()) {
    if (!name.endsWith('.ts')) continue
    const module: { suite?: Suite } = await import(new URL(name, folder).href)
    if (module.suite !== undefined) found.push(module.suite)
  }
  return found
}

const exitCode = await runBench(process.argv.slice(2), {
  suites: loadSuites,
  out: (text) => process.stdout.write(text),
  report: (text) => process.stderr.write(text),
  nowNs: () => process.hrtime.bigint(),
})

// After a wrong result nobody has closed what was opened. What was written to a pipe is written.
process.stdout.write('', () => process.exit(exitCode))
