// Where libp2p's muxer does less than we need, its methods are replaced as soon as one is made.
import type { MessageStream, StreamMuxer, StreamMuxerFactory } from '@libp2p/interface'

export type MakeMuxers = () => StreamMuxerFactory

/** `M` is a muxer with what its types keep to themselves. */
export function withEachMuxer<M extends StreamMuxer>(
  make: MakeMuxers,
  change: (muxer: M, connection: MessageStream) => void,
): MakeMuxers {
  return () => {
    const factory = make()
    return {
      protocol: factory.protocol,
      createStreamMuxer(connection) {
        const muxer = factory.createStreamMuxer(connection) as M
        change(muxer, connection)
        return muxer
      },
    }
  }
}
