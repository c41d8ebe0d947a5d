// What a peer chose for itself; the protocol's own are in packages/protocol/src/limits.ts.

// Per store: envelopes in one synced write. Those that come while a write is under way share the
// next one; 256 bound how long the first of them waits for the last.
export const STORE_GROUP_COUNT_MAX = 256

// Per store: bytes in one synced write. LevelDB holds them twice while it writes: 2 MiB.
export const STORE_GROUP_BYTES_MAX = 1_048_576

// Per store: bytes that wait to be written. Beyond it the next one is refused as busy.
export const STORE_QUEUE_BYTES_MAX = 16_777_216

// Per envelope beside its bytes, charged to the quota: keys and records of its indexes are 280 B on
// disk, and what LevelDB has not yet compacted comes on top.
export const STORE_ENTRY_BYTES = 512

// Per step of a sweep, a drop or a repair: entries held at once, 0.2 KiB each. A repair holds their
// envelopes too, 16 MiB where all are of the largest size.
export const STORE_STEP_COUNT_MAX = 256

// Per step of an eviction's search: a full store takes one for each envelope that is offered, and
// 16 of 1 KiB make room for one of 16 KiB.
export const STORE_EVICTION_COUNT_MAX = 16

// Per store: a share of the quota, beyond it, that is kept for our own mail when all the rest is
// promised to others. A stranger who floods our door fills no more than that.
export const STORE_OWN_RESERVE = 8

// Per piece of short ids for an exchange: 4096 × 16 B = 64 KiB. Also the most that a drop is credited
// for, 4096 × 0.1 KiB while it is counted.
export const STORE_PIECE_COUNT_MAX = 4096

// Per fetch: envelopes in one page; 256 of 1 KiB are what a peer is sent at once.
export const STORE_PAGE_COUNT_MAX = 256

// Per fetch: bytes in one page, unless a single envelope is larger.
export const STORE_PAGE_BYTES_MAX = 262_144

// Per store: damaged records kept for somebody to look at, 256 × 64 KiB = 16 MiB; later ones are
// counted and removed.
export const STORE_QUARANTINE_COUNT_MAX = 256

// Per store: what LevelDB gathers before it sorts it into a file; up to two of them in memory, and
// as much log to read when the store is opened.
export const STORE_WRITE_BUFFER_BYTES = 8_388_608

// Per client of the control API: requests under way; the next one is answered busy.
export const CONTROL_REQUESTS_MAX = 64
// Per client: events read at once, 256 × 8 KiB; more are read when these are written.
export const CONTROL_EVENTS_COUNT_MAX = 256
// Per daemon: clients at once over each pipe; the next one is turned away.
export const CONTROL_CLIENTS_MAX = 64
// Per login of a page: the body that holds its token.
export const CONTROL_LOGIN_BYTES_MAX = 1024

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

