import type { Stream } from '@libp2p/interface'

/**
 * Resolves when the stream takes more, or is at its end. By the event: libp2p 3.3 keeps the promise
 * of its own way to wait, which from the second time on has long been resolved.
 */
export function drained(stream: Stream): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (stream.status === 'open' && stream.writableNeedsDrain) return
      stream.removeEventListener('drain', lookLater)
      stream.removeEventListener('close', look)
      resolve()
    }
    // When the event comes, libp2p has yet to write what it kept back.
    const lookLater = () => queueMicrotask(look)
    stream.addEventListener('drain', lookLater)
    stream.addEventListener('close', look)
    look()
  })
}
