// The other end of node-thread.ts. It runs as a thread and is imported by nobody.
import { parentPort } from 'node:worker_threads'
import { assert } from '@ezchat/protocol/errors.ts'
import { type PostageEvent, PostageMachine } from '@ezchat/protocol/postage/worker-messages.ts'

const port = parentPort
assert(port !== null, 'expected to run as a thread')
const machine = new PostageMachine()

function handle(event: PostageEvent): void {
  for (const effect of machine.handle(event)) {
    if (effect.kind === 'reply') port?.postMessage(effect.reply)
    // Behind the messages that have come meanwhile, a cancellation among them.
    else setImmediate(handle, { kind: 'turn' })
  }
}

port.on('message', handle)
