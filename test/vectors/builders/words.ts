import { toHex, utf8 } from '@ezchat/protocol/codec/bytes.ts'
import { ed25519 } from '@noble/curves/ed25519.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import type { Vector } from '../vector.ts'
import { verdicts } from './reference/verdict.ts'

const decode = verdicts('words', 'decode')
const encode = verdicts('words', 'encode')
const root = verdicts('words', 'root')

const repeated = (word: string, last: string): string => `${`${word} `.repeat(23)}${last}`
// The four of BIP 39's own vectors that have 256 bits of a pattern, and one that has none.
const ZEROS = repeated('abandon', 'art')
const ONES = repeated('zoo', 'vote')
const SEVENS =
  'legal winner thank year wave sausage worth useful legal winner thank year wave sausage worth ' +
  'useful legal winner thank year wave sausage worth title'
const EIGHTIES =
  'letter advice cage absurd amount doctor acoustic avoid letter advice cage absurd amount ' +
  'doctor acoustic avoid letter advice cage absurd amount doctor acoustic bless'
const MIXED =
  'hamster diagram private dutch cause delay private meat slide toddler razor book happy fancy ' +
  'gospel tennis maple dilemma loan word shrug inflict delay length'
const MIXED_ENTROPY = '68a79eaca2324873eacc50cb9c6eca8cc68ea5d936f98787c60c7ebc74e6ce7c'
const words = SEVENS.split(' ')

function good(name: string, note: string, text: string, entropy: string): Vector {
  return decode.good(name, note, { words: text }, entropy)
}

function accepted(): Vector[] {
  const wide = SEVENS.replace(/[a-z]/g, (c) => String.fromCharCode(c.charCodeAt(0) + 0xfee0))
  return [
    good('zeros', 'BIP 39’s vector for 256 zero bits.', ZEROS, '00'.repeat(32)),
    good('ones', 'BIP 39’s vector for 256 one bits.', ONES, 'ff'.repeat(32)),
    good('eighties', 'BIP 39’s vector for bytes of 80.', EIGHTIES, '80'.repeat(32)),
    good('mixed', 'BIP 39’s vector for 256 bits without a pattern.', MIXED, MIXED_ENTROPY),
    good('upper-case', 'Case does not matter.', SEVENS.toUpperCase(), '7f'.repeat(32)),
    good(
      'white-space',
      'Lines, tabs and ends do not matter.',
      ` ${words.join('\t\r\n ')}\n`,
      '7f'.repeat(32),
    ),
    good('full-width', 'NFKD makes wide letters plain ones.', wide, '7f'.repeat(32)),
    encode.good('encode', 'Entropy to words.', { entropy: MIXED_ENTROPY }, MIXED),
  ]
}

function bad(
  name: string,
  note: string,
  defect: 'TEXT' | 'LENGTH' | 'CHECKSUM' | 'LIMIT',
  text: string,
): Vector {
  return decode.bad(name, note, `WORDS_${defect}`, { words: text })
}

function refused(): Vector[] {
  const swapped = [words[1], words[0], ...words.slice(2)].join(' ')
  return [
    bad('empty', 'There are no words at all.', 'LENGTH', ''),
    bad('one-word-short', 'Twenty-three words.', 'LENGTH', words.slice(1).join(' ')),
    bad('one-word-long', 'Twenty-five words.', 'LENGTH', `abandon ${SEVENS}`),
    bad(
      'twelve-words',
      'A phrase of 128 bits is none of ours.',
      'LENGTH',
      repeated('zoo', '').slice(0, 47),
    ),
    bad('unlisted-word', 'A word that is not listed.', 'TEXT', SEVENS.replace('worth', 'wroth')),
    bad(
      'abbreviated-word',
      'Four letters tell a word, and are not it.',
      'TEXT',
      SEVENS.replace('title', 'titl'),
    ),
    bad('accented-word', 'An accent makes another word.', 'TEXT', SEVENS.replace('legal', 'légal')),
    bad(
      'invisible-character',
      'A zero-width space in a word.',
      'TEXT',
      SEVENS.replace('legal', 'le\u200bgal'),
    ),
    bad(
      'wrong-word',
      'A listed word in place of another.',
      'CHECKSUM',
      SEVENS.replace('year', 'abandon'),
    ),
    bad('swapped-words', 'Two words have changed places.', 'CHECKSUM', swapped),
    bad(
      'wrong-last-word',
      'The word that holds the checksum.',
      'CHECKSUM',
      SEVENS.replace('title', 'zoo'),
    ),
    bad(
      'too-long',
      'One character above the limit, though all of it is space.',
      'LIMIT',
      SEVENS.padEnd(1025),
    ),
  ]
}

function derived(entropy: Uint8Array, use: string): Uint8Array {
  return hkdf(sha256, entropy, new Uint8Array(0), utf8(`ezchat/v1/identity/${use}\0`), 32)
}

export function build(): Vector[] {
  const entropy = new Uint8Array(32).fill(0x7f)
  const keys = root.good(
    'root-keys',
    'What the words are the root of.',
    { words: SEVENS },
    {
      identityKey: toHex(ed25519.getPublicKey(derived(entropy, 'sign'))),
      signSeed: toHex(derived(entropy, 'sign')),
      backupKey: toHex(derived(entropy, 'backup')),
      doorSecret: toHex(derived(entropy, 'door')),
    },
  )
  return [...accepted(), ...refused(), keys]
}
