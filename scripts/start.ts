// `npm start`: an identity if there is none, then a daemon. What is written behind -- is the
// daemon's: npm start -- --home DIR --bootstrap MULTIADDR.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { findHome } from '../packages/cli/src/home.ts'
import { main } from '../packages/cli/src/main.ts'

const BIN = new URL('../packages/cli/src/bin.ts', import.meta.url).pathname
const given = process.argv.slice(2)

function flagOf(name: string): string | undefined {
  const at = given.findIndex((flag) => flag === name || flag.startsWith(`${name}=`))
  if (at === -1) return undefined
  return given[at] === name ? given[at + 1] : given[at]!.slice(name.length + 1)
}

/** Standard output is the daemon's: what `init` says goes to the terminal. */
function init(): number {
  const flags = ['--home', '--network'].flatMap((name) => {
    const value = flagOf(name)
    return value === undefined ? [] : [name, value]
  })
  const { status } = spawnSync(process.execPath, [BIN, 'init', ...flags], {
    stdio: ['inherit', 2, 'inherit'],
  })
  return status ?? 1
}

const { data } = findHome(flagOf('--home'), process.env)
const code = existsSync(join(data, 'vault.key')) ? 0 : init()
if (code === 0) await main([process.execPath, BIN, 'daemon', ...given])
else process.exitCode = code
