// What the specification fixes. Editing this file edits the wire: docs/spec/ changes with it.

/** envelope.md §1: header, then the sealed body; total sizes are these and nothing else. */
export const ENVELOPE_VERSION = 1
export const ENVELOPE_HEADER_BYTES = 47
/** envelope.md §1: what is before the postage nonce; the sealed body is bound to it. */
export const ENVELOPE_BOUND_BYTES = 39
export const POSTAGE_NONCE_BYTES = 8
export const BUCKETS_BYTES = [1024, 4096, 16384, 65536] as const
export type BucketBytes = (typeof BUCKETS_BYTES)[number]

/** envelope.md §2: a timestamp is rounded down to this. */
export const TIMESTAMP_STEP_SECONDS = 600
/** envelope.md §4: how far ahead of the reader's clock a timestamp may be. */
export const TIMESTAMP_AHEAD_SECONDS_MAX = 86_400

/** envelope.md §5: a content's length, before the content and its filler. */
export const PADDING_LENGTH_BYTES = 4
/** postage.md §1: the product saturates here, the largest integer that every language counts to. */
export const TRIALS_EXPECTED_MAX = 2 ** 53 - 1

export const DAY_SECONDS = 86_400
export const ID_BYTES = 32
/** sync.md §2: the end of an id; its beginning is shaped by postage. */
export const SHORT_ID_BYTES = 16

/** link.md §1. Kind 4 is reserved for rooms. */
export const LINK_KINDS = { contact: 1, network: 2, device: 3 } as const
export const LINK_CHARACTERS_MAX = 2048
export const LINK_CHECKSUM_BYTES = 4

/** mailbox.md §2 and §3: Tor's daily period, which begins at noon UTC. */
export const DOOR_PERIOD_MINUTES = 1440
export const DOOR_ROTATION_MINUTES = 720
export const DOOR_SECRET_BYTES = 32
/** mailbox.md §5. */
export const WARRANT_VERSION = 1
export const WARRANT_BYTES = 166

/** identity.md §1. */
export const ROOT_ENTROPY_BYTES = 32
export const WORDS_COUNT = 24
/** identity.md §3: `ez`, `1`, 52 characters of key, 6 of checksum. */
export const ADDRESS_PREFIX = 'ez'
export const ADDRESS_CHARACTERS = 61
