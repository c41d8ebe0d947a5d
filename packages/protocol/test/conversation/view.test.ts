import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { toHex } from '../../src/codec/bytes.ts'
import { type Content, encodeContent } from '../../src/conversation/content.ts'
import type { Author } from '../../src/conversation/entry.ts'
import { decodeEntry, hashEntry } from '../../src/conversation/entry.ts'
import type { PlacedEntry } from '../../src/conversation/log-event.ts'
import { orderKey } from '../../src/conversation/stamp.ts'
import { View, type ViewTerms } from '../../src/conversation/view.ts'
import { HELD_CHANGES_MAX, REACTIONS_PER_PERSON_MAX } from '../../src/limits.ts'
import { ALICE, ALICE_PHONE, BOB, crypto, entryBytes, MALLORY, NOW_MS, named } from './people.ts'

const nobody: ViewTerms = { mayDelete: () => false }
const text = (value: string, disappearSeconds = 0): Content => ({
  kind: 'text',
  text: value,
  mentions: [],
  disappearSeconds,
  replyTo: null,
})

/** An entry as the log hands it to a view, at a place of its own. */
function placed(
  author: Author,
  at: number,
  content: Content | { raw: Uint8Array; kind: number },
): PlacedEntry {
  const encoded =
    'raw' in content ? { kind: content.kind, content: content.raw } : encodeContent(content)
  const bytes = entryBytes({ author, sequence: at + 1, ...encoded })
  return {
    bytes,
    proof: new Uint8Array(0),
    entry: decodeEntry(bytes),
    hash: hashEntry(crypto, bytes),
    order: orderKey(
      { ms: NOW_MS + at, counter: 0 },
      { author: author.identity, device: author.device, sequence: at + 1 },
    ),
    isClockSuspect: false,
    isLate: false,
    isUnlinked: false,
    isRelayed: false,
  }
}

const keyOf = ({ hash }: PlacedEntry) => toHex(hash)
const edit = (target: PlacedEntry, value: string): Content => ({
  kind: 'edit',
  target: target.hash,
  text: value,
  mentions: [],
})
const remove = (target: PlacedEntry): Content => ({ kind: 'delete', target: target.hash })
const react = (target: PlacedEntry, emoji: string, isAdded = true): Content => ({
  kind: 'reaction',
  target: target.hash,
  emoji,
  isAdded,
})

function viewOf(entries: readonly PlacedEntry[], terms = nobody): View {
  const view = new View(terms)
  for (const entry of entries) view.add(entry)
  return view
}

const message = placed(ALICE, 0, text('hello'))
const shownText = (view: View, entry = message) => {
  const content = view.row(keyOf(entry))?.content
  return content?.kind === 'text' ? content.text : null
}

describe('an edit', () => {
  test('of any device of the author counts, and of nobody else', () => {
    assert.equal(
      shownText(viewOf([message, placed(ALICE_PHONE, 1, edit(message, 'phone'))])),
      'phone',
    )
    const forged = viewOf([message, placed(MALLORY, 1, edit(message, 'forged'))])
    assert.equal(shownText(forged), 'hello')
    assert.equal(forged.row(keyOf(message))?.isEdited, false)
  })

  test('that is later in the order wins, whichever comes first', () => {
    const edits = [placed(ALICE, 1, edit(message, '1')), placed(ALICE_PHONE, 2, edit(message, '2'))]
    assert.equal(shownText(viewOf([message, ...edits])), '2')
    assert.equal(shownText(viewOf([...edits.reverse(), message])), '2')
  })

  test('does not turn something else into text', () => {
    const timer = placed(ALICE, 0, { kind: 'timer', disappearSeconds: 60 })
    const view = viewOf([timer, placed(ALICE, 1, edit(timer, 'text'))])
    assert.equal(view.row(keyOf(timer))?.content?.kind, 'timer')
    assert.equal(view.row(keyOf(timer))?.isEdited, false)
  })
})

describe('a deletion', () => {
  test('by its author empties a message for ever', () => {
    const view = viewOf([
      message,
      placed(ALICE_PHONE, 1, remove(message)),
      placed(ALICE, 2, edit(message, 'back')),
      placed(BOB, 3, react(message, '👍')),
    ])
    const row = view.row(keyOf(message))
    assert.deepEqual(
      [row?.isDeleted, row?.content, row?.isEdited, row?.reactions],
      [true, null, false, []],
    )
  })

  test('by others counts only for those who may', () => {
    const by = placed(BOB, 1, remove(message))
    assert.equal(shownText(viewOf([message, by])), 'hello')
    const admin: ViewTerms = {
      mayDelete: (deleter, author) =>
        deleter === toHex(BOB.identity) && author === toHex(ALICE.identity),
    }
    assert.equal(viewOf([by, message], admin).row(keyOf(message))?.isDeleted, true)
  })
})

describe('reactions', () => {
  test('are one set per person, over all devices', () => {
    const view = viewOf([
      message,
      placed(BOB, 1, react(message, '👍')),
      placed(ALICE, 2, react(message, '👍')),
      placed(ALICE_PHONE, 3, react(message, '👍')),
      placed(ALICE_PHONE, 4, react(message, '❤️')),
      placed(ALICE, 5, react(message, '❤️', false)),
      placed(BOB, 6, react(message, '__proto__')),
    ])
    assert.deepEqual(view.row(keyOf(message))?.reactions, [
      { emoji: '👍', identities: [toHex(BOB.identity), toHex(ALICE.identity)] },
      { emoji: '__proto__', identities: [toHex(BOB.identity)] },
    ])
  })

  test('of one person are bounded, and the newest stay', () => {
    const many = Array.from({ length: REACTIONS_PER_PERSON_MAX + 5 }, (_, at) =>
      placed(BOB, at + 1, react(message, `e${at}`)),
    )
    for (const order of [many, [...many].reverse()]) {
      const reactions = viewOf([message, ...order]).row(keyOf(message))!.reactions
      assert.deepEqual(
        reactions.map(({ emoji }) => emoji),
        many.slice(5).map((_, at) => `e${at + 5}`),
      )
    }
  })
})

