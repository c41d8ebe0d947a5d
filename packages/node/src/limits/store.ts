// What we chose for the store of envelopes.

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
