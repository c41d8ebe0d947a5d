// What we chose for the messenger.

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
// Per step of taking in what arrived: bytes of envelopes that share one write: 400 messages of 512 B,
// 10 ms. Others have their turn between two steps.
export const MESSENGER_ARRIVALS_BYTES_MAX = 262_144
// Per lookup or publication of an identity record: carriers that are asked, 8 × 16 KiB.
export const RECORD_CARRIERS_COUNT_MAX = 8
// Per carrier that is asked for an identity record: a dead one must not hold up the others.
export const RECORD_REQUEST_MS = 8000
// Per home: events that a client which was away can still ask for, 65,536 × 0.1 KiB on disk.
export const EVENTS_KEPT_MAX = 65_536
// Per home: rows of events that stay in memory for those who watch: 16 × 256 × 0.1 KiB at the most.
export const EVENT_ROWS_REMEMBERED_MAX = 16
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
// Per home: how often the identity record is published: a few requests of 16 KiB.
export const PUBLISH_EVERY_SECONDS = 86_400
// Per home: how soon it is tried again when nobody has taken the record, and how late at the most;
// twice as late each time. Until it is taken nobody can write first to somebody who is away.
export const PUBLISH_AGAIN_SECONDS_MIN = 2
export const PUBLISH_AGAIN_SECONDS_MAX = 60
// Per message: how many may be missing before it until it waits for them. What only one other way
// overtook stays below; what a carrier hands over in no order does not.
export const EARLY_SKIP_MAX = 32
// How long after the last arrival those that wait are opened all the same, and after the first one:
// what is missing then is asked for.
export const EARLY_QUIET_MS = 1500
export const EARLY_WAIT_MS = 60_000
// Per home: envelopes that wait for those before them, and bytes of them; then they are opened.
export const EARLY_COUNT_MAX = 65_536
export const EARLY_BYTES_MAX = 100_663_296
