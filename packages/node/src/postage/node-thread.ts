import { Worker } from 'node:worker_threads'
import type { PostageReply } from '@ezchat/protocol/postage/worker-messages.ts'
import type { StartThread } from './worker.ts'

/** Beside this file as a source, and beside it when both are bundled. */
const ENDING = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
const THREAD_URL = new URL(`./worker-thread.${ENDING}`, import.meta.url)

/** A thread of Node that runs `url`: our own source, or the file into which it was bundled. */
export function nodeThread(url: URL = THREAD_URL): StartThread {
  return (events) => {
    // Flags of this process, such as --eval's, would be taken for the thread's own.
    const worker = new Worker(url, { name: 'ezchat-postage', execArgv: [] })
    worker.on('message', (reply: PostageReply) => events.replied(reply))
    worker.on('error', events.failed)
    worker.on('exit', (code) => events.failed(new Error(`thread ended with code ${code}`)))
    worker.unref() // Last: a listener for messages holds the process again.
    return {
      post: (request) => worker.postMessage(request),
      hold: (held) => (held ? worker.ref() : worker.unref()),
      async end() {
        await worker.terminate()
      },
    }
  }
}
