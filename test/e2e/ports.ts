// Ports for who must be found where it was, or where somebody was told before it is there.
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below those that Linux gives to whoever asks for any, so that nobody gets it meanwhile. */
const PORT_LEAST = 20_000
const PORT_END = 32_000

const given = new Set<number>()

/** One that nobody has, and that this process has given to nobody. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(PORT_LEAST, PORT_END)
    if (given.has(port) || !(await isFree(port))) continue
    given.add(port)
    return port
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1')
  const isListening = await once(server, 'listening').then(
    () => true,
    () => false,
  )
  if (isListening) await new Promise<void>((resolve) => server.close(() => resolve()))
  return isListening
}
