// Two devices and a network that does what it likes, against what must hold whatever it does.
import { describe, test } from 'node:test'
import fc from 'fast-check'
import {
  canStillTalk,
  coins,
  crashes,
  delays,
  deliversAll,
  findEachOther,
  losesNothing,
  losses,
  type Move,
  rollbacks,
} from './histories.ts'

/** More of them by `SESSION_RUNS=5000 node --test …`; a failure prints its seed. */
const RUNS = Number(process.env.SESSION_RUNS ?? 40)

/** `sa` Alice sends, `d3` the fourth in the network arrives, `d3+` and stays, `cab` she stops … */
function history(words: string): Move[] {
  return words.split(' ').map((word) => {
    const who = word[1] === 'a' ? 'alice' : 'bob'
    const at = Number.parseInt(word.replace(/^\D+/, ''), 10)
    switch (word[0]) {
      case 's':
        return { kind: 'send', who }
      case 'd':
        return { kind: 'deliver', at, again: word.endsWith('+') }
      case 'b':
        return { kind: 'rollback', who, at }
      case 'c':
        return { kind: 'crash', who, when: word[2] === 'a' ? 'after-write' : 'before-write' }
      case 'l':
        return { kind: 'lose', at }
      default:
        throw new Error(`no move: ${word}`)
    }
  })
}

describe('a network that does what it likes', () => {
  test('that reorders, repeats and crashes us loses nothing and shows nothing twice', () => {
    // Two first messages cross, and the word which of the two sessions wins is never posted.
    const crossing = history('sb sa d584+ sa d464 d7 cba sa sb')
    fc.assert(fc.property(coins, crashes, losesNothing), {
      numRuns: RUNS,
      examples: [
        [0, crossing],
        [1, crossing],
      ],
    })
  })

  test('delivers all that was handed to it, in whatever order, when it loses nothing', () => {
    fc.assert(fc.property(coins, delays, deliversAll), { numRuns: RUNS })
  })

  test('that loses what it likes still leaves two who can talk', () => {
    fc.assert(fc.property(coins, losses, canStillTalk), { numRuns: RUNS })
  })
})

describe('a device that goes back to any earlier state', () => {
  test('seals nothing twice under one key and nonce, and the two find each other again', () => {
    // Alice, set back before she had sent in her session, cannot open what Bob writes in it.
    const unsent = history('sa sa ba1 sb d44 sa d161 d0')
    // Bob lost the newer session, and only some of what he sends in the older one opens.
    const older = history('sb d0 sb sa d777 sb sa d357 ba2 sa d0 d0 d0 bb1 d0')
    // Each has a session that the other one has lost.
    const strangers = history(
      'sb cab sb d560+ bb1 d776 l230 cab sb d632+ d331+ d269+ l262 d293 ba1 sb bb1 d458 ' +
        'ba4 d641 d915',
    )
    fc.assert(fc.property(coins, rollbacks, findEachOther), {
      numRuns: 2 * RUNS,
      examples: [
        [0, unsent],
        [0, older],
        [0, strangers],
      ],
    })
  })
})
