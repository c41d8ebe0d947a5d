import { wordlist } from '@scure/bip39/wordlists/english.js'
import { SUGGESTION_DISTANCE_MAX, WORD_CHARACTERS_MAX } from '../limits.ts'

const WORDS: ReadonlySet<string> = new Set(wordlist)
// The list is built so that four letters tell a word; metal back-ups have room for no more.
const BY_FOUR_LETTERS = new Map(wordlist.map((word) => [word.slice(0, 4), word]))

export function isListed(word: string): boolean {
  return WORDS.has(word)
}

/** What the writer of an unlisted word probably meant: the nearest listed words, or none. */
export function suggestWords(word: string): readonly string[] {
  if (word.length > WORD_CHARACTERS_MAX) return []
  const distances = wordlist.map((listed) => editDistance(word, listed))
  const least = Math.min(...distances)
  if (least <= SUGGESTION_DISTANCE_MAX) return wordlist.filter((_, i) => distances[i] === least)
  const abbreviated = BY_FOUR_LETTERS.get(word.slice(0, 4))
  return abbreviated === undefined ? [] : [abbreviated]
}

/** How many letters to insert, remove, replace or swap with their neighbour. */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      row[j] = Math.min(replaced, last[j]! + 1, row[j - 1]! + 1)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (swapped) row[j] = Math.min(row[j]!, beforeLast[j - 2]! + 1)
    }
    beforeLast = last
    last = row
  }
  return last[b.length]!
}
