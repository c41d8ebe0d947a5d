#!/usr/bin/env node
// The first thing that runs. Everything newer than an old Node understands is loaded after the check.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 12)) {
  process.stderr.write(`ezchat: needs Node 22.12 or newer; this is ${process.versions.node}\n`)
  process.exit(1)
}
const { main } = await import('./main.ts')
await main(process.argv)
