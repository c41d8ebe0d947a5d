// What we chose for requests between peers.

// Channels in all, of peers with whom anything was exchanged of late, 0.2 MiB each: more than the
// connections that libp2p keeps. Who was idle for longest is forgotten; the next one is refused.
export const CHANNEL_PEERS_MAX = 320
// Per peer: memory for its requests that others cannot take, so that any one request is served
// however busy the others keep us; one of the largest bodies and one of the largest answers.
export const CHANNEL_FLOOR_BYTES = 139_286
// Per peer: its requests and our answers until they are written. What an honest peer has under way
// at the most, and two writes that it has read before we learned that they were written.
export const CHANNEL_PEER_BYTES_MAX = 2_228_224
// All peers together, beyond what each is sure of: 16 of them at their most. Then they hear `busy`.
export const CHANNEL_POOL_BYTES_MAX = 33_554_432
// All peers together: our own requests and notices until they are written. The next one is refused.
export const CHANNEL_OUTGOING_BYTES_MAX = 33_554_432
// Of that, what may wait for one peer.
export const CHANNEL_OUTGOING_PEER_BYTES_MAX = 8_388_608
// Per peer: requests that wait for their turn, 0.3 KiB each beside their bytes; the next is refused.
export const CHANNEL_WAITING_COUNT_MAX = 256
// Per peer: notices that wait to be written; what does not fit is not sent, and the caller knows.
export const CHANNEL_NOTICE_BYTES_MAX = 262_144
// Per channel: frames in one write; libp2p holds one write. A single frame may be larger.
export const CHANNEL_WRITE_BYTES_MAX = 65_536
// Per channel: answers that wait to be written, those without a body included. No more is read
// from whoever does not read.
export const CHANNEL_ANSWERS_COUNT_MAX = 128
// Per channel: frames read in one turn, so that one peer's flood waits behind everybody's frames.
export const CHANNEL_TURN_FRAMES = 256
// Per channel: what comes while it waits for its turn. With more than this it is not received.
export const CHANNEL_UNREAD_BYTES_MAX = 65_536
// Per channel: what libp2p receives before it has to ask, and what it keeps for a channel that is
// not received; yamux allows no smaller window than this.
export const CHANNEL_READ_BUFFER_BYTES = 262_144
// All channels together: those that are not received for a while, which honest peers never cause.
// libp2p keeps pieces as small as they were sent: 40 MiB each at worst. The next one is closed.
export const CHANNEL_PAUSED_COUNT_MAX = 2
// Per peer: frames in a second, and at once. Copying a whole mailbox takes fewer; 30 µs each. The
// next ones are not read before it is time.
export const CHANNEL_FRAMES_PER_SECOND = 2000
export const CHANNEL_FRAMES_BURST = 4000
// Per peer: notices in a second, and at once, which is what a connection that hung for 9 seconds
// brings together; later ones are dropped unread.
export const CHANNEL_NOTICES_PER_SECOND = 100
export const CHANNEL_NOTICES_BURST = 1000
// Per peer: channels that it opens in a minute, and at once. The newest replaces the one before;
// further ones are closed.
export const CHANNEL_OPENINGS_PER_MINUTE = 6
export const CHANNEL_OPENINGS_BURST = 8
// Per channel: answers that nobody asked for. More, and it is closed.
export const CHANNEL_STRAY_ANSWERS_MAX = 16
// Per frame, from its first byte to its last: 2.3 KB/s at least. Then the channel is closed.
export const CHANNEL_FRAME_MS_MAX = 30_000
// Per write: for so long the other side may read nothing. Then the channel is closed.
export const CHANNEL_WRITE_MS_MAX = 30_000
// How often channels are looked after; how much later than its time something may end.
export const CHANNEL_SWEEP_MS = 1000
// Beyond the time in which a request is answered: what the network may take of it.
export const CHANNEL_ANSWER_SLACK_MS = 30_000
// After its last use a peer's channel is forgotten, and with it how fast it was.
export const CHANNEL_IDLE_MS = 60_000
// Per peer: one report of a flood in so long, however long it lasts.
export const CHANNEL_FLOOD_REPORT_MS = 10_000
// Per peer: streams of requests. A channel is one, and the one that replaces it may overlap.
export const CHANNEL_STREAMS_MAX = 4
