// Yamux in libp2p 3.3 answers each frame of data with a frame that opens the window again by as much.
// Half of a window is enough for the other side to go on: so the answer waits until that is used up.
import type { StreamMuxer } from '@libp2p/interface'
import { type MakeMuxers, withEachMuxer } from './muxers.ts'

/** What its types keep to themselves. */
interface Window {
  readonly state: number
  readonly recvWindow: number
  readonly recvWindowCapacity: number
  sendWindowUpdate(): void
}

interface Opening extends StreamMuxer {
  _newStream(...args: unknown[]): Window
}

/** StreamState.Established: before it, an update carries the flags that open the stream. */
const ESTABLISHED = 3

export function withLazyWindows(make: MakeMuxers): MakeMuxers {
  return withEachMuxer<Opening>(make, (muxer) => {
    const open = muxer._newStream.bind(muxer)
    muxer._newStream = (...args) => lazy(open(...args))
  })
}

function lazy(stream: Window): Window {
  const update = stream.sendWindowUpdate.bind(stream)
  stream.sendWindowUpdate = () => {
    const isRoomy = 2 * stream.recvWindowCapacity > stream.recvWindow
    if (stream.state !== ESTABLISHED || !isRoomy) update()
  }
  return stream
}
