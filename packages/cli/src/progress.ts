// Something moves on the terminal while something lasts. Nothing is drawn within the first second,
// nor where nobody looks.
import type { Output } from './io.ts'

const SILENT_MS = 1000
const STEP_MS = 120
const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']

export async function withProgress<T>(output: Output, says: string, work: Promise<T>): Promise<T> {
  if (!output.isWatched) return work
  const startMs = performance.now()
  let step = 0
  const timer = setInterval(() => {
    const seconds = Math.floor((performance.now() - startMs) / 1000)
    if (seconds * 1000 < SILENT_MS) return
    const frame = FRAMES[step++ % FRAMES.length] ?? ''
    output.redraw(`${frame} ${says}, ${seconds} s`)
  }, STEP_MS)
  try {
    return await work
  } finally {
    clearInterval(timer)
    if (step > 0) output.redraw('')
  }
}
