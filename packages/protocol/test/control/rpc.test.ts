import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { FAILURES, Failure, type FailureCode } from '../../src/control/failures.ts'
import {
  decodeRpc,
  encodeFailure,
  encodeNotification,
  encodeRequest,
  encodeResult,
  RPC_LINE_CHARACTERS_MAX,
} from '../../src/control/rpc.ts'

const codes = Object.keys(FAILURES) as FailureCode[]
const refuses = (line: string) =>
  assert.throws(
    () => decodeRpc(line),
    (error: unknown) => error instanceof Failure && error.code === 'BAD_REQUEST',
  )

describe('a line of the control API', () => {
  test('is read as it was written', () => {
    const request = { id: 1, method: 'send', params: { to: 'bob' } }
    assert.deepEqual(decodeRpc(encodeRequest(1, 'send', { to: 'bob' })), {
      kind: 'request',
      request,
    })
    const told = { id: null, method: 'event', params: {} }
    assert.deepEqual(decodeRpc(encodeNotification('event', {})), { kind: 'request', request: told })
    assert.deepEqual(decodeRpc(encodeResult('a', null)), { kind: 'result', id: 'a', result: null })
  })

  test('carries each failure with its code, its words and its exit code', () => {
    for (const code of codes) {
      const failure = new Failure(code, 'in detail')
      const heard = decodeRpc(encodeFailure(7, failure.body))
      assert.ok(heard.kind === 'failure')
      assert.equal(heard.failure.code, code)
      assert.equal(heard.failure.message, failure.message)
      assert.equal(heard.failure.exitCode, failure.exitCode)
    }
  })

  test('with a failure of a newer version is still a failure', () => {
    const error = { code: -32000, message: 'the moon is full', data: { code: 'MOON' } }
    const heard = decodeRpc(JSON.stringify({ jsonrpc: '2.0', id: 1, error }))
    assert.ok(heard.kind === 'failure')
    assert.deepEqual([heard.failure.code, heard.failure.message], ['INTERNAL', 'the moon is full'])
  })

  test('that is no JSON-RPC 2.0 is refused', () => {
    for (const line of [
      '',
      '{',
      '7',
      'null',
      '[]',
      '{}',
      '{"jsonrpc":"1.0","id":1,"method":"id"}',
    ]) {
      refuses(line)
    }
    refuses('{"jsonrpc":"2.0","id":{},"method":"id"}')
    refuses(`{"jsonrpc":"2.0","id":"${'a'.repeat(65)}","method":"id"}`)
    refuses('{"jsonrpc":"2.0","id":1.5,"method":"id"}')
    refuses('{"jsonrpc":"2.0","id":1}')
    refuses('{"jsonrpc":"2.0","result":1}')
  })

  test('is refused by its length before it is read', () => {
    const line = encodeRequest(1, 'send', { text: '' })
    const filler = ' '.repeat(RPC_LINE_CHARACTERS_MAX - line.length)
    assert.equal(decodeRpc(line + filler).kind, 'request')
    refuses(`${line}${filler} `)
  })

  test('of any characters gives a value or a Failure', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (line) => {
        try {
          decodeRpc(line)
        } catch (error: unknown) {
          assert.ok(error instanceof Failure)
        }
      }),
    )
  })
})

test('no two failures share their words, and each says what to do next', () => {
  const says = codes.map((code) => FAILURES[code][1])
  assert.equal(new Set(says).size, says.length)
  for (const code of codes) assert.ok(code === 'INTERRUPTED' || FAILURES[code][2].length > 5, code)
})
