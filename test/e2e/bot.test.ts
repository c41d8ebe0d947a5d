// The bot of docs/api.md, word for word as it stands there.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { People, textsWith } from './people.ts'
import { BIN, environment } from './process.ts'

const AGAIN_MS = 3000
const PAGE = new URL('../../docs/api.md', import.meta.url)

test('the bot of docs/api.md answers who writes to it', async (t) => {
  const page = await readFile(PAGE, 'utf8')
  const code = /## A bot\n[\s\S]*?```js\n([\s\S]*?)```/.exec(page)?.[1]
  assert.ok(code !== undefined && code.split('\n').length <= 25)
  const people = await People.open('bot')
  t.after(() => people.close())
  const path = join(people.stage.root, 'bot.mjs')
  await writeFile(path, code)
  await Promise.all([people.init('alice'), people.init('bot')])
  const bot = await people.daemon('bot')
  await people.daemon('alice', ['--bootstrap', bot.address])
  const { invite } = await people.ask('bot', 'invite', {})
  const command = [process.execPath, BIN, '--home', bot.home]
  const child = spawn(process.execPath, [path, ...command], {
    env: environment(),
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let err = ''
  child.stderr.setEncoding('utf8').on('data', (chunk) => (err += chunk))
  const closed = once(child, 'close')
  t.after(async () => {
    child.kill()
    await closed
  })
  await people.ask('alice', 'add', { target: invite, name: 'bot' })
  // It hears what comes after its watch has begun, and nobody says when that is.
  const again = () => people.ask('alice', 'send', { to: 'bot', text: 'hello' })
  await again()
  const timer = setInterval(() => void again().catch(() => clearInterval(timer)), AGAIN_MS)
  t.after(() => clearInterval(timer))
  await people.until('alice', async (client) =>
    (await textsWith(client, 'bot')).includes('You said: hello'),
  )
  assert.equal(err, '')
})
