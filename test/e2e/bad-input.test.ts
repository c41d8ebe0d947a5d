// What goes wrong for a user, and what is said then: a code, an exit code, words that help.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { FAILURES, type FailureCode } from '@ezchat/protocol/control/failures.ts'
import { People } from './people.ts'
import { BIN, type Daemon, environment, ezchat, ezchatJson, type RunOptions } from './process.ts'

const SHIFT = new URL('shifted-clock.ts', import.meta.url).href
const YEAR_SECONDS = 365 * 86_400

let people: People
let alice: Daemon
let invite: string

const inAnotherTime = (seconds: number): RunOptions => ({
  bin: ['--import', SHIFT, BIN],
  env: { EZCHAT_TEST_CLOCK_SECONDS: String(seconds) },
})

/** With a mount of its own over the home, where this machine lets us. */
const mounted = (home: string, options: string): RunOptions => ({
  before: [
    ...['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c'],
    `mount -t tmpfs -o ${options} tmpfs "$0" && exec "$@"`,
    home,
  ],
})
const canMount = spawnSync('unshare', ['--user', '--map-root-user', '--mount', 'true']).status === 0
const skip = canMount ? false : 'this machine has no mount namespaces for users'

async function fails(
  home: string,
  args: readonly string[],
  code: FailureCode,
  { says, ...options }: RunOptions & { says?: RegExp } = {},
): Promise<void> {
  const ran = await ezchat(home, [...args, '--json'], options)
  const [exitCode, , advice] = FAILURES[code]
  const line = ran.out.trim().split('\n').at(-1) ?? ''
  assert.match(line, /^\{/, `no answer: ${ran.out}${ran.err}`)
  const { v, error } = JSON.parse(line) as { v: number; error: { code: string; message: string } }
  assert.equal(error?.code, code, line)
  assert.equal(v, 1)
  assert.equal(ran.code, exitCode)
  assert.ok(ran.err.includes(`ezchat: ${error.message}`), ran.err)
  if (advice !== '') assert.ok(ran.err.includes(advice))
  if (says !== undefined) assert.match(error.message, says)
  // Words, not where in our code it happened.
  assert.doesNotMatch(ran.err, /\n\s+at |node:internal/)
}

const otherCharacter = (text: string, at: number) =>
  `${text.slice(0, at)}${text[at] === 'q' ? 'p' : 'q'}${text.slice(at + 1)}`

before(async () => {
  people = await People.open('bad input')
  await Promise.all([people.init('alice'), people.init('bob')])
  alice = await people.daemon('alice')
  invite = (await people.ask('alice', 'invite', { expiresSeconds: 3600 })).invite
})
after(() => people.close())

describe('people', () => {
  test('who is not known is not written to', async () => {
    const { home } = alice
    await fails(home, ['send', 'nobody', 'hi'], 'PEER_UNKNOWN', { says: /nobody/ })
    await fails(home, ['contacts', 'show', 'nobody'], 'PEER_UNKNOWN')
    await fails(people.home('bob'), ['send', 'nobody', 'hi'], 'PEER_UNKNOWN')
    await fails(home, ['show', '00000000-0000-4000-8000-000000000000'], 'MESSAGE_UNKNOWN')
  })

  test('a typo in an invite or an address is noticed', async () => {
    const bob = people.home('bob')
    for (const at of [20, 60, invite.length - 2]) {
      await fails(bob, ['add', otherCharacter(invite, at)], 'INVITE_BAD')
    }
    await fails(bob, ['add', invite.slice(0, -9)], 'INVITE_BAD')
    await fails(bob, ['add', 'hello'], 'INVITE_BAD')
    const { address } = await people.ask('alice', 'id', {})
    // The place of a single wrong character is computed, and named.
    await fails(bob, ['add', otherCharacter(address, 30)], 'ADDRESS_BAD', { says: /31|30/ })
    await fails(bob, ['add', address.slice(0, -1)], 'ADDRESS_BAD', { says: /60 characters/ })
  })

  test('an invite past its time, of another network, or the own one is refused', async () => {
    const bob = people.home('bob')
    await fails(bob, ['add', invite], 'INVITE_EXPIRED', inAnotherTime(7200))
    await fails(alice.home, ['add', invite], 'SELF')
    const elsewhere = people.home('elsewhere')
    await ezchatJson(elsewhere, ['init'])
    await fails(elsewhere, ['add', invite], 'INVITE_ELSEWHERE')
  })

  test('a safety number that differs ends with 4', async () => {
    const bob = people.home('bob')
    await ezchatJson(bob, ['add', invite, '--name', 'alice'])
    await fails(bob, ['contacts', 'verify', 'alice', '12345 67890'], 'NOT_TRUSTED')
  })
})

describe('homes', () => {
  test('without an identity nothing is sent, and the next step is said', async () => {
    await fails(people.home('nobody'), ['id'], 'NO_HOME')
    await fails(people.home('nobody'), ['daemon'], 'NO_HOME')
    await fails(people.home('bob'), ['status'], 'NO_DAEMON')
  })

  test('a wrong passphrase opens nothing, and shows in nothing', async () => {
    const home = people.home('locked')
    const secret = 'canary-passphrase-7301'
    await ezchatJson(home, ['init', '--passphrase'], { input: `${secret}\n` })
    await fails(home, ['id'], 'PASSPHRASE_WRONG', { input: 'another one\n' })
    await fails(home, ['id'], 'PASSPHRASE_WRONG', { input: '\n' })
    await ezchatJson(home, ['id'], { input: `${secret}\n` })
    const child = spawn(
      process.execPath,
      [BIN, 'daemon', '--json', '--home', home, '--listen', '/ip4/127.0.0.1/tcp/0'],
      { env: environment(), stdio: 'pipe' },
    )
    let said = ''
    child.stderr.on('data', (chunk) => (said += chunk))
    child.stdin.write(`${secret}\n`)
    const [ready] = await once(child.stdout, 'data')
    said += ready
    const { pid } = child
    for (const file of ['cmdline', 'environ'])
      said += await readFile(`/proc/${pid}/${file}`, 'utf8')
    const closed = once(child, 'close')
    child.kill('SIGTERM')
    await closed
    assert.match(said, /"event":"ready"/)
    assert.equal(said.includes(secret), false)
  })

  test('the recovery words are not shown where no person looks', async () => {
    const home = people.home('words')
    const file = `${home}-words`
    const made = await ezchat(home, ['init', '--words-file', file])
    const words = (await readFile(file, 'utf8')).trim().split(' ')
    assert.equal(words.length, 24)
    const phrase = words.slice(0, 3).join(' ')
    const silent = await ezchat(people.home('words too'), ['init'])
    for (const { out, err } of [made, silent]) {
      assert.equal(`${out}${err}`.includes(phrase), false)
      assert.doesNotMatch(`${out}${err}`, /1\. \w+ +2\. /)
    }
    assert.match(silent.err, /recovery-words\.txt/)
    const back = people.home('restored')
    const [restored] = await ezchatJson(back, ['init', '--restore', '--alone'], {
      input: `${words.join(' ')}\n`,
    })
    assert.equal(restored?.address, made.out.trim())
    const wrong = [...words.slice(0, 23), words[23] === 'zoo' ? 'zone' : 'zoo'].join(' ')
    const again = people.home('restored wrongly')
    await fails(again, ['init', '--restore', '--alone'], 'WORDS_BAD', { input: `${wrong}\n` })
  })

  test('two daemons do not share a home', async () => {
    const listen = ['--listen', '/ip4/127.0.0.1/tcp/0']
    await fails(alice.home, ['daemon', '--no-web', ...listen], 'LOCKED')
    assert.equal((await ezchat(alice.home, ['status', '--json'])).code, 0)
  })

  test('a full disk is said to be full', { skip }, async () => {
    const home = people.home('full')
    await mkdir(home)
    await fails(home, ['init'], 'DISK', { ...mounted(home, 'size=16k'), says: /full/ })
  })

  test('a home that cannot be written is said to be one', { skip }, async () => {
    const home = people.home('read-only')
    await mkdir(home)
    await fails(home, ['init'], 'HOME_UNWRITABLE', mounted(home, 'ro'))
  })

  test('a clock that is years off starts nothing', async () => {
    const bob = people.home('bob')
    const daemon = ['daemon', '--no-web', '--listen', '/ip4/127.0.0.1/tcp/0']
    await fails(bob, daemon, 'CLOCK', { ...inAnotherTime(-10 * YEAR_SECONDS), says: /20\d\d-/ })
    await fails(bob, daemon, 'CLOCK', inAnotherTime(90 * YEAR_SECONDS))
    await fails(bob, ['send', 'alice', 'hi'], 'CLOCK', inAnotherTime(-10 * YEAR_SECONDS))
  })
})

describe('ports', () => {
  test('one that is taken is named', async (t) => {
    const server = createServer().listen(0, '127.0.0.1')
    t.after(() => server.close())
    await once(server, 'listening')
    const place = server.address()
    const port = typeof place === 'object' ? place?.port : 0
    const listen = ['--listen', `/ip4/127.0.0.1/tcp/${port}`]
    const bob = people.home('bob')
    await fails(bob, ['daemon', '--no-web', ...listen], 'PORT_IN_USE')
    const free = ['--listen', '/ip4/127.0.0.1/tcp/0']
    const web = ['--web', `127.0.0.1:${port}`]
    await fails(bob, ['daemon', ...free, ...web], 'PORT_IN_USE', { says: new RegExp(`${port}`) })
    await fails(bob, ['daemon', ...free, '--web', '0.0.0.0:0'], 'CONFIG_BAD', { says: /loopback/ })
    await fails(bob, ['daemon', '--listen', 'nonsense'], 'CONFIG_BAD')
    await fails(bob, ['daemon', '--no-web', ...free, '--network', 'ezchat:x'], 'NETWORK_BAD')
  })
})

describe('what is typed', () => {
  test('wrong usage ends with 2, and says what would be right', async () => {
    const { home } = alice
    const wrong: [readonly string[], RegExp][] = [
      [['sned', 'bob', 'hi'], /Did you mean send/],
      [['send'], /missing required argument/],
      [['send', 'bob', 'hi', '--wait', 'never'], /Allowed choices are queued, stored, delivered/],
      [['send', 'bob', 'hi', '--timeout', 'soon'], /no duration: soon/],
      [['read', '--limit', '0'], /no count from 1 to 500/],
      [['read', '--since', 'yesterday-ish'], /no time/],
      [['status', '--jsn'], /unknown option/],
      [['daemon', '--quota', 'much'], /no size/],
      [['completion', 'tcsh'], /bash, zsh or fish/],
    ]
    for (const [args, says] of wrong) {
      const { code, err, out } = await ezchat(home, args)
      assert.equal(code, 2, args.join(' '))
      assert.match(err, says)
      assert.equal(out, '')
      assert.doesNotMatch(err, /\n\s+at /)
    }
  })

  test('whoever reads only the beginning of an answer gets that', async () => {
    const ran = spawnSync(
      'sh',
      ['-c', `"$0" "$1" --help | head -n 1; "$0" "$1" --help >/dev/full`, process.execPath, BIN],
      {
        env: environment(),
        encoding: 'utf8',
      },
    )
    assert.match(ran.stdout, /^Usage: ezchat/)
    assert.doesNotMatch(ran.stderr, /EPIPE|\n\s+at .*\n\s+at /)
  })
})
