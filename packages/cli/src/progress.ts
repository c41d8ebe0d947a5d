// Something moves on the terminal while something lasts. Nothing is drawn within the first second,
// nor where nobody looks.
import type { Output } from './io.ts'

const SILENT_MS = 1000
const STEP_MS = 120
export const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']

/** What it says may change, and may be fitted into so many columns. */
export async function withProgress<T>(
  output: Output,
  says: string | ((columns: number, seconds: number) => string),
  work: Promise<T>,
): Promise<T> {
  if (!output.isWatched) return work
  const startMs = performance.now()
  let step = 0
  const timer = setInterval(() => {
    const seconds = Math.floor((performance.now() - startMs) / 1000)
    if (seconds * 1000 < SILENT_MS) return
    const frame = FRAMES[step++ % FRAMES.length] ?? ''
    const text =
      typeof says === 'string'
        ? `${says}, ${seconds} s`
        : says(output.roomForLine - frame.length - 1, seconds)
    output.redraw(`${frame} ${text}`)
  }, STEP_MS)
  try {
    return await work
  } finally {
    clearInterval(timer)
    if (step > 0) output.redraw('')
  }
}
