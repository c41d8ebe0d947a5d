// What we chose for carriers that compare what they hold.

// How often a carrier compares with others, and with how many of them each time, in turn.
export const RECONCILE_PERIOD_MS = 60_000
export const RECONCILE_TURN_COUNT_MAX = 4
// After a carrier connects: up to so long, so that a returning one is not compared by all at once.
// The first one that it dials itself is asked at once.
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
