// What the specification fixes. Editing this file edits the wire: docs/spec/ changes with it.

/** envelope.md §1: header, then the sealed body; total sizes are these and nothing else. */
export const ENVELOPE_VERSION = 1
export const ENVELOPE_HEADER_BYTES = 47
export const BUCKETS_BYTES = [1024, 4096, 16384, 65536] as const
export type BucketBytes = (typeof BUCKETS_BYTES)[number]

/** envelope.md §2: a timestamp is rounded down to this. */
export const TIMESTAMP_STEP_SECONDS = 600
/** envelope.md §4: how far ahead of the reader's clock a timestamp may be. */
export const TIMESTAMP_AHEAD_SECONDS_MAX = 86_400

export const DAY_SECONDS = 86_400
export const ID_BYTES = 32
/** sync.md §2: the end of an id; its beginning is shaped by postage. */
export const SHORT_ID_BYTES = 16
