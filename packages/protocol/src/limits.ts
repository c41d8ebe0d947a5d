// What we chose, not what the specification fixes. docs/limits.md lists these.

// Twenty-four words of eight letters are 215 characters; the rest is white space.
export const WORDS_CHARACTERS_MAX = 1024
// Per mistyped word; each letter of it costs a pass over 2,048 listed words.
export const WORD_CHARACTERS_MAX = 16
// Farther than this, a suggestion is a guess.
export const SUGGESTION_DISTANCE_MAX = 2
