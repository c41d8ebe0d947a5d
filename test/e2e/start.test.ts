// The README's first command, as somebody runs it on a fresh clone.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { environment, ezchatJson } from './process.ts'

const START = new URL('../../scripts/start.ts', import.meta.url).pathname

test('npm start makes an identity once and runs a daemon, with nothing else on stdout', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'ezchat-start-'))
  t.after(() => rm(root, { recursive: true, force: true }))
  const home = join(root, 'home')
  const addresses: unknown[] = []
  for (let time = 0; time < 2; time++) {
    const places = ['--listen', '/ip4/127.0.0.1/tcp/0', '--no-web', '--json', '--home', home]
    const child = spawn(process.execPath, [START, ...places], {
      env: environment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    t.after(() => child.kill('SIGKILL'))
    let err = ''
    child.stderr.setEncoding('utf8').on('data', (chunk) => (err += chunk))
    const [line] = await once(createInterface({ input: child.stdout }), 'line')
    assert.equal(JSON.parse(line).event, 'ready')
    const [own] = await ezchatJson(home, ['id'])
    addresses.push(own?.address)
    assert.equal(err.includes(String(own?.address)), time === 0)
    const closed = once(child, 'close')
    child.kill('SIGTERM')
    assert.deepEqual(await closed, [0, null])
  }
  assert.equal(addresses[0], addresses[1])
})
