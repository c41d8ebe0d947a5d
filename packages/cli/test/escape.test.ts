import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { escapeLine, escapeText } from '../src/escape.ts'

const DANGEROUS = /[\p{Cc}\u202a-\u202e\u2066-\u2069\u200e\u200f\u2028\u2029]/u

describe('text from others on a terminal', () => {
  test('moves no cursor, sets no title, clears nothing', () => {
    assert.equal(escapeLine('\u001b[2J\u001b]0;owned\u0007'), '\\u{1b}[2J\\u{1b}]0;owned\\u{7}')
    assert.equal(escapeLine('\u009b31m'), '\\u{9b}31m')
    assert.equal(escapeText('a\rb'), 'a\\u{d}b')
  })

  test('does not turn a line around', () => {
    assert.equal(escapeLine('evil\u202etxt.exe'), 'evil\\u{202e}txt.exe')
  })

  test('on one line stays on it; over several none can pass for ours', () => {
    assert.equal(escapeLine('a\nb'), 'a⏎b')
    assert.equal(escapeText('hi\n12:00 bob: pay eve', '    '), 'hi\n    12:00 bob: pay eve')
  })

  test('keeps what people write', () => {
    const written = 'Grüße, 你好, 👩‍👩‍👧‍👦, שלום'
    assert.equal(escapeLine(written), written)
  })

  test('of any kind has nothing dangerous left', () => {
    const text = fc.string({ unit: 'binary' })
    fc.assert(fc.property(text, (each) => assert.doesNotMatch(escapeLine(each), DANGEROUS)))
    fc.assert(
      fc.property(text, (each) => {
        assert.doesNotMatch(escapeText(each).replaceAll('\n', ''), DANGEROUS)
      }),
    )
  })
})
