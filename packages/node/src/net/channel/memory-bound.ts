// What all channels together may hold, whatever peers do: docs/limits.md has each term.
import { FRAME_BODY_BYTES_MAX } from '@ezchat/protocol/constants.ts'
import {
  CHANNEL_FLOOR_BYTES,
  CHANNEL_OUTGOING_BYTES_MAX,
  CHANNEL_PAUSED_COUNT_MAX,
  CHANNEL_PEERS_MAX,
  CHANNEL_POOL_BYTES_MAX,
  CHANNEL_READ_BUFFER_BYTES,
  CHANNEL_UNREAD_BYTES_MAX,
} from '../../limits.ts'

/** What each is sure of, the answer of ours that it may be in the middle of, and what waits. */
const PEER_BYTES = CHANNEL_FLOOR_BYTES + FRAME_BODY_BYTES_MAX + CHANNEL_UNREAD_BYTES_MAX
/** What libp2p keeps for a piece beside its bytes, as measured; a piece may be a single byte. */
const PIECE_BYTES = 150
/** What we took over and have not read, and as much that libp2p received since. */
const PAUSED_BYTES = CHANNEL_READ_BUFFER_BYTES * (2 + PIECE_BYTES)

/** 225 MiB. Peers that keep to their window and read take a thousandth of it. */
export const CHANNEL_MEMORY_BYTES_MAX =
  CHANNEL_PEERS_MAX * PEER_BYTES +
  CHANNEL_POOL_BYTES_MAX +
  CHANNEL_OUTGOING_BYTES_MAX +
  CHANNEL_PAUSED_COUNT_MAX * PAUSED_BYTES