// Per node: messages that the courier looks after at once; more wait on disk. 512 x 1 KiB and what
// is known about them are 1 MiB.
export const COURIER_WINDOW_COUNT_MAX = 512
// The same in bytes of envelopes; the stem has room for these and 2 KiB beside each of them.
export const COURIER_WINDOW_BYTES_MAX = 4_194_304
// Per node: bytes of drafts in memory between `draft` and `accepted`. Beyond it the oldest are read
// from the disk when they are accepted.
export const COURIER_DRAFTED_BYTES_MAX = 4_194_304
// Per step of looking through the outbox: items read at once, 64 x 64 KiB at the most.
export const COURIER_STEP_COUNT_MAX = 64
// Per message: what its story has room for, 32 x 45 B; what goes is from the middle.
export const COURIER_HOPS_MAX = 32
// Per message: receipts kept, 8 x 133 B; 3 of distinct carriers count as stored.
export const COURIER_RECEIPTS_MAX = 8
// Per node: searches for postage at once, of the 64 that a worker takes: a short text does not wait
// for a large one.
export const COURIER_SEARCHES_MAX = 4
// After a search that failed: how long until the next one.
export const COURIER_SEARCH_RETRY_MS = 1000
// Per message: distinct carriers that make it stored; receipts.md §4.
export const COURIER_CARRIERS_WANTED = 3
// Per push: how long a carrier may take before another one is asked as well.
export const COURIER_HEDGE_MS = 2000
// Per push: how long until it counts as failed. A disk that is busy writes within seconds.
export const COURIER_PUSH_MS = 10_000
// Per search for carriers: the cache answers at once, the DHT in seconds.
export const COURIER_LOOKUP_MS = 15_000
// Per carrier: pushes under way at once; while one is written to disk the next one travels.
export const COURIER_PUSHES_MAX = 2
// Per push: envelopes, and bytes of them; the request has room for as much.
export const COURIER_PUSH_COUNT_MAX = 64
export const COURIER_PUSH_BYTES_MAX = 65_536
// Per node: envelopes that wait to be delivered, others' included; beyond it a delivery has failed,
// and the stem tries again later.
export const COURIER_DELIVERY_BYTES_MAX = 8_388_608
// Per message in the stem: how long after its first receipt the others may take. They leave the
// same delivery within seconds.
export const COURIER_SETTLE_MS = 10_000
// The same when all carriers that can be reached have signed: there may be others.
export const COURIER_ALL_MS = 2000
// Per message in the stem: how long it is in the window without a receipt while others wait on disk;
// 9 in 10 embargoes have ended by then.
export const COURIER_TURN_MS = 90_000
// Per node: own messages into the stem. A neighbour reads 100 messages a second and holds 2 MiB of
// each neighbour, others' that we relay included; what it refuses we would deliver ourselves.
export const COURIER_STEM_PER_SECOND = 40
export const COURIER_STEM_BYTES_PER_SECOND = 524_288
// What of that may be used at once: 80 small messages, or 16 of the largest.
export const COURIER_STEM_BURST_MS = 2000
// Without a single stem peer: how long a message waits for one, while there are other peers, before
// this node delivers it itself.
export const COURIER_ALONE_MS = 10_000
// After a try without a receipt: how long until the next one, doubling, at most. An author without a
// network tries 4 times an hour.
export const COURIER_RETRY_MS = 5000
export const COURIER_RETRY_MS_MAX = 900_000
// In the stem, with no receipt or with too few: by then there is another epoch, so another way, and
// relays have forgotten the envelope. Sooner, only its author would hand it over again.
export const COURIER_MORE_MS = 660_000
export const COURIER_MORE_MS_MAX = 21_600_000
// In direct mode there is no way to wait for, only a carrier.
export const COURIER_MORE_DIRECT_MS = 30_000
// Stored and not confirmed: how long until it is sent again, doubling. Recipients are often away for
// a night.
export const COURIER_RESEND_MS = 86_400_000
// The same when fewer than 3 carriers signed, or none of whom we know from elsewhere: whoever
// invents carriers delays a message by an hour.
export const COURIER_DOUBT_MS = 3_600_000
// What has ended: how long its story can be read.
export const COURIER_STORY_MS = 604_800_000
// The longest wait for a moment of the wall clock: it may be set meanwhile.
export const COURIER_SLEEP_MS_MAX = 3_600_000
// Times at which items are checked are rounded up to this, so that many share one timer.
export const COURIER_CHECK_MS = 250
// A jump of the wall clock by more makes the courier look at everything again.
export const COURIER_CLOCK_JUMP_MS = 60_000
// After peers came back: at most so often is everything tried again.
export const COURIER_NUDGE_MS = 10_000
// In cover mode: mean time between two dummies; 1,440 a day of 1 KiB, each with its postage.
export const COURIER_COVER_MS_MEAN = 60_000
// Per node: events kept for the first listener, 1024 x 0.2 KiB; the oldest go first. Stories have all
// that they said.
export const COURIER_UNHEARD_COUNT_MAX = 1024
// Per node: carriers whose keys were turned into names, 256 x 0.2 KiB; then it begins anew.
export const COURIER_NAMES_COUNT_MAX = 256

// Per guess at a passphrase: 64 MiB and 3 passes, 0.2 s on a desktop; as RFC 9106 proposes where
// memory is scarce.
export const PASSPHRASE_MEMORY_KIB = 65_536
export const PASSPHRASE_PASSES = 3
// Per key file: what one that somebody has changed may make us spend, 1 GiB and some seconds.
export const PASSPHRASE_MEMORY_KIB_MAX = 1_048_576
export const PASSPHRASE_PASSES_MAX = 16

// Per write of the messenger: jobs that share it. Those that come meanwhile share the next one.
export const MESSENGER_GROUP_JOBS_MAX = 256
// Per write of the messenger: bytes after which the next job waits for the next write.
export const MESSENGER_GROUP_BYTES_MAX = 1_048_576
// Per step of taking in what arrived: envelopes that share one write, 256 × 1 KiB.
export const MESSENGER_ARRIVALS_COUNT_MAX = 256

