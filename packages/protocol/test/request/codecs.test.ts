import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { concatBytes } from '../../src/codec/bytes.ts'
import { ProtocolError } from '../../src/errors.ts'
import { CODECS, type Codec } from './messages.ts'

/** What was read, or null for a refusal; anything else that is thrown is a bug. */
function read(codec: Codec, bytes: Uint8Array): { message: unknown } | null {
  try {
    return { message: codec.decode(bytes) }
  } catch (error: unknown) {
    assert.ok(error instanceof ProtocolError, `${codec.name}: ${String(error)}`)
    assert.ok(error.code.startsWith('REQUEST_'), `${codec.name}: ${error.code}`)
    return null
  }
}

function encode(codec: Codec, message: unknown): Uint8Array {
  return codec.encode(message as never)
}

/** One form: what is read is written as the same bytes. */
function assertOneForm(codec: Codec, bytes: Uint8Array): void {
  const found = read(codec, bytes)
  if (found !== null) assert.deepEqual(encode(codec, found.message), Uint8Array.from(bytes))
}

for (const codec of CODECS) {
  const runs = { numRuns: 60 }

  test(`${codec.name}: what is encoded decodes to the same, within its bytes`, () => {
    fc.assert(
      fc.property(codec.messages, (message) => {
        const bytes = encode(codec, message)
        assert.ok(bytes.length <= codec.bytesMax, `${bytes.length} bytes`)
        assert.deepEqual(codec.decode(bytes), message)
      }),
      runs,
    )
  })

  test(`${codec.name}: any bytes are refused or have one form`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => assertOneForm(codec, bytes)),
      { numRuns: 300 },
    )
  })

  test(`${codec.name}: changed bytes are refused or have one form`, () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(codec.messages, changes, (message, list) => {
        const bytes = encode(codec, message)
        if (bytes.length === 0) return
        // Near the beginning there is more to break than in the middle of an envelope.
        for (const [at, value] of list) bytes[at % Math.min(bytes.length, 80)] = value
        assertOneForm(codec, bytes)
      }),
      { numRuns: 150 },
    )
  })

  test(`${codec.name}: cut or continued, it is refused or has one form`, () => {
    fc.assert(
      fc.property(codec.messages, fc.nat(), (message, at) => {
        const bytes = encode(codec, message)
        assertOneForm(codec, bytes.subarray(0, at % (bytes.length + 1)))
        assertOneForm(codec, concatBytes(bytes, new Uint8Array(1)))
      }),
      runs,
    )
  })

  test(`${codec.name}: what is absurdly long is refused`, () => {
    assert.equal(read(codec, new Uint8Array(4 * 2 ** 20).fill(1)), null)
    assert.equal(read(codec, new Uint8Array(4 * 2 ** 20).fill(0xff)), null)
  })

  test(`${codec.name}: what lies inside something larger reads the same`, () => {
    fc.assert(
      fc.property(codec.messages, (message) => {
        const bytes = encode(codec, message)
        const larger = Buffer.concat([Uint8Array.of(9, 9, 9), bytes, Uint8Array.of(8)])
        assert.deepEqual(codec.decode(larger.subarray(3, -1)), message)
      }),
      { numRuns: 20 },
    )
  })
}
