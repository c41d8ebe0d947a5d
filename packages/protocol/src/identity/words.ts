import { entropyToMnemonic, mnemonicToEntropy } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english.js'
import { ROOT_ENTROPY_BYTES, WORDS_COUNT } from '../constants.ts'
import { assertLength } from '../crypto/lengths.ts'
import { Secret } from '../crypto/secret.ts'
import { ProtocolError } from '../errors.ts'
import { WORDS_CHARACTERS_MAX } from '../limits.ts'
import { isListed, suggestWords } from './word-suggestion.ts'

/** identity.md §1. Text cannot be wiped: show it, and let it go. */
export function encodeWords(root: Secret): string {
  assertLength('root entropy', root.length, ROOT_ENTROPY_BYTES)
  return entropyToMnemonic(root.reveal(), wordlist)
}

/** identity.md §1. No error says more of the phrase than what is wrong with one word of it. */
export function decodeWords(text: string): Secret {
  if (text.length > WORDS_CHARACTERS_MAX) throw new ProtocolError('WORDS_LIMIT')
  const words = text
    .normalize('NFKD')
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
  if (words.length !== WORDS_COUNT) {
    throw new ProtocolError('WORDS_LENGTH', `${words.length} words, expected ${WORDS_COUNT}`)
  }
  const unknown = words.findIndex((word) => !isListed(word))
  if (unknown !== -1) throw new ProtocolError('WORDS_TEXT', describe(unknown, words[unknown]!))
  try {
    return Secret.adopt(mnemonicToEntropy(words.join(' '), wordlist))
  } catch {
    // Not passed on as a cause: it comes from code that had the whole phrase in its hands.
    throw new ProtocolError('WORDS_CHECKSUM', 'a word is wrong, or two have changed places')
  }
}

function describe(index: number, word: string): string {
  const position = `word ${index + 1} is not in the list`
  const suggestions = suggestWords(word)
  // Several would only be noise, and each is a word that may be in the phrase.
  return suggestions.length === 1 ? `${position}; did you mean ${suggestions[0]}?` : position
}