// Per node: neighbours whose duty is kept, 0.2 KiB each; more than its connections. Of further ones
// nothing is known until one has gone.
export const NEIGHBOUR_COUNT_MAX = 1024
// Per neighbour: times that it is asked who it is, first after this wait and then after twice as
// long. Who does not answer is no carrier to us until it connects again.
export const HELLO_ATTEMPT_COUNT_MAX = 4
export const HELLO_RETRY_MS = 2000
export const HELLO_MS_MAX = 10_000

// After a change of our duty, before neighbours are told: changes come in a row.
export const DUTY_TELL_MS = 200

// Per shard: carriers that have served, 0.3 KiB each; the one that served longest ago goes.
export const BOOK_SERVED_COUNT_MAX = 16
// All shards together, read when the node starts: 16 of each of 256 shards.
export const BOOK_SERVED_ALL_COUNT_MAX = 4096
// Per shard: carriers that others named; the one that failed most goes, then the oldest.
export const BOOK_TOLD_COUNT_MAX = 16
// Per shard: of these, named by one and the same: no single peer fills the book.
export const BOOK_TOLD_BY_ONE_COUNT_MAX = 6
// Per shard: of these, found in the DHT or in invites, whose words come from several.
export const BOOK_FOUND_COUNT_MAX = 12
// Fewer usable ones than these, and a search begins: 3 receipts are wanted, and one may be away.
export const BOOK_SHORT_COUNT = 4
// Per search: neighbours that are asked; then the DHT.
export const BOOK_ASK_COUNT_MAX = 3
export const BOOK_SEARCH_MS_MAX = 10_000
// Per shard: how long until the next search, in a network that has no more carriers than these.
export const BOOK_SEARCH_MS_MIN = 60_000
// Per carrier: after a failure it is tried last for so long, doubling.
export const BOOK_FAILED_MS_MIN = 10_000
export const BOOK_FAILED_MS_MAX = 3_600_000
// Per carrier: failures in a row after which it no longer counts as one.
export const BOOK_FAILED_COUNT_MAX = 3
// Served within so long is written at once, and not synced: what is lost is found again.
export const BOOK_SAVE_MS = 10_000

// Fewer other carriers known than these, and everybody carries everything; whoever does so goes on
// until there are as many as the second figure.
export const DUTY_SMALL_CARRIERS = 16
export const DUTY_SMALL_CARRIERS_ENOUGH = 24
// Per shard: fewer other carriers, and a node near it adopts it; what it carries it keeps until
// there are as many as the second figure, so that nobody comes and goes.
export const DUTY_CARRIERS_MIN = 8
export const DUTY_CARRIERS_ENOUGH = 12
// Per shard that is left: of these so many are connected and say so themselves.
export const DUTY_LEAVE_CONNECTED_MIN = 3
// From the nearest shard outwards: after so many in a row with carriers enough nobody looks farther.
export const DUTY_SATISFIED_COUNT_MAX = 4
// Per decision: shards that are adopted, each of which is a reconciliation and a subscription.
export const DUTY_ADOPT_COUNT_MAX = 4
// Per shard: how long it is carried at least.
export const DUTY_STAY_MS_MIN = 3_600_000
// How long after its start a node hears who is there, before it takes up what is not its own.
export const DUTY_SETTLE_MS = 3000
export const DUTY_PERIOD_MS = 60_000
// Of the quota, when a node decides how many shards fit: the rest is for those that grow.
export const DUTY_QUOTA_SHARE = 0.8
// Per shard: what it is taken to need as long as it holds less.
export const DUTY_SHARD_BYTES_MIN = 1_048_576
// A search for carriers counts for a decision for so long.
export const DUTY_SEARCH_MS_MAX = 600_000

// Per shard: other carriers that a node is connected to, if there are as many. Gossip and
// reconciliation need two; one may be lying.
export const PEERING_COUNT_MIN = 3
// Per turn: connections that are tried, and how long each may take.
export const PEERING_DIAL_COUNT_MAX = 4
export const PEERING_DIAL_MS_MAX = 10_000
export const PEERING_PERIOD_MS = 30_000
// Between two searches for more of them, doubling while nobody is found.
export const PEERING_SEARCH_MS_MAX = 3_600_000

