// How many cells of a terminal a text takes, and where to break it.

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]|^\p{Emoji_Presentation}/u
const NARROW = /^\p{Mn}|^\p{Me}|^\u200b|^\u200d/u

export function graphemesOf(text: string): string[] {
  return [...segmenter.segment(text)].map(({ segment }) => segment)
}

export function widthOf(text: string): number {
  return graphemesOf(text).reduce((sum, grapheme) => sum + cellsOf(grapheme), 0)
}

function cellsOf(grapheme: string): number {
  if (NARROW.test(grapheme)) return 0
  return WIDE.test(grapheme) || grapheme.includes('\ufe0f') ? 2 : 1
}

/** Lines of at most so many cells, broken at spaces where there are any. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = []
  for (const paragraph of text.split('\n')) {
    let line = ''
    let cells = 0
    for (const word of paragraph.split(/(?<= )/)) {
      if (cells > 0 && cells + widthOf(word.trimEnd()) > columns) {
        lines.push(line.trimEnd())
        line = ''
        cells = 0
      }
      for (const grapheme of graphemesOf(word)) {
        const width = cellsOf(grapheme)
        if (cells + width > columns) {
          lines.push(line)
          line = ''
          cells = 0
        }
        line += grapheme
        cells += width
      }
    }
    lines.push(line)
  }
  return lines
}

/** The beginning, as far as there is room. */
export function cut(text: string, columns: number): string {
  let cells = 0
  let shown = ''
  for (const grapheme of graphemesOf(text)) {
    cells += cellsOf(grapheme)
    if (cells > columns) return shown
    shown += grapheme
  }
  return shown
}

/** The end of what is typed, so that the cursor is seen; and where the cursor is. */
export function windowOf(line: string, cursor: number, columns: number): [string, number] {
  const before = graphemesOf(line.slice(0, cursor))
  const after = graphemesOf(line.slice(cursor))
  let width = before.reduce((sum, each) => sum + cellsOf(each), 0)
  while (width >= columns && before.length > 0) width -= cellsOf(before.shift()!)
  let shown = before.join('')
  let cells = width
  for (const grapheme of after) {
    cells += cellsOf(grapheme)
    if (cells >= columns) break
    shown += grapheme
  }
  return [shown, width]
}
