// What we chose for libp2p and those who connect.

// Offences that show a peer the door: two forgeries, four malformed frames, ten refused batches.
export const PENALTY_POINTS_MAX = 100
// Half of what a peer did is forgotten in so long: a bad line makes few points in this time.
export const PENALTY_HALF_LIFE_MS = 600_000
// Per peer, once it has too many points: neither dialled nor let in.
export const REFUSAL_MS = 3_600_000
// Peers with points, 0.2 KiB each; who has fewest is forgotten for the next.
export const PENALTY_PEERS_MAX = 4096
// Per /24 or /48: connections from it. A household or a campus behind one router has no more; one
// who rents the addresses gets an eighth of a daemon's. The next one is refused.
export const GROUP_CONNECTIONS_MAX = 16
// Per /24 or /48: connections from it that have not yet said who they are, 30 KiB each.
export const GROUP_PENDING_MAX = 4
// Per /24 or /48: connections of our own choosing to it.
export const GROUP_OUTGOING_MAX = 2
// Per peer: connections from it. Two when both dial at once, and one that is being replaced.
export const PEER_CONNECTIONS_MAX = 3
// Per connection, from its start until the peer has shown that it speaks our network's protocols.
export const IDENTIFY_MS_MAX = 10_000
// Per peer: what it may say about itself, 30 protocols and 20 addresses.
export const IDENTIFY_BYTES_MAX = 8192
// Per multiaddr that is read: through a relay it has two peers' names in it, 152 characters.
export const ADDRESS_CHARACTERS_MAX = 256
// A relay waits for so long until who asks for a place has shown that it is of our network.
export const RELAY_IDENTIFY_MS_MAX = 2000
// Per attempt to connect, all addresses of a peer together.
export const CONNECT_MS_MAX = 15_000
// Per node: peers remembered, 0.5 KiB each, on disk when there ever was a channel to them. Hints
// that nobody answered at go first.
export const KNOWN_PEERS_MAX = 1024
// Peers not seen for so long are gone: 60 days, twice what an envelope lives.
export const KNOWN_PEER_AGE_SECONDS_MAX = 5_184_000
// Outgoing places kept for peers that served well.
export const ANCHORS_COUNT = 2
// Attempts to connect at one time, 5 ms of CPU each.
export const DIALS_AT_ONCE_MAX = 4
// Between two attempts at one peer: doubled each time, from the first to the second of these.
export const REDIAL_MS_LEAST = 5000
export const REDIAL_MS_MAX = 600_000
// In libp2p's memory: peers that were met or heard of, 1 KiB each; who changed longest ago goes.
export const LIBP2P_PEERS_MAX = 4096
// In libp2p's memory: whatever else it keeps.
export const LIBP2P_ENTRIES_MAX = 1024
// What libp2p heard of a peer is kept for a day, and the peer for a week: its own hour is less than
// a laptop's lunch.
export const LIBP2P_ADDRESS_AGE_MS = 86_400_000
export const LIBP2P_PEER_AGE_MS = 604_800_000
// Per connection: streams. Channels, gossip and DHT take twenty.
export const STREAMS_PER_CONNECTION_MAX = 64
// Per turn of the event loop, all connections together: how long what came is read before others
// have their turn. An honest peer's 64 KiB take a millisecond.
export const MUXER_TURN_MS = 10
// Per connection: what is read before the time is looked at again; 1,300 of the smallest frames, 40 ms.
export const MUXER_PIECE_BYTES = 16_384
// Per connection: what is gathered in one turn of the event loop before it is written: what one message
// of the noise protocol holds.
export const GATHERED_BYTES_MAX = 65_519

// Per stream: what the other side may send before it is read: 2.5 MB/s where an answer takes 100 ms.
// What channels may hold is reckoned with it.
export const STREAM_WINDOW_BYTES_MAX = 262_144
// Per stream: what is kept of it while nobody reads. Beyond it the stream is reset.
export const STREAM_READ_BYTES_MAX = 524_288
// Per stream: what waits until the other side reads. Beyond it the stream is reset.
export const STREAM_WRITE_BYTES_MAX = 4_194_304
// Per connection: questions of a peer to the DHT at one time, 4 ms of CPU each.
export const DHT_INBOUND_STREAMS_MAX = 8
// Between two pings of a connection; libp2p's own ten seconds cost an idle hub 2 % of a core.
export const PING_INTERVAL_MS = 60_000
// Per node: identity records kept for the DHT. The farthest from us goes.
export const DHT_VALUES_MAX = 4096
// Per node: bytes of those records, 16 KiB each at most.
export const DHT_VALUES_BYTES_MAX = 33_554_432
// Per shard: peers that say they carry it, 0.3 KiB each, 20 MiB for 256 shards. One by lot goes.
export const DHT_PROVIDERS_PER_SHARD_MAX = 256
// A carrier that does not say so again is no carrier any more.
export const DHT_PROVIDER_MS = 86_400_000
// Between two random walks through the DHT, 0.1 s of CPU each.
export const DHT_WALK_MS_LEAST = 15_000
// Per lookup in the DHT, 0.1 s of CPU: then what was found is the answer.
export const LOOKUP_MS_MAX = 20_000
// Lookups at one time. Further ones are refused as busy.
export const LOOKUPS_AT_ONCE_MAX = 16
// Lookups whose answers are kept, of each kind: records are at most 8 × 16 KiB.
export const LOOKUPS_KEPT_MAX = 64
// How long the answer to a lookup is kept: carriers change by the day, records by the hour.
export const PROVIDERS_FOUND_MS = 600_000
export const RECORD_FOUND_MS = 60_000
// Per lookup: carriers, and different valid records of one name, that are worth having.
export const PROVIDERS_FOUND_MAX = 32
export const RECORD_ANSWERS_MAX = 8
// Own identity records that are published again and again, 16 KiB each.
export const OWN_RECORDS_MAX = 64
// Between two times; the DHT forgets a value after two days.
export const RECORD_REPUBLISH_MS = 21_600_000
// Per record that is published again.
export const RECORD_PUT_MS_MAX = 60_000
// Per message between gossip peers, of several batches. Beyond it the stream is closed.
export const GOSSIP_RPC_BYTES_MAX = 2_097_152
// Per peer: gossip that came and is not yet read. Then libp2p stops the other side.
export const GOSSIP_READ_AHEAD_BYTES = 262_144
// Per peer: gossip that it does not take. Beyond it the stream is closed, and sync tells the rest.
export const GOSSIP_WRITE_BYTES_MAX = 4_194_304
// Per message between gossip peers: batches, ids that are offered or wanted, and other entries.
export const GOSSIP_MESSAGES_MAX = 256
export const GOSSIP_IDS_MAX = 1024
export const GOSSIP_CONTROLS_MAX = 1024
// A batch that was seen is known for so long, 0.2 KiB each. Envelopes are known by the store.
export const GOSSIP_SEEN_MS = 120_000
// Per relay: peers that are reached through it, and circuits at one time of one peer.
export const RELAY_RESERVATIONS_MAX = 256
export const RELAY_CIRCUITS_MAX = 64
// Per circuit, both directions together; then it is cut, and opened anew by whoever needs it.
// libp2p's own 128 KiB and two minutes end it within sixty requests.
export const RELAY_CIRCUIT_BYTES_MAX = 268_435_456
export const RELAY_CIRCUIT_MS_MAX = 7_200_000
