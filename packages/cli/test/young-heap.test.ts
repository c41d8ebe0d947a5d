// In a process of its own: how large the space for new objects is concerns all that runs in it.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'

const YOUNG = new URL('../src/young-heap.ts', import.meta.url).href
const HELD_BYTES_MAX = 4_000_000

const PROGRAM = `
import { getHeapSpaceStatistics } from 'node:v8'
import { holdYoungHeap, releaseYoungHeap } from '${YOUNG}'
function sizeAfterWork() {
  const kept = Array.from({ length: 400_000 }, (_, at) => ({ at, more: [at] }))
  const space = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')
  return kept.length > 0 ? space.space_size : 0
}
holdYoungHeap()
const held = sizeAfterWork()
releaseYoungHeap()
const released = sizeAfterWork()
console.log(JSON.stringify({ held, released }))
`

test('while a daemon starts the space for new objects stays small, and afterwards it grows', () => {
  const args = ['--input-type=module', '--eval', PROGRAM]
  const { held, released } = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }))
  assert.ok(held <= HELD_BYTES_MAX, `${held} bytes`)
  assert.ok(released > HELD_BYTES_MAX, `${released} bytes`)
})
