// Text from others, made safe for a terminal: nothing in it may move the cursor, set a title, hide
// what follows, or turn a line around.

// C0 and C1 controls, marks and overrides of direction, line and paragraph separators, tags.
const UNSAFE =
  /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\u{e0000}-\u{e007f}]/gu

/** On one line: breaks are shown too. */
export function escapeLine(text: string): string {
  return text.replaceAll('\n', '⏎').replaceAll(UNSAFE, shown)
}

/** Over several lines, each behind the indent, so that none can pass for a line of ours. */
export function escapeText(text: string, indent = ''): string {
  return text
    .split('\n')
    .map((line) => line.replaceAll('\t', '  ').replaceAll(UNSAFE, shown))
    .join(`\n${indent}`)
}

function shown(character: string): string {
  return `\\u{${character.codePointAt(0)!.toString(16)}}`
}
