import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { functionsOf, importsOf, maskCode } from './source.ts'

describe('masking', () => {
  const cases: readonly (readonly [what: string, text: string, masked: string])[] = [
    ['line comments', 'a // b\nc', 'a     \nc'],
    ['block comments', 'a /* b\n c */ d', 'a     \n      d'],
    ['strings', `f('a // b', "c")`, `f('      ', " ")`],
    ['escaped quotes', `f('a\\'b') + c`, `f('    ') + c`],
    ['templates', 'f(`a ${b} c`)', 'f(`  ${b}  `)'],
    ['braces inside a template', 'f(`a ${g({ b: 1 })} c`, d)', 'f(`  ${g({ b: 1 })}  `, d)'],
    ['templates inside templates', 'x(`a${`b${c}d`}e`)', 'x(` ${` ${c} `} `)'],
    ['regular expressions', 'x = /["/]/.test(y)', 'x = /    /.test(y)'],
    ['regular expressions after return', 'return /`/', 'return / /'],
    ['division', 'a / b / c', 'a / b / c'],
    ['division after a call', 'f(a) / `b`.length', 'f(a) / ` `.length'],
  ]
  for (const [what, text, masked] of cases) {
    test(what, () => {
      assert.equal(maskCode(text), masked)
      assert.equal(maskCode(text).length, text.length)
    })
  }
})

describe('imports', () => {
  test('every form is found', () => {
    const text = [
      `import a from './a.ts'`,
      `import type { B } from "b"`,
      `import {\n  c,\n  d,\n} from 'c'`,
      `export * from '../d.ts'`,
      `import './e.ts'`,
      `const f = await import('f')`,
    ].join('\n')
    assert.deepEqual(
      importsOf(text).map(({ specifier, dynamic }) => [specifier, dynamic]),
      [
        ['./a.ts', false],
        ['b', false],
        ['c', false],
        ['../d.ts', false],
        ['./e.ts', false],
        ['f', true],
      ],
    )
  })

  test('text about imports is not an import', () => {
    assert.deepEqual(importsOf(`// import a from 'a'\nconst b = "import c from 'c'"`), [])
  })
})

describe('functions', () => {
  const spans = (text: string) =>
    functionsOf(text).map(({ name, lines, isTestBody }) => [name, lines, isTestBody])

  test('declarations, methods and arrows are found with their lines', () => {
    const text = [
      'function one(a: { b: number }): Map<string, number> {',
      '  if (a) {',
      '    return b',
      '  }',
      '}',
      'class C {',
      '  two(): void {',
      '    for (;;) {}',
      '  }',
      '}',
      'const three = (a: string): string => {',
      '  return a',
      '}',
    ].join('\n')
    assert.deepEqual(spans(text), [
      ['one', 5, false],
      ['two', 3, false],
      ['three', 3, false],
    ])
  })

  test('blocks, objects and types are no functions', () => {
    const text = 'if (a) {\n}\nconst b = { c: 1 }\ninterface D {\n  e(): void\n}\nswitch (f) {\n}'
    assert.deepEqual(spans(text), [])
  })

  test('a test body is told apart, and its lines are not those of the suite around it', () => {
    const text = [
      'export function suite(make: () => Store): void {',
      "  describe('store', () => {",
      "    test('keeps', async () => {",
      '      a()',
      '    })',
      '  })',
      '}',
    ].join('\n')
    assert.deepEqual(spans(text), [
      ['suite', 2, false],
      ['a function', 2, true],
      ['a function', 3, true],
    ])
  })

  test('a callback of something else is a function like any other', () => {
    assert.deepEqual(spans('list.map((a) => {\n  return a\n})'), [['a function', 3, false]])
  })
})
