import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  decodeChain,
  decodeMargin,
  decodePlace,
  encodeChain,
  encodeMargin,
  encodePlace,
  loadLog,
} from '../../src/conversation/log-record.ts'
import { AssertionError, ProtocolError } from '../../src/errors.ts'
import { ALICE, BOB, directTerms, entryBytes, from, NOW_MS, named, Person } from './people.ts'

function recordsOf(): Map<string, Uint8Array> {
  const reader = new Person(directTerms(BOB))
  reader.say('own', NOW_MS)
  reader.hear(entryBytes({ parents: [named('p')] }), from(ALICE), NOW_MS)
  reader.hear(entryBytes({ sequence: 7 }), from(ALICE), NOW_MS)
  return reader.disk.records
}

const codecs = {
  c: (bytes: Uint8Array) => encodeChain(decodeChain(bytes)),
  m: (bytes: Uint8Array) => encodeMargin(decodeMargin(bytes)),
  p: (bytes: Uint8Array) => encodePlace(decodePlace(bytes)),
  h: (bytes: Uint8Array) => encodePlace(decodePlace(bytes)),
} as const

test('every record decodes to itself, cut or changed ones are noticed or other records', () => {
  for (const [name, value] of recordsOf()) {
    const again = codecs[name[0] as keyof typeof codecs]
    assert.deepEqual(again(value), value, name)
    assert.throws(() => again(value.subarray(0, -1)), ProtocolError)
    assert.throws(() => again(Uint8Array.of(...value, 0)), ProtocolError)
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const torn = value.slice()
        torn[at % torn.length]! ^= flip
        try {
          assert.deepEqual(again(torn), torn)
        } catch (error: unknown) {
          assert.ok(error instanceof ProtocolError, String(error))
        }
      }),
      { numRuns: 300 },
    )
  }
})

test("a chain under another chain's name, and a record of nothing known, are bugs", () => {
  const records = recordsOf()
  const [name, value] = [...records].find(([key]) => key.startsWith('c'))!
  const terms = directTerms(BOB)
  assert.throws(() => loadLog(terms, [{ name: `${name.slice(0, -2)}00`, value }]), AssertionError)
  assert.throws(() => loadLog(terms, [{ name: 'x', value }]), AssertionError)
  assert.equal(loadLog(terms, [{ name, value }]).chains.size, 1)
})
