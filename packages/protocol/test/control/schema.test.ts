import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { METHODS } from '../../src/control/methods.ts'
import {
  flag,
  integer,
  list,
  nullable,
  object,
  oneOf,
  optional,
  SchemaError,
  strict,
  text,
} from '../../src/control/schema.ts'
import { messageId, moment } from '../../src/control/values.ts'

const person = object({
  name: [text({ min: 1, max: 8 }), 'the name'],
  age: [optional(integer({ max: 150 })), 'the age'],
  pets: [list(object({ kind: [oneOf('cat', 'dog'), 'which'] }), 2), 'the pets'],
  boss: [nullable(text({ max: 8 })), 'the boss'],
  here: [flag, 'whether'],
})
const bob = { name: 'bob', pets: [{ kind: 'cat' }], boss: null, here: true }

const refuses = (value: unknown, path: string, of = person) =>
  assert.throws(
    () => of.check(value),
    (error: unknown) => error instanceof SchemaError && error.path === path,
  )

describe('a schema', () => {
  test('returns what fits, and leaves out what it does not know', () => {
    assert.deepEqual(person.check({ ...bob, colour: 'red' }), bob)
    assert.deepEqual(person.check({ ...bob, age: 150 }), { ...bob, age: 150 })
  })

  test('says where what does not fit is', () => {
    refuses({ ...bob, name: '' }, 'name')
    refuses({ ...bob, name: 'a'.repeat(9) }, 'name')
    refuses({ ...bob, age: 151 }, 'age')
    refuses({ ...bob, age: 1.5 }, 'age')
    refuses({ ...bob, age: -1 }, 'age')
    refuses({ ...bob, age: null }, 'age')
    refuses({ ...bob, boss: undefined }, 'boss')
    refuses({ ...bob, here: 'yes' }, 'here')
    refuses({ ...bob, pets: [{ kind: 'cat' }, { kind: 'cow' }] }, 'pets[1].kind')
    refuses({ ...bob, pets: [{ kind: 'cat' }, { kind: 'cat' }, { kind: 'cat' }] }, 'pets')
    refuses({ ...bob, pets: 'cat' }, 'pets')
    refuses([bob], '')
    refuses(null, '')
  })

  test('of what a caller sends names a field that is not known', () => {
    assert.deepEqual(strict(person).check(bob), bob)
    refuses({ ...bob, colour: 'red' }, 'colour', strict(person))
  })

  test('takes no field from a prototype', () => {
    refuses(Object.create(bob), 'name')
  })

  test('of an id takes a UUID in lower case, and of a moment ISO 8601 with milliseconds', () => {
    messageId.check('0f8fad5b-d9cb-469f-a165-70867728950e')
    moment.check(new Date(0).toISOString())
    const wrong: unknown[] = ['0F8FAD5B-D9CB-469F-A165-70867728950E', '', 7]
    for (const id of wrong) assert.throws(() => messageId.check(id), SchemaError)
    assert.throws(() => moment.check('1970-01-01'), SchemaError)
  })
})

describe('the methods', () => {
  test('answer any value with another or with SchemaError', () => {
    const names = Object.keys(METHODS) as (keyof typeof METHODS)[]
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.anything(), (name, value) => {
        for (const schema of [METHODS[name].params, METHODS[name].result]) {
          try {
            schema.check(value)
          } catch (error: unknown) {
            assert.ok(error instanceof SchemaError)
          }
        }
      }),
    )
  })

  test('describe each field of theirs', () => {
    for (const [name, { params, result, says }] of Object.entries(METHODS)) {
      assert.match(says, /\.$/, name)
      for (const { meaning } of [...(params.fields ?? []), ...(result.fields ?? [])]) {
        assert.ok(meaning.length > 2, name)
      }
    }
  })
})
