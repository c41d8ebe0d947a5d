// docs/tour.md says what the program says.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { environment } from './process.ts'

const TOUR = new URL('../../scripts/tour.ts', import.meta.url).pathname

test('the first session of docs/tour.md is what happens', async () => {
  const child = spawn(process.execPath, [TOUR, '--check'], {
    env: environment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk) => (said += chunk))
  }
  const [code] = await once(child, 'close')
  assert.equal(code, 0, said)
})
