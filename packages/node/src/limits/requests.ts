// What we chose for what carriers answer.

// Per carrier: receipts remembered by envelope, 0.4 KiB each; beyond it the oldest is signed again.
export const INTAKE_RECEIPTS_MAX = 4096
// Per request: signatures from which on they are made in other threads. The way there and back takes
// as long as two signatures.
export const INTAKE_SIGN_ELSEWHERE_MIN = 4
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
