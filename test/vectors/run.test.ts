// The runner notices what it is there to notice.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import { nobleCrypto } from '@ezchat/protocol/crypto/noble.ts'
import { assert as assertOurs, ProtocolError } from '@ezchat/protocol/errors.ts'
import { compareFiles, printVector, printVectors } from './files.ts'
import { bytes } from './input.ts'
import { canonicalJson, runVector } from './run.ts'
import type { Entry, Vector } from './vector.ts'

const crypto = nobleCrypto((length) => new Uint8Array(length))

const good: Vector = {
  format: 'sample',
  name: 'good',
  note: 'Reads as two bytes.',
  entry: 'read',
  input: { bytes: '0102' },
  expect: 'ok',
  output: { read: '0102' },
}

const run = (vector: Vector, entry: Entry) =>
  runVector(vector, { read: entry }, crypto).map(({ where, got }) => `${where}: ${got}`)

const echo: Entry = (input) => ({ read: toHex(bytes(input, 'bytes')) })

function refuse(): never {
  throw new ProtocolError('KEY_LENGTH')
}

describe('a vector fails', () => {
  test('not, when the answer is the one expected, every way in', () => {
    assert.deepEqual(run(good, echo), [])
    const missing: Vector = { ...good, expect: 'not-mine' }
    assert.deepEqual(
      run(missing, () => null),
      [],
    )
    const broken: Vector = { ...good, expect: 'malformed', code: 'KEY_LENGTH' }
    assert.deepEqual(run(broken, refuse), [])
  })

  test('when the output differs', () => {
    const failures = run(good, () => ({ read: '' }))
    assert.deepEqual(failures, [
      'sample/good (plain, noble): {"read":""}',
      'sample/good (view, noble): {"read":""}',
    ])
  })

  test('when what should be refused is read, and the other way round', () => {
    assert.match(run({ ...good, expect: 'malformed' }, echo)[0]!, /ok$/)
    assert.match(run(good, refuse)[0]!, /malformed KEY_LENGTH$/)
    assert.match(run(good, () => null)[0]!, /not-mine$/)
  })

  test('when the class is right and the code is not', () => {
    const vector: Vector = { ...good, expect: 'malformed', code: 'KEY_TRAILING' }
    assert.match(run(vector, refuse)[0]!, /KEY_LENGTH$/)
  })

  test('when something other than a ProtocolError is thrown', () => {
    const vector: Vector = { ...good, expect: 'malformed' }
    const assertion: Entry = () => {
      assertOurs(false, 'ours')
      return null
    }
    assert.match(run(vector, assertion)[0]!, /not a ProtocolError \(AssertionError: ours\)/)
    assert.match(run({ ...vector, entry: 'other' }, echo)[0]!, /no entry called other/)
  })

  test('when the input is written to', () => {
    const scribble: Entry = (input) => {
      const given = bytes(input, 'bytes')
      const read = toHex(given)
      given[0] = 9
      return { read }
    }
    assert.match(run(good, scribble)[0]!, /changed bytes$/)
  })

  test('when bytes beside the view are read or written', () => {
    const wholeBuffer: Entry = (input) => ({
      read: toHex(new Uint8Array(bytes(input, 'bytes').buffer)),
    })
    const failures = run(good, wholeBuffer)
    assert.equal(failures.length, 1)
    assert.match(failures[0]!, /view, noble\): \{"read":"a5a5/)
  })
})

describe('files', () => {
  const format = { format: 'sample', entries: { read: echo } }
  const print = (...vectors: readonly Vector[]) =>
    printVectors([{ ...format, build: () => vectors }])

  test('a vector is printed in one way whatever the order of its fields', () => {
    const { output, ...rest } = good
    assert.equal(printVector({ output: output!, ...rest }), printVector(good))
    assert.equal(canonicalJson({ b: [1, null], a: 'x' }), '{"a":"x","b":[1,null]}')
  })

  for (const [what, change] of Object.entries<Partial<Vector>>({
    'has format other': { format: 'other' },
    'needs a kebab-case name': { name: 'Good one' },
    'needs a note of one sentence': { note: 'bad' },
    'names no entry': { entry: 'write' },
    'fails, so it has no output': { expect: 'malformed' },
  })) {
    test(`a vector that ${what} is refused`, () => {
      assert.throws(() => print({ ...good, ...change }), { message: new RegExp(what) })
    })
  }

  test('a vector that expects ok has an output', () => {
    const { output: _, ...rest } = good
    assert.throws(() => print(rest), /expects ok and has no output/)
  })

  test('a code of another class, an unknown code and a repeated name are refused', () => {
    const { output: _, ...rest } = good
    assert.throws(() => print({ ...rest, expect: 'forged', code: 'KEY_LENGTH' }), /is malformed/)
    const unknown = { ...rest, expect: 'forged', code: 'KEY_NOTHING' } as unknown as Vector
    assert.throws(() => print(unknown), /unknown code/)
    assert.throws(() => print(good, good), /built twice/)
  })

  test('what changed, what is missing and what is stale are told apart', () => {
    const built = new Map(Object.entries({ a: '1', b: '2' }))
    const onDisk = new Map(Object.entries({ b: '3', c: '4' }))
    const differences = { changed: ['b'], missing: ['a'], stale: ['c'] }
    assert.deepEqual(compareFiles(built, onDisk), differences)
  })
})
