// A QR code for a terminal: two rows of modules to a line.
import { encode } from 'uqr'
import type { Output } from './io.ts'

const BLOCKS = [' ', '▄', '▀', '█']

/** Light on dark, as scanners expect it on a terminal; nothing when it would not fit. */
export function printQr(output: Output, text: string): void {
  const { data, size } = encode(text, { border: 2, ecc: 'L' })
  if (size > output.columns) {
    output.say(`The terminal is too narrow for a QR code: it takes ${size} columns.`)
    return
  }
  for (let row = 0; row < size; row += 2) {
    let line = ''
    for (let column = 0; column < size; column++) {
      const isUpperLight = !data[row]?.[column]
      const isLowerLight = row + 1 >= size || !data[row + 1]?.[column]
      line += BLOCKS[(isUpperLight ? 2 : 0) + (isLowerLight ? 1 : 0)]
    }
    output.print(line)
  }
}
