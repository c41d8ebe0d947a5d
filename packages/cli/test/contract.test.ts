// What every verb prints, in words and as JSON, with its exit code: a contract with scripts. After a
// change that is wanted: EZCHAT_GOLDEN=write npm test -- packages/cli/test/contract.test.ts
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type FakeDaemon, startFakeDaemon } from './fake-daemon.ts'
import { type Ran, type RunOptions, runVerb } from './run.ts'

// Hours are shown as they are where the user is.
process.env.TZ = 'UTC'

const GOLDEN = new URL('golden/', import.meta.url).pathname
const isWriting = process.env.EZCHAT_GOLDEN === 'write'
const ESCAPE = '\u001b'
const ID = '01234567-89ab-4cde-8f01-23456789abcd'

const CASES: { readonly [name: string]: readonly string[] } = {
  id: ['id'],
  'id-qr': ['id', '--qr'],
  invite: ['invite', '--once', '--expires', '24h'],
  add: ['add', 'ezchat:AbCdEf', '--name', 'rob'],
  'contacts-list': ['contacts', 'list'],
  'contacts-requests': ['contacts', 'list', '--requests'],
  'contacts-show': ['contacts', 'show', 'bob'],
  'contacts-rename': ['contacts', 'rename', 'bob', 'rob'],
  'contacts-verify': ['contacts', 'verify', 'bob', '12345 67890'],
  'contacts-accept': ['contacts', 'accept', 'bob'],
  'contacts-block': ['contacts', 'block', 'bob'],
  'contacts-rm': ['contacts', 'rm', 'bob'],
  send: ['send', 'bob', 'hello', '--id', ID],
  'send-stored': ['send', 'bob', 'hello', '--id', ID, '--wait', 'stored'],
  'send-unknown': ['send', 'nobody', 'hello', '--id', ID],
  'send-quota': ['send', 'bob', 'too much', '--id', ID],
  'send-late': ['send', 'bob', 'hello', '--id', ID, '--wait', 'delivered'],
  read: ['read'],
  outbox: ['outbox'],
  show: ['show', ID],
  status: ['status'],
  peers: ['peers'],
  ping: ['ping', 'bob'],
  'ping-nobody': ['ping', 'carol'],
  'verify-fails': ['contacts', 'verify', 'bob', '0'],
  'config-list': ['config', 'list'],
  'config-get': ['config', 'get', 'privacy'],
  'config-unknown': ['config', 'get', 'colour'],
  'config-validate': ['config', 'validate'],
  help: ['--help'],
  'help-send': ['send', '--help'],
  'help-daemon': ['daemon', '--help'],
  usage: ['send'],
}

let root: string
let daemon: FakeDaemon

async function run(args: readonly string[], around: Omit<RunOptions, 'home'> = {}): Promise<Ran> {
  process.exitCode = 0
  const ran = await runVerb(args, { home: join(root, 'home'), ...around })
  const code = ran.code || Number(process.exitCode ?? 0)
  process.exitCode = 0
  return { ...ran, code }
}

function compare(name: string, { out, err, code }: Ran): void {
  const text = `${out}--- stderr\n${err}--- exit code ${code}\n`.replaceAll(root, 'ROOT')
  const path = join(GOLDEN, `${name}.txt`)
  if (isWriting) {
    mkdirSync(GOLDEN, { recursive: true })
    writeFileSync(path, text)
  }
  assert.ok(existsSync(path), `no golden output ${path}`)
  assert.equal(text, readFileSync(path, 'utf8'))
}

describe('the command line', () => {
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'ezchat-cli-'))
    daemon = await startFakeDaemon(join(root, 'home'))
  })
  after(async () => {
    await daemon.close()
    await rm(root, { recursive: true, force: true })
  })

  for (const [name, args] of Object.entries(CASES)) {
    test(`says the same as ever: ${name}`, async () => {
      compare(name, await run(args))
      if (name.startsWith('help') || name === 'usage') return
      const json = await run([...args, '--json'])
      compare(`${name}.json`, json)
      for (const line of json.out.split('\n').filter((each) => each !== '')) {
        assert.equal((JSON.parse(line) as { v?: unknown }).v, 1)
      }
    })
  }

  test('nothing that others wrote reaches a terminal as it is', async () => {
    for (const args of Object.values(CASES)) {
      const { out, err } = await run(args)
      assert.doesNotMatch(`${out}${err}`, /[^\P{Cc}\n]|[\u202a-\u202e]/u)
    }
  })

  test('40 columns are enough for every table, and colours are left out when asked', async () => {
    const terminal = { columns: 40 }
    for (const name of ['contacts-list', 'status', 'peers', 'show', 'config-list']) {
      const args = CASES[name]!
      const { out } = await run(args, { terminal, env: { NO_COLOR: '1' } })
      const rows = out.split('\n').filter((line) => !line.includes(': '))
      assert.deepEqual(
        rows.filter((line) => [...line].length > terminal.columns),
        [],
      )
      assert.equal(out.includes(ESCAPE), false)
    }
    assert.ok((await run(['status'], { terminal })).out.includes(ESCAPE))
    const plain: [readonly string[], { [name: string]: string }][] = [
      [['status'], { NO_COLOR: '1' }],
      [['status'], { TERM: 'dumb' }],
      [['status', '--no-color'], {}],
      [['status', '--json'], {}],
    ]
    for (const [args, env] of plain) {
      assert.equal((await run(args, { terminal, env })).out.includes(ESCAPE), false)
    }
  })

  test('its scripts for shells are ones', async () => {
    for (const shell of ['bash', 'zsh', 'fish']) {
      const { out, code } = await run(['completion', shell])
      assert.equal(code, 0)
      for (const verb of ['send', 'daemon', 'contacts']) assert.ok(out.includes(verb))
      const parsed = spawnSync(shell, ['-n'], { input: out, encoding: 'utf8' })
      // Where the shell is not there nobody can say.
      if (parsed.error === undefined) assert.deepEqual([parsed.status, parsed.stderr], [0, ''])
    }
  })

  test('stop waits until the daemon is gone', async () => {
    const { code, err } = await run(['stop'])
    assert.deepEqual([code, err], [0, 'Stopped.\n'])
    const { code: then, err: says } = await run(['status'])
    assert.equal(then, 3)
    assert.match(says, /no daemon is running/)
  })
})