test('what changes a message before it comes is held for it, within a limit', () => {
  const view = viewOf([
    placed(ALICE, 1, edit(message, 'edited')),
    placed(BOB, 2, react(message, '👍')),
  ])
  assert.equal(view.heldCount, 2)
  assert.equal(view.add(message), keyOf(message))
  assert.equal(view.heldCount, 0)
  assert.equal(shownText(view), 'edited')
  for (let at = 0; at < HELD_CHANGES_MAX + 50; at++) {
    const target = { ...message, hash: named(`nothing ${at}`) }
    view.add(placed(MALLORY, at + 3, react(target, '👍')))
  }
  assert.equal(view.heldCount, HELD_CHANGES_MAX)
})

const scene: readonly PlacedEntry[] = (() => {
  const other = placed(BOB, 5, text('other'))
  return [
    message,
    other,
    placed(ALICE, 6, edit(message, 'first')),
    placed(ALICE_PHONE, 7, edit(message, 'second')),
    placed(BOB, 8, edit(message, 'not his')),
    placed(BOB, 9, react(message, '👍')),
    placed(BOB, 10, react(message, '👍', false)),
    placed(ALICE, 11, react(other, '👍')),
    placed(BOB, 12, remove(other)),
    placed(BOB, 13, edit(other, 'zombie')),
    placed(ALICE, 14, { kind: 1, raw: Uint8Array.of(1, 2, 3) }),
    placed(ALICE, 15, { kind: 0x7777, raw: named('future') }),
    placed(ALICE, 16, { kind: 'profile', name: '__proto__', pictureHash: null }),
  ]
})()

test('a view is the same whatever order entries come in, and however often', () => {
  const expected = viewOf(scene).rows()
  fc.assert(
    fc.property(
      fc.shuffledSubarray([...scene], { minLength: scene.length }),
      fc.array(fc.constantFrom(...scene), { maxLength: 20 }),
      (order, again) => {
        assert.deepEqual(viewOf([...order, ...again]).rows(), expected)
        assert.deepEqual(viewOf([...again, ...order]).rows(), expected)
      },
    ),
    { numRuns: 200 },
  )
})

test('a kind of the future is not shown, and a broken message is shown as broken', () => {
  const rows = viewOf(scene).rows()
  assert.deepEqual(
    rows.map(({ content, isDeleted }) => content?.kind ?? (isDeleted ? 'deleted' : 'broken')),
    ['text', 'deleted', 'broken', 'profile'],
  )
})

test('kinds that are not for eyes make no row', () => {
  const view = viewOf([
    placed(ALICE, 0, { kind: 'rotation', body: named('r') }),
    placed(ALICE, 1, { kind: 'contact', body: named('c') }),
  ])
  assert.deepEqual(view.rows(), [])
})

test('text that turns direction is flagged, in captions and edits too', () => {
  const turning = 'a\u202eb'
  const file = placed(BOB, 1, {
    kind: 'file',
    disappearSeconds: 0,
    replyTo: null,
    name: 'a.txt',
    mediaType: 'text/plain',
    sizeBytes: 1,
    caption: turning,
    manifest: named('m'),
  })
  const view = viewOf([message, file, placed(ALICE, 2, edit(message, turning))])
  assert.deepEqual(
    view.rows().map((row) => row.turnsDirection),
    [true, true],
  )
  assert.equal(viewOf([message]).row(keyOf(message))?.turnsDirection, false)
})

describe('a message that disappears', () => {
  const brief = placed(ALICE, 0, text('brief', 60))

  test('goes so long after it was first read, and nothing of it stays', () => {
    const view = viewOf([brief, message, placed(ALICE, 1, edit(brief, 'still brief'))])
    assert.equal(view.expireAtMs, null)
    view.read(keyOf(brief), NOW_MS)
    view.read(keyOf(brief), NOW_MS + 30_000)
    view.read(keyOf(message), NOW_MS)
    view.read('unknown', NOW_MS)
    assert.equal(view.expireAtMs, NOW_MS + 60_000)
    assert.deepEqual(view.expire(NOW_MS + 59_999), [])
    assert.equal(view.rows().length, 2)
    assert.deepEqual(view.expire(NOW_MS + 60_000), [keyOf(brief)])
    assert.equal(view.expireAtMs, null)
    assert.equal(view.row(keyOf(brief)), null)
    assert.equal(view.add(brief), null)
    assert.equal(view.add(placed(ALICE, 2, edit(brief, 'back'))), null)
    assert.deepEqual(
      view.rows().map(({ key }) => key),
      [keyOf(message)],
    )
  })

  test('and is deleted before no longer counts down', () => {
    const view = viewOf([brief])
    view.read(keyOf(brief), NOW_MS)
    view.add(placed(ALICE, 1, remove(brief)))
    assert.equal(view.expireAtMs, null)
  })

  test('of several, the first to go is the first to look after', () => {
    const longer = placed(ALICE, 1, text('longer', 600))
    const view = viewOf([longer, brief])
    view.read(keyOf(longer), NOW_MS)
    view.read(keyOf(brief), NOW_MS)
    assert.equal(view.expireAtMs, NOW_MS + 60_000)
  })
})

test('the key of a row that is not there has no row', () => {
  assert.equal(viewOf([]).row('__proto__'), null)
})
