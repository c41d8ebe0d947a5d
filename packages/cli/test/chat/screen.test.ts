import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { MessageView } from '@ezchat/protocol/control/values.ts'
import fc from 'fast-check'
import { draw, type Scene } from '../../src/chat/screen.ts'
import { graphemesOf, widthOf, windowOf, wrap } from '../../src/chat/width.ts'

const NOW = new Date('2026-11-21T12:00:00.000Z')

function message(text: string, more: Partial<MessageView> = {}): MessageView {
  const from = `ez1${'q'.repeat(58)}`
  const base = { conversation: from, name: 'bob', from, kind: 'text', receipts: 0, isRead: true }
  const id = '0f8fad5b-d9cb-469f-a165-70867728950e'
  const sentAt = '2020-01-01T10:00:00.000Z'
  return { ...base, id, isOwn: false, state: 'received', text, sentAt, place: text, ...more }
}

const scene = (more: Partial<Scene> = {}): Scene => {
  return { title: 'bob', messages: [], notice: '', line: '', cursor: 0, back: 0, ...more }
}

describe('the picture of a chat', () => {
  test('has the newest message just above the line that is typed', () => {
    const messages = [message('first'), message('last', { isOwn: true, state: 'delivered' })]
    const { lines } = draw(
      scene({ messages, line: 'hel', cursor: 3 }),
      { columns: 40, rows: 6 },
      NOW,
    )
    assert.equal(lines.length, 6)
    assert.match(lines[2]!, /bob: first$/)
    assert.match(lines[3]!, /you: last ✓✓$/)
    assert.equal(lines[5], '> hel')
  })

  test('goes back as far as there is something, and says how far', () => {
    const messages = Array.from({ length: 20 }, (_, at) => message(`m${at}`))
    const size = { columns: 40, rows: 8 }
    const { lines, backMax } = draw(scene({ messages, back: 100 }), size, NOW)
    assert.equal(backMax, 15)
    assert.match(lines[1]!, /m0$/)
    assert.match(lines[6]!, /15 lines below/)
  })

  test('shows what others wrote without obeying it', () => {
    const messages = [message('\u001b[2Jgone')]
    const { lines } = draw(scene({ messages, title: 'e\u202eve' }), { columns: 60, rows: 5 }, NOW)
    assert.ok(lines.every((line) => !line.includes('\u001b') && !line.includes('\u202e')))
  })

  test('of any messages in any terminal has as many lines as it, none wider', () => {
    const texts = fc.array(fc.string({ unit: 'grapheme', maxLength: 120 }), { maxLength: 6 })
    const sizes = fc.record({
      columns: fc.integer({ min: 20, max: 90 }),
      rows: fc.integer({ min: 4, max: 12 }),
    })
    fc.assert(
      fc.property(texts, sizes, fc.nat(20), (list, size, back) => {
        const line = list.join('')
        const messages = list.map((text) => message(text))
        const picture = draw(scene({ messages, back, line, cursor: line.length }), size, NOW)
        assert.equal(picture.lines.length, size.rows)
        for (const each of picture.lines) assert.ok(widthOf(each) <= size.columns, each)
        assert.ok(picture.cursorColumn <= size.columns)
      }),
    )
  })
})

describe('the width of a text', () => {
  test('counts cells, not characters', () => {
    assert.deepEqual(['abc', '你好', 'e\u0301', '👩‍👩‍👧‍👦', '🎉'].map(widthOf), [3, 4, 1, 2, 2])
  })

  test('wraps at spaces, and in a word that is longer than a line', () => {
    assert.deepEqual(wrap('one two three', 8), ['one two', 'three'])
    assert.deepEqual(wrap('abcdefghij', 4), ['abcd', 'efgh', 'ij'])
    assert.deepEqual(wrap('a\n\nb', 4), ['a', '', 'b'])
  })

  test('wrapped loses nothing but spaces at the ends of lines', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.integer({ min: 2, max: 30 }),
        (text, columns) => {
          const joined = wrap(text, columns).join('')
          const bare = (each: string) => graphemesOf(each.replaceAll(/\s/g, '')).join('')
          assert.equal(bare(joined), bare(text))
        },
      ),
    )
  })

  test('shows the part of a line where the cursor is', () => {
    assert.deepEqual(windowOf('abc', 3, 10), ['abc', 3])
    const [shown, column] = windowOf('abcdefghij', 10, 5)
    assert.deepEqual([shown, column], ['ghij', 4])
  })
})