// Per shard: provider records hold for 48 hours; renewed well before, and at different times.
export const ANNOUNCE_PERIOD_MS = 72_000_000
// Between two announcements of one node, and after one that failed. Each is some 20 messages.
export const ANNOUNCE_PAUSE_MS = 1000
export const ANNOUNCE_RETRY_MS = 300_000
export const ANNOUNCE_MS_MAX = 60_000

// Per shard: what was accepted within so long goes out as one batch, since a batch costs every
// carrier 0.8 ms, whatever its size.
export const GOSSIP_BATCH_MS = 5
// Per node: bytes that wait to be published; beyond it the oldest go, and reconciliation brings them.
export const GOSSIP_WAITING_BYTES_MAX = 4_194_304
// Per neighbour: envelopes by gossip in a second, and at once. Twice what one author may send; 10 µs
// each to verify. What is beyond is not looked at, and reconciliation brings it.
export const GOSSIP_NOVELTY_PER_SECOND = 5000
export const GOSSIP_NOVELTY_BURST = 20_000
// Per neighbour: drops by gossip in a second, and at once; each costs a signature, 0.1 ms.
export const GOSSIP_DROPS_PER_SECOND = 50
export const GOSSIP_DROPS_BURST = 1000

// How often a carrier compares with others, and with how many of them each time, in turn.
export const RECONCILE_PERIOD_MS = 60_000
export const RECONCILE_TURN_COUNT_MAX = 4
// After a carrier connects: up to so long, so that a returning one is not compared by all at once.
export const RECONCILE_CONNECT_MS_MAX = 2000
// Per node: comparisons with others under way at once, each one exchange and one load at a time.
export const RECONCILE_ACTIVE_COUNT_MAX = 4
// Per carrier: how long until it is asked about shards of which another one is asked just now.
export const RECONCILE_WAIT_MS = 10_000
// Per request of a comparison.
export const RECONCILE_REQUEST_MS_MAX = 20_000
// Per exchange: ids noted to be loaded, 262,144 × 16 B = 4 MiB; the next exchange finds the rest.
export const RECONCILE_NEED_COUNT_MAX = 262_144
// Per load: requests under way at once, 64 KiB each.
export const RECONCILE_LANE_COUNT = 4
// Per comparison: bytes loaded; then the next carrier has its turn, and this one comes again at once.
export const RECONCILE_LOAD_BYTES_MAX = 67_108_864
// Per carrier: comparisons in a row in which it delivers less than half of what it says it holds,
// before that counts as lying. What expires or is dropped meanwhile is less.
export const RECONCILE_BROKEN_COUNT_MAX = 3
// Per carrier and shard: after an exchange that brought nothing, doubling. A full carrier's set
// differs from everybody's for good.
export const RECONCILE_REST_MS_MIN = 60_000
export const RECONCILE_REST_MS_MAX = 3_600_000
// One comparison in so many that finds all equal reconciles one shard all the same: sync.md §4.
export const RECONCILE_AUDIT_PERIOD = 16
// Answering: exchanges per carrier, and in all.
export const RECONCILE_ANSWER_PEER_COUNT_MAX = 4
export const RECONCILE_ANSWER_COUNT_MAX = 32
// Per carrier: what it may have us compute, by the second and at once: 1 for each 64 shards that are
// compared and each 4096 ids of an exchange, 2 ms. In the long run it is a fiftieth of a core.
export const RECONCILE_WORK_PER_SECOND = 8
export const RECONCILE_WORK_BURST = 2048
export const RECONCILE_WORK_IDS = 4096
export const RECONCILE_WORK_SHARDS = 64
// Per carrier: pages of drops in one comparison, in all, and how long until the first one again. What
// an honest carrier remembers are 130 pages.
export const RECONCILE_DROP_PAGE_COUNT_MAX = 64
export const RECONCILE_DROP_PAGE_ALL_COUNT_MAX = 256
export const RECONCILE_DROPS_MS = 21_600_000
// A shard counts as handed over for so long after others were seen to hold all of it.
export const RECONCILE_AGREED_MS = 600_000
// Others that were seen to hold all of it.
export const RECONCILE_AGREED_COUNT_MIN = 2

// How often expired envelopes are removed; they are not served in the meantime.
export const SWEEP_PERIOD_MS = 3_600_000
// Per lookup or publication of an identity record: carriers that are asked, 8 × 16 KiB.
export const RECORD_CARRIERS_COUNT_MAX = 8
// Per carrier that is asked for an identity record: a dead one must not hold up the others.
export const RECORD_REQUEST_MS = 8000

