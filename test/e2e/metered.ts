// For `node --import`, as metered.ts?at=SOCKET: whoever connects to the socket is told how long this
// process's turns were since somebody last was.
import { createServer } from 'node:net'
import { isMainThread } from 'node:worker_threads'
import { TurnMeter } from '../turn-meter.ts'

const at = new URL(import.meta.url).searchParams.get('at')
// The threads of the process import it too.
if (isMainThread && at !== null) {
  const meter = new TurnMeter()
  createServer((asking) => asking.end(JSON.stringify(meter.take())))
    .listen(at)
    .unref()
}
