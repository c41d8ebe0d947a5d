// A process beside this one, which it talks to and which ends with it.
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** One of the files in this folder. */
export function start(name: string, words: readonly string[] = []): ChildProcess {
  const path = fileURLToPath(new URL(`${name}.ts`, import.meta.url))
  return fork(path, words, { serialization: 'advanced' })
}

/** The next message. Only while somebody waits does the other process keep this one alive. */
export function next(child: ChildProcess): Promise<unknown> {
  child.ref()
  child.channel?.ref()
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) => reject(new Error(`the process ended with ${code}`))
    child.once('exit', ended)
    child.once('message', (message) => {
      child.off('exit', ended)
      child.unref()
      child.channel?.unref()
      resolve(message)
    })
  })
}

/** What it answers to this. It says `failure` where it has failed. */
export async function order<T extends object>(child: ChildProcess, message: object): Promise<T> {
  child.send(message)
  const told = (await next(child)) as T | { readonly failure: string }
  if ('failure' in told) throw new Error(told.failure)
  return told
}

/** The other side of `order`. */
export function serveOrders(serve: (message: unknown) => Promise<object>): void {
  process.on('disconnect', () => process.exit())
  process.on('message', (message) => {
    serve(message).then(
      (told) => process.send?.(told),
      (error: unknown) => process.send?.({ failure: String(error) }),
    )
  })
}
