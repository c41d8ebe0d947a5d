import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { wordlist } from '@scure/bip39/wordlists/english.js'
import fc from 'fast-check'
import { toHex } from '../../src/codec/bytes.ts'
import { nobleCrypto } from '../../src/crypto/noble.ts'
import { Secret } from '../../src/crypto/secret.ts'
import { AssertionError, ProtocolError } from '../../src/errors.ts'
import { deriveRootKeys, drawRoot } from '../../src/identity/root.ts'
import { editDistance, suggestWords } from '../../src/identity/word-suggestion.ts'
import { decodeWords, encodeWords } from '../../src/identity/words.ts'
import { anyText } from './any-text.ts'

const crypto = nobleCrypto((length) => Uint8Array.from({ length }, (_, i) => i + 1))
// BIP 39's own vector for 256 bits of 0x7f.
const PHRASE =
  'legal winner thank year wave sausage worth useful legal winner thank year wave sausage worth useful legal winner thank year wave sausage worth title'
const words = PHRASE.split(' ')

function defectOf(text: string): ProtocolError {
  try {
    decodeWords(text)
  } catch (error) {
    assert.ok(error instanceof ProtocolError)
    return error
  }
  throw new Error('the words were accepted')
}

function withWord(position: number, word: string): string {
  return words.with(position - 1, word).join(' ')
}

test('words give back their entropy and entropy its words', () => {
  assert.equal(toHex(decodeWords(PHRASE).reveal()), '7f'.repeat(32))
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (entropy) => {
      const text = encodeWords(Secret.copy(entropy))
      assert.equal(text.split(' ').length, 24)
      assert.deepEqual(decodeWords(text).reveal(), entropy)
    }),
  )
})

test('case, white space and full-width letters do not matter', () => {
  const wide = PHRASE.replace(/[a-z]/g, (c) => String.fromCharCode(c.charCodeAt(0) + 0xfee0))
  for (const text of [PHRASE.toUpperCase(), ` \n${words.join('\t\r\n ')}  `, wide]) {
    assert.equal(toHex(decodeWords(text).reveal()), '7f'.repeat(32))
  }
})

test('an unlisted word is named by its position, with a suggestion only when one is nearest', () => {
  assert.match(
    defectOf(withWord(7, 'wroth')).message,
    /word 7 is not in the list; did you mean worth\?$/,
  )
  assert.match(defectOf(withWord(6, 'sausag')).message, /word 6 .* did you mean sausage\?$/)
  assert.match(defectOf(withWord(1, 'legalisation')).message, /word 1 .* did you mean legal\?$/)
  assert.match(defectOf(withWord(24, 'zzzzzz')).message, /word 24 is not in the list$/)
  assert.match(defectOf(withWord(2, 'xat')).message, /word 2 is not in the list$/)
  assert.equal(defectOf(withWord(7, 'wroth')).code, 'WORDS_TEXT')
})

test('a wrong count, a swap and a wrong word each have their own code', () => {
  assert.equal(defectOf('').code, 'WORDS_LENGTH')
  assert.equal(defectOf(words.slice(1).join(' ')).code, 'WORDS_LENGTH')
  assert.equal(defectOf(`${PHRASE} title`).code, 'WORDS_LENGTH')
  assert.equal(defectOf(words.slice(0, 12).join(' ')).code, 'WORDS_LENGTH')
  assert.equal(defectOf(withWord(3, 'abandon')).code, 'WORDS_CHECKSUM')
  assert.equal(defectOf([words[1], words[0], ...words.slice(2)].join(' ')).code, 'WORDS_CHECKSUM')
})

test('at the limit of characters words are read, one more is LIMIT, a megabyte is LIMIT', () => {
  assert.equal(decodeWords(PHRASE.padEnd(1024)).length, 32)
  assert.equal(defectOf(PHRASE.padEnd(1025)).code, 'WORDS_LIMIT')
  assert.equal(defectOf('\ufdfa'.repeat(1 << 20)).code, 'WORDS_LIMIT')
})

test('no error shows more than one word, and none that was typed', () => {
  const texts = [
    withWord(9, 'hunter2secret'),
    withWord(3, 'abandon'),
    words.slice(3).join(' '),
    PHRASE.repeat(20),
  ]
  for (const text of texts) {
    const shown = inspect(defectOf(text), { depth: 9 }).split('\n    at ')[0]!
    assert.ok(!shown.includes('hunter2secret'))
    for (let i = 0; i < 23; i++) assert.ok(!shown.includes(`${words[i]} ${words[i + 1]}`))
  }
})

test('any text gives a secret or a ProtocolError', () => {
  const listed = fc.constantFrom(...wordlist)
  const phrase = fc.array(fc.oneof(listed, fc.string({ maxLength: 20 })), { maxLength: 26 })
  fc.assert(
    fc.property(
      fc.oneof(
        anyText,
        phrase.map((all) => all.join(' ')),
      ),
      (text) => {
        try {
          assert.equal(decodeWords(text).length, 32)
        } catch (error) {
          assert.ok(error instanceof ProtocolError)
        }
      },
    ),
  )
})

test('an edit distance counts insertions, removals, replacements and swaps', () => {
  assert.equal(editDistance('', 'abc'), 3)
  assert.equal(editDistance('kitten', 'sitting'), 3)
  assert.equal(editDistance('ab', 'ba'), 1)
  assert.equal(editDistance('abcd', 'abcd'), 0)
  assert.deepEqual(suggestWords('a'.repeat(17)), [])
  assert.deepEqual(suggestWords('abandn'), ['abandon'])
})

test('the root gives four things, none of which is another, and prints none of them', () => {
  const keys = deriveRootKeys(crypto, drawRoot(crypto))
  const secrets = [keys.signSeed, keys.backupKey, keys.doorSecret].map((s) => toHex(s.reveal()))
  assert.equal(new Set([...secrets, toHex(keys.identityKey)]).size, 4)
  for (const secret of secrets) {
    assert.equal(secret.length, 64)
    assert.ok(!inspect(keys).includes(secret) && !JSON.stringify(keys).includes(secret))
  }
  assert.deepEqual(keys.identityKey, crypto.ed25519Public(keys.signSeed))
  assert.throws(() => deriveRootKeys(crypto, Secret.adopt(new Uint8Array(16))), AssertionError)
  assert.throws(() => encodeWords(Secret.adopt(new Uint8Array(16))), AssertionError)
})
