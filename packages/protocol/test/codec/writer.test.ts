import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Writer } from '../../src/codec/writer.ts'
import { AssertionError } from '../../src/errors.ts'

test('a writer grows under every kind of field, whatever its first size', () => {
  const expected = '01020304050607080000000000000009'
  for (let size = 0; size <= 16; size++) {
    const writer = new Writer(size)
      .u8(1)
      .u16(0x203)
      .bytes(Uint8Array.of(4, 5, 6, 7))
    assert.equal(Buffer.from(writer.u8(8).u64(9n).finish()).toString('hex'), expected)
    const numbers = new Writer(size).u32(0x01020304).u32(0x05060708).u32(0).u16(0).u16(9)
    assert.equal(Buffer.from(numbers.finish()).toString('hex'), expected)
  }
})

test('a value that does not fit its field is a mistake of ours', () => {
  assert.throws(() => new Writer().u8(256), AssertionError)
  assert.throws(() => new Writer().u16(-1), AssertionError)
  assert.throws(() => new Writer().u32(0.5), AssertionError)
  assert.throws(() => new Writer().u64(1n << 64n), AssertionError)
  assert.throws(() => new Writer().bytes(new Uint8Array(3), 4), AssertionError)
  assert.throws(() => new Writer().prefixed(new Uint8Array(3), 2), AssertionError)
})
