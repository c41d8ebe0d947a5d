import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { initHome } from '@ezchat/node/host/init-home.ts'
import { readOwnerText, writeOwnerFile } from '@ezchat/node/host/owner-file.ts'
import { Failure } from '@ezchat/protocol/control/failures.ts'

async function inDirectory(work: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'ezchat-owner-'))
  try {
    await work(directory)
  } finally {
    await rm(directory, { recursive: true })
  }
}

test('a file is for its owner only, though somebody has prepared its place', () =>
  inDirectory(async (directory) => {
    const path = join(directory, 'secret')
    const trap = join(directory, 'trap')
    await writeFile(trap, 'theirs', { mode: 0o666 })
    await symlink(trap, `${path}.new`)
    await writeOwnerFile(path, 'one')
    assert.equal(await readFile(trap, 'utf8'), 'theirs')
    await writeFile(`${path}.new`, 'left by a crash', { mode: 0o666 })
    await writeOwnerFile(path, 'two')
    assert.equal(await readOwnerText(path), 'two')
    assert.equal((await stat(path)).mode & 0o777, 0o600)
  }))

test('no identity is made whose words can be written nowhere, and no file is written over', () =>
  inDirectory(async (directory) => {
    const paths = {
      ...{ config: join(directory, 'config.json'), data: join(directory, 'data') },
      ...{ run: join(directory, 'run'), socket: join(directory, 'run/s'), token: 'none' },
    }
    const init = (wordsFile: string) =>
      initHome(paths, {
        wordsFile,
        askPassphrase: () => assert.fail(),
        signal: new AbortController().signal,
      })
    await assert.rejects(init(join(directory, 'nowhere', 'words')))
    const taken = join(directory, 'taken')
    await writeFile(taken, 'the words of another home')
    await assert.rejects(init(taken), (error) => error instanceof Failure)
    const words = join(directory, 'words')
    const made = await init(words)
    assert.equal(made.isNew, true)
    assert.equal((await readFile(words, 'utf8')).trim().split(' ').length, 24)
    assert.equal((await init(words)).isNew, false)
  }))
