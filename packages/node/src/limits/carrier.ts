// What we chose for what carriers know of each other.

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
// Per shard that holds something: how long it is carried at least.
export const DUTY_STAY_MS_MIN = 3_600_000
// Per decision: shards without an envelope that are left. All 256 are left within 16 minutes, slowly
// enough for others to see who goes.
export const DUTY_LEAVE_EMPTY_COUNT_MAX = 16
// How long after its start a node hears who is there, before it takes up what is not its own.
export const DUTY_SETTLE_MS = 3000
export const DUTY_PERIOD_MS = 60_000
// Of the quota, when a node decides how many shards fit: the rest is for those that grow.
export const DUTY_QUOTA_SHARE = 0.8
// Per shard: what it is taken to need as long as it holds less.
export const DUTY_SHARD_BYTES_MIN = 1_048_576
// A search for carriers counts for a decision for so long.
export const DUTY_SEARCH_MS_MAX = 600_000
// Per shard: other carriers that a node is connected to, if there are as many; with those that
// connect to it twice as many. Reconciliation needs two, and one may be lying. With 3 a message took
// one neighbour more to all of 65 carriers: 456 ms and not 404 in the simulator, for three quarters
// of the traffic.
export const PEERING_COUNT_MIN = 4
// Per turn: connections that are tried, and how long each may take.
export const PEERING_DIAL_COUNT_MAX = 4
export const PEERING_DIAL_MS_MAX = 10_000
export const PEERING_PERIOD_MS = 30_000
// Between two searches for more of them, doubling while nobody is found.
export const PEERING_SEARCH_MS_MAX = 3_600_000
// Per node: shards of others, to which it has delivered within a week, whose first carriers stay
// connected: 16 connections at the most, and an envelope is there three round trips earlier.
export const PEERING_WARM_SHARD_COUNT_MAX = 8
export const PEERING_WARM_COUNT = 2
export const PEERING_WARM_MS_MAX = 604_800_000
// One of these that could not be reached: how long another one is kept instead.
export const PEERING_MISSED_MS = 600_000
// Per shard: provider records hold for 48 hours; renewed well before, and at different times.
export const ANNOUNCE_PERIOD_MS = 72_000_000
// Between two announcements of one node, and after one that failed. Each is some 20 messages.
export const ANNOUNCE_PAUSE_MS = 1000
export const ANNOUNCE_RETRY_MS = 300_000
export const ANNOUNCE_MS_MAX = 60_000
// Per shard: what was accepted within so long goes out as one batch, since a batch costs every
// carrier 0.8 ms, whatever its size.
export const GOSSIP_BATCH_MS = 5
// Over how long those to whom the same envelope was pushed spread their batches, by chance: on a near
// network all but the first find that it has been told. Of the 500 ms that a message may take.
export const GOSSIP_SPREAD_MS = 20
// Per node: bytes that wait to be published; beyond it the oldest go, and reconciliation brings them.
export const GOSSIP_WAITING_BYTES_MAX = 4_194_304
// Per peer: pages of the store that it may have us look through in vain, by the second and at once;
// 0.8 ms each, so a twentieth of a core in the long run. Then it hears `busy`.
export const READ_STEPS_PER_SECOND = 64
export const READ_STEPS_BURST = 2048
// What a lookup that finds nothing counts for of such a page.
export const READ_LOOKUP_STEPS = 1 / 16
// Per peer: questions who carries a shard, by the second and at once, as many as there are shards
// twice; some ms each where many carriers are known.
export const CARRIERS_ASKED_PER_SECOND = 8
export const CARRIERS_ASKED_BURST = 512
// Per neighbour: envelopes by gossip in a second, and at once. Twice what one author may send; 10 µs
// each to verify. What is beyond is not looked at, and reconciliation brings it.
export const GOSSIP_NOVELTY_PER_SECOND = 5000
export const GOSSIP_NOVELTY_BURST = 20_000
// Per neighbour: drops by gossip in a second, and at once; each costs a signature, 0.1 ms.
export const GOSSIP_DROPS_PER_SECOND = 50
export const GOSSIP_DROPS_BURST = 1000
