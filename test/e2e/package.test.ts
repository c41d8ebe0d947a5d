// The package that is published: built, packed, installed in an empty folder, and run there.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { buildPackage } from '../../scripts/build.ts'
import { Daemon, environment, ezchat, ezchatJson } from './process.ts'

const MODULES = new URL('../../node_modules/', import.meta.url).pathname
const OLD_NODES = ['/usr/bin/node', '/usr/bin/nodejs']
const STATUS_RUNS = 5

/** An interpreter that is too old for us, if this machine has one. */
function oldNode(): string | null {
  for (const path of OLD_NODES) {
    if (!existsSync(path)) continue
    const version = execFileSync(path, ['--version'], { encoding: 'utf8' }).slice(1)
    const [major = 0, minor = 0] = version.split('.').map(Number)
    if (major < 22 || (major === 22 && minor < 12)) return path
  }
  return null
}

/** What npm would fetch, from what is installed here. */
function copyModule(name: string, folder: string): void {
  const to = join(folder, 'node_modules', name)
  if (existsSync(to)) return
  cpSync(join(MODULES, name), to, { recursive: true })
  const { dependencies = {} } = JSON.parse(readFileSync(join(to, 'package.json'), 'utf8'))
  for (const each of Object.keys(dependencies)) copyModule(each, folder)
}

describe('the package', () => {
  let root: string
  let bin: string
  let isCopied = false

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'ezchat-package-'))
    const built = await buildPackage()
    const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', root]
    const [packed] = JSON.parse(execFileSync('npm', pack, { cwd: built, encoding: 'utf8' }))
    const tarball = join(root, packed.filename)
    const folder = join(root, 'empty')
    mkdirSync(folder)
    const install = ['install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', tarball]
    if (spawnSync('npm', install, { cwd: folder }).status !== 0) {
      isCopied = true
      const inside = join(folder, 'node_modules', 'ezchat')
      mkdirSync(inside, { recursive: true })
      execFileSync('tar', ['-xzf', tarball, '-C', inside, '--strip-components=1'])
      const { dependencies } = JSON.parse(readFileSync(join(inside, 'package.json'), 'utf8'))
      for (const each of Object.keys(dependencies)) copyModule(each, folder)
      mkdirSync(join(folder, 'node_modules', '.bin'))
      symlinkSync('../ezchat/lib/bin.js', join(folder, 'node_modules', '.bin', 'ezchat'))
    }
    bin = join(folder, 'node_modules', '.bin', 'ezchat')
  })
  after(() => rm(root, { recursive: true, force: true }))

  test('runs where nothing else is installed', async (t) => {
    if (isCopied) t.diagnostic('npm has no copy of the dependencies: they were copied')
    const options = { bin: [bin] }
    const home = join(root, 'home')
    const made = await ezchat(home, ['init'], options)
    assert.equal(made.code, 0, made.err)
    const startMs = performance.now()
    const daemon = await Daemon.start(home, ['--no-web'], 'daemon', [bin])
    t.after(() => daemon.end('SIGKILL'))
    t.diagnostic(`start to ready: ${Math.round(performance.now() - startMs)} ms`)
    const times: number[] = []
    for (let run = 0; run < STATUS_RUNS; run++) {
      const fromMs = performance.now()
      const [status] = await ezchatJson(home, ['status'], options)
      times.push(performance.now() - fromMs)
      assert.equal(status?.address, made.out.trim())
      assert.equal(status?.health, 'ok')
    }
    const [best = 0] = times.sort((a, b) => a - b)
    t.diagnostic(`cold status: best ${Math.round(best)} of ${times.map(Math.round).join(', ')} ms`)
    assert.equal((await ezchat(home, ['send', 'nobody', 'hi'], options)).code, 1)
    assert.equal((await ezchat(home, ['stop'], options)).code, 0)
    assert.equal((await ezchat(home, ['status'], options)).code, 3)
  })

  const old = oldNode()
  test('says in one line that Node is too old', { skip: old === null && 'none here' }, () => {
    const ran = spawnSync(old!, [bin, 'status'], { env: environment(), encoding: 'utf8' })
    assert.equal(ran.status, 1)
    assert.match(ran.stderr, /^ezchat: needs Node 22\.12 or newer; this is \S+\n$/)
    assert.equal(ran.stdout, '')
  })

  test('runs nothing when it is installed', () => {
    const manifest = JSON.parse(readFileSync(join(bin, '../../ezchat/package.json'), 'utf8'))
    assert.equal(manifest.scripts, undefined)
    assert.deepEqual(manifest.bin, { ezchat: 'lib/bin.js' })
  })
})