// Per peer: streams of requests. A channel is one, and the one that replaces it may overlap.
export const CHANNEL_STREAMS_MAX = 4

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
// Per home: events that a client which was away can still ask for, 65,536 × 0.1 KiB on disk.
export const EVENTS_KEPT_MAX = 65_536
// Per home: strangers whose messages wait to be accepted; the next one's are not taken in.
export const REQUESTS_COUNT_MAX = 256
// Per stranger: entries taken in before the owner has accepted; the rest stays with the carriers.
export const REQUEST_ENTRIES_MAX = 64
// Per identity: envelopes kept until its device log names the device that sent them, 64 × 64 KiB.
export const HELD_ENVELOPES_COUNT_MAX = 64
// Per conversation: how long what came is gathered before its authors are told, all at once.
export const RECEIPT_DELAY_MS = 300
// Per person: how long after a lookup of their record in vain the next one is made; doubles to the
// second value.
export const LOOKUP_RETRY_MS = 5000
export const LOOKUP_RETRY_MS_MAX = 900_000
// Per person who confirms nothing: how often their record is fetched again, for new devices or another
// shard: a lookup of 16 KiB.
export const REFRESH_RECORD_MS = 21_600_000
// Per home: how often the identity record is published; a tenth of that after a failure.
export const PUBLISH_EVERY_SECONDS = 86_400

// Per carrier: receipts remembered by envelope, 0.3 KiB each; beyond it the oldest is signed again.
export const INTAKE_RECEIPTS_MAX = 4096
// Per request of a peer to another, unless its caller has a shorter time: a slow line moves 64 KiB
// in it, and a dead peer holds nobody up for longer.
export const REQUEST_MS_MAX = 10_000
// Per `load`: ids looked for at a time; their envelopes are in memory together, 1 MiB at the most.
export const LOAD_STEP_COUNT_MAX = 16
// Per `fetch`: reads of the store, each of 256 rows; then the asker asks on. 64 mailboxes take one each.
export const FETCH_STEP_COUNT_MAX = 64
// Per `fetch` of a shard: bytes read to find what is of this shard; 10 ms of disk.
export const FETCH_READ_BYTES_MAX = 4_194_304
// Per peer and in all: watches of arrivals, 3 KiB each where 64 mailboxes are watched. The next one is
// refused as full.
export const WATCHES_PEER_COUNT_MAX = 8
export const WATCHES_COUNT_MAX = 1024
// Per carrier: watches that catch up from the store at once, each with 64 KiB in memory; others wait.
export const WATCH_READS_MAX = 16
// Per watch whose notice found no room in the channel: until it is tried again.
export const WATCH_RETRY_MS = 1000
// Per watcher: watches that it may have open with carriers, and unread notices of each are 16.
export const WATCHING_COUNT_MAX = 256
// Per carrier: identity records kept for others, 16,384 of 4 KiB.
export const RECORDS_BYTES_MAX = 67_108_864
// Per peer: records that it has brought, 64 of the largest size, which is a person's doors of a month.
export const RECORDS_PEER_BYTES_MAX = 1_048_576
// Per carrier, and per peer of it: blobs kept for others.
export const BLOBS_BYTES_MAX = 1_073_741_824
export const BLOBS_PEER_BYTES_MAX = 67_108_864
// Per blob: the least that it counts for in a quota, so that 65,536 are the most, 0.4 KiB of memory each.
export const BLOB_CHARGE_BYTES_MIN = 16_384
// Per carrier, and per peer of it: blobs that are pulled at once, up to 1 MiB of memory each.
export const BLOB_PULLS_MAX = 16
export const BLOB_PULLS_PEER_MAX = 4
// Per blob: how long a carrier keeps it at the most, whatever is asked for.
export const BLOB_KEEP_SECONDS_MAX = 31_536_000
// Per offer: until the carrier must have pulled all of it, 1 MiB over a slow line.
export const BLOB_OFFER_MS_MAX = 120_000
// Per node: blobs that it offers at once, each to be pulled by one carrier; the next one waits.
export const BLOB_OFFERS_MAX = 64
// Per ping of a contact: carriers of its shard that are asked.
export const PING_CARRIERS_MAX = 8
// Per daemon: kinds of failures that are remembered as said; beyond it all are said again.
export const LOG_KINDS_MAX = 256
