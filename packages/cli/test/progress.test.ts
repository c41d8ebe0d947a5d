import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Io, Output } from '../src/io.ts'
import { withProgress } from '../src/progress.ts'

function terminal(isTTY: boolean, options: { quiet?: boolean } = {}) {
  const written: string[] = []
  const stream = { isTTY, columns: 20, write: (text: string) => written.push(text) > 0 }
  const io = { stdout: stream, stderr: stream, stdin: { isTTY }, env: {} } as unknown as Io
  const output = new Output(io, { json: false, quiet: options.quiet ?? false, color: true })
  return { output, written }
}

describe('progress', () => {
  test('draws nothing for what is quick, and nothing where nobody looks', async () => {
    for (const { output, written } of [
      terminal(true),
      terminal(false),
      terminal(true, { quiet: true }),
    ]) {
      assert.equal(await withProgress(output, 'working', Promise.resolve(7)), 7)
      assert.deepEqual(written, [])
    }
  })

  test('passes a failure on', async () => {
    const { output } = terminal(true)
    const failing = Promise.reject(new Error('no'))
    await assert.rejects(withProgress(output, 'working', failing), /no/)
  })

  test('is drawn over itself, within the terminal, and leaves nothing behind', () => {
    const { output, written } = terminal(true)
    output.redraw('a text that is longer than this terminal')
    output.redraw('')
    assert.deepEqual(written, ['\r\u001b[Ka text that is lon…', '\r\u001b[K'])
  })
})
