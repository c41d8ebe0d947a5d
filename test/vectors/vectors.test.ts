// Every vector file through every way in, with every implementation of the cryptography that Node
// has. test/browser/ does the same in Chromium.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { nativeCrypto } from '@ezchat/node/crypto/native.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { nobleCrypto } from '@ezchat/protocol/crypto/noble.ts'
import { compareFiles, printVectors, readVectorFiles } from './files.ts'
import { loadFormats } from './registry.ts'
import { printFailure, runVector, WAYS_IN } from './run.ts'
import type { Vector } from './vector.ts'

const VECTORS_MIN = 120

/** Reading never draws randomness, so a vector that asks for some is broken. */
function noRandomness(): never {
  throw new Error('a vector drew randomness')
}

const implementations: readonly Crypto[] = [
  nobleCrypto(noRandomness),
  nativeCrypto({ random: noRandomness }),
]

/** A Buffer's `slice` is a view and its `subarray` a Buffer: both have bitten people. */
function asBuffer(bytes: Uint8Array): Uint8Array {
  const buffer = Buffer.alloc(bytes.length) // Not from the pool, which others write to.
  buffer.set(bytes)
  return buffer
}

const waysIn = { ...WAYS_IN, buffer: asBuffer }

const formats = await loadFormats()
const files = readVectorFiles()

function vectorsOf(format: string): Vector[] {
  return [...files]
    .filter(([path]) => path.startsWith(`${format}/`))
    .map(([, text]) => JSON.parse(text) as Vector)
}

test('the builders make the files, byte for byte, every time', () => {
  const built = printVectors(formats)
  const differences = compareFiles(built, files)
  assert.deepEqual(differences, { changed: [], missing: [], stale: [] }, 'run `npm run vectors`')
  assert.deepEqual(printVectors(formats), built)
})

test(`there are at least ${VECTORS_MIN} vectors`, () => {
  assert.ok(files.size >= VECTORS_MIN, `${files.size}`)
})

for (const { format, entries } of formats) {
  describe(format, () => {
    const vectors = vectorsOf(format)
    for (const vector of vectors) {
      test(vector.name, () => {
        const failures = implementations.flatMap((crypto) =>
          runVector(vector, entries, crypto, waysIn),
        )
        assert.equal(failures.length, 0, `\n${failures.map(printFailure).join('\n')}`)
      })
    }

    test('every entry is read by a vector that succeeds and by one that does not', () => {
      for (const entry of Object.keys(entries)) {
        const outcomes = vectors.filter((vector) => vector.entry === entry)
        assert.ok(
          outcomes.some(({ expect }) => expect === 'ok'),
          `${format} ${entry}: no good one`,
        )
      }
      assert.ok(
        vectors.some(({ expect }) => expect !== 'ok'),
        `${format}: no defect`,
      )
    })
  })
}
