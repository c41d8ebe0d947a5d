// The store in a directory: killed, locked, damaged, full.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { EzchatError } from '@ezchat/node/errors.ts'
import { openLevelStore } from '@ezchat/node/store/level-store.ts'
import type { Envelope } from '@ezchat/protocol/envelope/decode.ts'
import { envelopeOf, isExact } from '../../../../test/compliance/envelope-store.ts'
import { coded, INIT, several } from './envelopes.ts'

const ROUNDS = 20

function directoryFor(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'ezchat-level-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  return join(directory, 'store')
}

async function filled(directory: string, count: number): Promise<Envelope[]> {
  const store = await openLevelStore({ ...INIT, directory })
  const all = several(count)
  await Promise.all(all.map((one) => store.put(one)))
  await store.close()
  return all
}

function filesOf(directory: string, pattern: RegExp): string[] {
  return readdirSync(directory)
    .filter((name) => pattern.test(name))
    .map((name) => join(directory, name))
}

/** Kills it when it has acknowledged so many; what it printed until then. */
async function writeUntilKilled(directory: string, from: number, count: number): Promise<number[]> {
  const script = fileURLToPath(new URL('writer.ts', import.meta.url))
  const child = spawn(process.execPath, [script, directory, `${from}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let printed = ''
  for await (const piece of child.stdout) {
    printed += piece
    if (printed.split('\n').length > count) child.kill('SIGKILL')
  }
  // The last line may have been cut in the middle.
  return printed.split('\n').slice(1, -1).map(Number)
}

test('kill -9 at any moment loses nothing that was acknowledged', async (t) => {
  const directory = directoryFor(t)
  const acknowledged = new Set<number>()
  let from = 0
  for (let round = 0; round < ROUNDS; round++) {
    // Uneven, and the same in each run; when exactly the kill lands is up to the system.
    for (const number of await writeUntilKilled(directory, from, 2 + ((round * 37) % 150))) {
      acknowledged.add(number)
    }
    const store = await openLevelStore({ ...INIT, directory })
    const held: Envelope[] = []
    const end = Math.max(from, ...acknowledged) + 40
    for (let number = 0; number < end; number++) {
      const one = envelopeOf({ number, shard: number % 2 })
      if (await store.has(one.id)) held.push(one)
      else assert.ok(!acknowledged.has(number), `round ${round}: ${number} was acknowledged`)
    }
    await isExact(store, held, `round ${round}`)
    assert.equal(store.usage.damagedCount, 0)
    await store.close()
    from = end
  }
  assert.ok(acknowledged.size > ROUNDS * 2, `${acknowledged.size} were acknowledged`)
})

test('a second store in one directory is refused with the process that has it', async (t) => {
  const directory = directoryFor(t)
  const store = await openLevelStore({ ...INIT, directory })
  await assert.rejects(
    openLevelStore({ ...INIT, directory }),
    coded('STORE_LOCKED', new RegExp(`store, used by process ${process.pid}$`)),
  )
  assert.deepEqual(filesOf(join(directory, 'quarantine'), /./), [])
  await store.close()
  await (await openLevelStore({ ...INIT, directory })).close()
})

test('a store without its head is damaged, and no new one takes its place', async (t) => {
  const directory = directoryFor(t)
  const all = await filled(directory, 20)
  const current = readFileSync(join(directory, 'CURRENT'))
  rmSync(join(directory, 'CURRENT'))
  await assert.rejects(openLevelStore({ ...INIT, directory }), coded('STORE_DAMAGED', /CURRENT/))
  assert.ok(!existsSync(join(directory, 'CURRENT')))
  writeFileSync(join(directory, 'CURRENT'), current)
  const store = await openLevelStore({ ...INIT, directory })
  await isExact(store, all)
  await store.close()
})

test('a manifest of garbage gives an error that names the directory and what to do', async (t) => {
  const directory = directoryFor(t)
  await filled(directory, 20)
  for (const file of filesOf(directory, /^MANIFEST/)) writeFileSync(file, Buffer.alloc(512, 0x5a))
  await assert.rejects(openLevelStore({ ...INIT, directory }), (error: EzchatError) => {
    assert.equal(error.code, 'STORE_DAMAGED')
    assert.match(error.message, /move the directory aside/)
    assert.ok(error.message.includes(directory))
    return true
  })
})

test('a log with a flipped bit is kept, said, and what is left is exact', async (t) => {
  const directory = directoryFor(t)
  const store = await openLevelStore({ ...INIT, directory })
  const all = several(120)
  for (let at = 0; at < all.length; at += 10) {
    await Promise.all(all.slice(at, at + 10).map((one) => store.put(one)))
  }
  await store.close()
  const [log] = filesOf(directory, /^\d+\.log$/)
  const bytes = readFileSync(log!)
  bytes[60_000]! ^= 1
  writeFileSync(log!, bytes)
  const reopened = await openLevelStore({ ...INIT, directory })
  assert.ok(reopened.usage.damagedCount > 0)
  const held: Envelope[] = []
  for (const one of all) if (await reopened.has(one.id)) held.push(one)
  assert.ok(held.length > 0 && held.length < all.length, `${held.length} held`)
  await isExact(reopened, held)
  assert.equal(filesOf(join(directory, 'quarantine'), /\.log$/).length, 1)
  await Promise.all(all.map((one) => reopened.put(one)))
  await isExact(reopened, all)
  await reopened.close()
  const last = await openLevelStore({ ...INIT, directory })
  assert.equal(last.usage.damagedCount, 0)
  await isExact(last, all)
  await last.close()
})

test('a start that was cut short before anybody read what LevelDB said is made good', async (t) => {
  const directory = directoryFor(t)
  const all = await filled(directory, 50)
  const aside = join(directory, 'quarantine')
  mkdirSync(aside)
  writeFileSync(join(aside, 'pending-1-000001.log'), 'what LevelDB has read and deleted')
  const store = await openLevelStore({ ...INIT, directory })
  assert.ok(store.usage.damagedCount > 0)
  await isExact(store, all)
  assert.ok(existsSync(join(aside, '000001.log')))
  await store.close()
  const reopened = await openLevelStore({ ...INIT, directory })
  assert.equal(reopened.usage.damagedCount, 0)
  await reopened.close()
})

test('only its owner may read the directory', async (t) => {
  const directory = directoryFor(t)
  await filled(directory, 1)
  assert.equal(statSync(directory).mode & 0o777, 0o700)
})

/** Null where one cannot be mounted. */
function mountSmallDisk(t: TestContext): string | null {
  if (process.getuid?.() !== 0) return null
  const directory = mkdtempSync(join(tmpdir(), 'ezchat-full-'))
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', directory])
  t.after(() => {
    if (mounted.status === 0) spawnSync('umount', [directory])
    rmSync(directory, { recursive: true, force: true })
  })
  return mounted.status === 0 ? directory : null
}

test('a full disk refuses, keeps what was acknowledged, and goes on with room', async (t) => {
  const disk = mountSmallDisk(t)
  if (disk === null) {
    t.skip('no small disk can be mounted here: it takes root')
    return
  }
  const filler = join(disk, 'filler')
  writeFileSync(filler, Buffer.alloc(2_500_000))
  const directory = join(disk, 'store')
  mkdirSync(directory)
  const store = await openLevelStore({ ...INIT, directory })
  const acknowledged: Envelope[] = []
  let failure: EzchatError | null = null
  for (const one of several(3000)) {
    if (failure !== null) break
    await store.put(one).then(
      () => acknowledged.push(one),
      (error: EzchatError) => {
        failure = error
      },
    )
  }
  assert.equal(failure!.code, 'STORE_DISK_FULL', failure!.message)
  assert.ok(acknowledged.length > 100)
  await assert.rejects(store.put(envelopeOf({ number: 9000 })), coded('STORE_DISK_FULL'))
  await isExact(store, acknowledged)
  await store.close()
  rmSync(filler)
  const reopened = await openLevelStore({ ...INIT, directory })
  for (const one of acknowledged) assert.ok(await reopened.has(one.id))
  const late = envelopeOf({ number: 9000 })
  await reopened.put(late)
  assert.ok(await reopened.has(late.id))
  await reopened.close()
})
