// What we chose for the courier.

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
// Per message: receipts kept, 8 x 246 B; 3 of distinct carriers count as stored.
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
// Stored and not confirmed: how long until it is sent again, then 4 times as long: 5 times in 30 days.
// Whoever signs and drops delays a message by an hour.
export const COURIER_RESEND_MS = 3_600_000
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
