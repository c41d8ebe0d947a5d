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
/** envelope.md §3: how far ahead of the reader's clock a timestamp may be. */
export const TIMESTAMP_AHEAD_SECONDS_MAX = 86_400

/** envelope.md §5: a content's length, before the content and its filler. */
export const PADDING_LENGTH_BYTES = 4
/** postage.md §3: an effort saturates here, the largest integer that every language counts to. */
export const EFFORT_MAX = 2 ** 53 - 1

export const DAY_SECONDS = 86_400
export const ID_BYTES = 32
/** sync.md §2: the end of an id; its beginning is shaped by postage. */
export const SHORT_ID_BYTES = 16

/** sync.md §3: what every message of an exchange obeys. */
export const SYNC_VERSION = 1
export const SYNC_MESSAGE_BYTES_MAX = 65_536
export const SYNC_SALT_BYTES = 16
export const SYNC_FINGERPRINT_BYTES = 16
export const SYNC_DAYS_MAX = 400
/** sync.md §5: a coded symbol is sum (16), checksum (8) and count (1). */
export const SYNC_SYMBOL_BYTES = 25
export const SYNC_BATCH_SYMBOLS_MAX = 2_400
export const SYNC_SYMBOLS_MAX = 131_072
/** sync.md §6: short ids in one message. */
export const SYNC_PAGE_IDS_MAX = 3_900

/** link.md §1. */
export const LINK_KINDS = { contact: 1, network: 2, device: 3, room: 4, group: 5 } as const
export const LINK_CHARACTERS_MAX = 2048
export const LINK_CHECKSUM_BYTES = 4

/** mailbox.md §2 and §3: Tor's daily period, which begins at noon UTC. */
export const DOOR_PERIOD_MINUTES = 1440
export const DOOR_ROTATION_MINUTES = 720
export const DOOR_SECRET_BYTES = 32
/** mailbox.md §5. */
export const WARRANT_VERSION = 1
export const WARRANT_BYTES = 166
/** mailbox.md §6. */
export const DROP_VERSION = 1
export const DROP_IDS_MAX = 256
/** Head, the ids, the signer's kind, a warrant, the signature. */
export const DROP_BYTES_MAX = 72 + DROP_IDS_MAX * 32 + 1 + WARRANT_BYTES + 64

/** receipts.md §1 and §3. */
export const RECEIPT_VERSION = 1
export const RECEIPT_SALT_BYTES = 16
/** Version, envelope id, until when, the carrier's key, the salt. */
export const RECEIPT_PROMISE_BYTES = 1 + 32 + 4 + 32 + RECEIPT_SALT_BYTES
/** Of eight leaves: the last place, and the hashes beside the way to the root. */
export const RECEIPT_LEAVES_MAX = 8
export const RECEIPT_PLACE_MAX = 2 * RECEIPT_LEAVES_MAX - 1
export const RECEIPT_PATH_BYTES = 3 * 32
export const RECEIPT_BYTES = RECEIPT_PROMISE_BYTES + 1 + RECEIPT_PATH_BYTES + 64
/** How much shorter than an envelope's life a promise may be and still count. */
export const RECEIPT_SLACK_SECONDS = 3600

/** network.md §1. */
export const NETWORK_VERSION = 1
export const NETWORK_NAME_BYTES_MAX = 64
export const SHARD_BITS_MAX = 8
export const TTL_DAYS_MAX = 365
export const NETWORK_BYTES_MAX = 1 + 2 + NETWORK_NAME_BYTES_MAX + 1 + 2 + 4 + 1 + 1 + 32
/** network.md §4. */
export const NETWORK_INVITE_VERSION = 1
export const BOOTSTRAPS_MAX = 8
export const MULTIADDR_CHARACTERS_MAX = 128

/** identity.md §1. */
export const ROOT_ENTROPY_BYTES = 32
export const WORDS_COUNT = 24
/** identity.md §3: `ez`, `1`, 52 characters of key, 6 of checksum. */
export const ADDRESS_PREFIX = 'ez'
export const ADDRESS_CHARACTERS = 61
/** link.md §4. */
export const INVITE_VERSION = 1
export const INVITE_TOKEN_BYTES = 16
export const INVITE_NAME_BYTES_MAX = 64
export const INVITE_BYTES_MAX = 707
/** link.md §5. */
export const HINTS_MAX = 4
export const HINT_BYTES_MAX = 128

/** stem.md §2: the messages between neighbours on a stem. */
export const STEM_VERSION = 1
export const STEM_KINDS = { relay: 1, receipts: 2, refuse: 3 } as const
export const STEM_REFUSALS = { busy: 1, untimely: 2 } as const
export const STEM_RECEIPT_COUNT_MAX = 8
export const STEM_RECEIPT_BYTES_MAX = 256

/** requests.md §2: lists of envelopes and of drops. */
export const REQUEST_ENVELOPES_MAX = 64
export const REQUEST_ENVELOPES_BYTES_MAX = 65_536
export const REQUEST_DROPS_MAX = 255
/** requests.md §3: one bit for each shard that there can be. */
export const SHARD_MAP_BYTES = 32
/** requests.md §4. */
export const PUSH_OUTCOMES = { receipt: 1, dropped: 2, refused: 3 } as const
export const PUSH_ANSWER_BYTES_MAX = 66_000
/** requests.md §5. */
export const LOAD_IDS_MAX = 1024
/** requests.md §6. */
export const SELECTORS = { mailboxes: 1, prefix: 2, shard: 3 } as const
export const SELECTOR_MAILBOXES_MAX = 64
export const SELECTOR_PREFIX_BYTES_MAX = 31
export const CURSOR_BYTES_MAX = 96
/** requests.md §7: notices that a watcher may not have confirmed yet. */
export const WATCH_WINDOW_NOTICES = 16
/** requests.md §8. */
export const DROPS_POSITION_BYTES_MAX = 96
export const DROPS_ANSWER_BYTES_MAX = 66_000
/** requests.md §9. */
export const CARRIERS_MAX = 16
/** requests.md §11. */
export const BLOB_BYTES_MAX = 1_048_576
export const BLOB_PIECE_BYTES_MAX = 65_536
export const BLOB_VERDICTS = { wanted: 1, held: 2 } as const
/** requests.md §12. */
export const GOSSIP_BATCH_BYTES_MAX = 131_072
export const GOSSIP_ENVELOPES_MAX = 120

/** session.md §1. X25519 and ML-KEM-768, SHA-256, ChaCha20-Poly1305. */
export const SESSION_SUITE = 1
export const DEVICE_ID_BYTES = 16
/** session.md §2. */
export const PREKEYS_VERSION = 1
export const ONE_TIME_PREKEYS_MAX = 32
export const PREKEY_LIFE_SECONDS = 90 * DAY_SECONDS
/** session.md §3. */
export const HANDSHAKE_VERSION = 1
export const HANDSHAKE_PROOF_BYTES_MAX = 1024
/** session.md §5. */
export const SESSION_VERSION = 1
export const SESSION_HEADER_BYTES = 70
export const SESSION_SALT_BYTES = 12
export const SESSION_TRACE_BYTES = 16
/** session.md §6: what one message may skip, so that it cannot cost more than 2,000 hashes. */
export const SESSION_SKIP_MAX = 1000
/** session.md §9. */
export const RESEND_REFERENCES_MAX = 64
export const REFERENCE_BYTES = 16

/** group.md §1: one signed step of a group's membership. */
export const GROUP_OP_VERSION = 1
export const GROUP_PARENTS_MAX = 8
export const GROUP_SALT_BYTES = 16
export const GROUP_NAME_BYTES_MAX = 128
export const GROUP_PICTURE_BYTES_MAX = 512
export const GROUP_ADDED_MAX = 64
export const GROUP_INVITE_USES_MAX = 1000
/** An add of 64 members is the longest: 96 + 8 * 32 + 50 + 64 * 33, and a signature. */
export const GROUP_OP_BYTES_MAX = 2600
/** group.md §3: part of what makes an operation right or wrong, the same for every reader. */
export const GROUP_MEMBERS_MAX = 1000
export const GROUP_PAST_MAX = 4096
/** Of these, the last are for operations that take away: a removal is always possible. */
export const GROUP_PAST_RESERVED = 256

/** group.md §2. */
export const GROUP_LINK_VERSION = 1

/** group.md §6: rotations. */
export const ROTATION_VERSION = 1
export const GROUP_SUITE = 1
export const GROUP_TAG_BYTES = 4
export const GROUP_SLOT_BYTES = 48
export const GROUP_PSK_ID_BYTES = 16
/** Up to so many devices get the root in their sessions, above it in a slot of the rotation. */
export const GROUP_PAIRWISE_DEVICES_MAX = 32
export const ROTATION_PARENTS_MAX = 8
/** One part holds the slots of all; where there are more, each part holds so many. */
export const ROTATION_PART_SLOTS_MAX = 1200
export const ROTATION_PART_SLOTS = 800
export const ROTATION_PARTS_MAX = 6
export const ROTATION_DEVICES_MAX = ROTATION_PART_SLOTS * ROTATION_PARTS_MAX
/** group.md §8: messages. */
export const GROUP_MESSAGE_VERSION = 1
export const GROUP_HEADER_BYTES = 18
export const GROUP_SKIP_MAX = 1000

/** room.md §1: Argon2id; a guess costs 64 MiB and a quarter of a second. */
export const ROOM_MEMORY_KIB = 65_536
export const ROOM_PASSES = 3
export const ROOM_NAME_BYTES_MAX = 128
export const ROOM_PASSPHRASE_BYTES_MAX = 1024
/** room.md §2. */
export const ROOM_LINK_VERSION = 1
/** room.md §3: the day on which every room's chain of keys begins, 2026-01-01. */
export const ROOM_FIRST_DAY = 20_454
/** room.md §4. */
export const ROOM_VERSION = 1
export const ROOM_SUITE = 1
export const ROOM_ALIAS_BYTES_MAX = 64
export const ROOM_TEXT_BYTES_MAX = 8192
export const ROOM_TAG_BYTES = 8
/** room.md §5: what is shown of a visitor from whom nothing comes. */
export const ROOM_HERE_SECONDS = 300
export const ROOM_SILENT_SECONDS = 900

/** device-log.md §1. */
export const DEVICE_LOG_VERSION = 1
export const DEVICE_NAME_BYTES_MAX = 32
export const DEVICE_LOG_ENTRY_BYTES_MAX = 270
/** device-log.md §2: part of what makes a log right or wrong, the same for every reader. */
export const DEVICES_MAX = 16
export const ENTRIES_PER_DEVICE_MAX = 64
export const DEVICE_LOG_ENTRIES_MAX = 1024
/** device-log.md §3 and §4. */
export const DEVICE_LOG_BYTES_MAX = 2 + 1024 * 272
export const FORK_EVIDENCE_VERSION = 1
export const FORK_EVIDENCE_BYTES_MAX = 1 + DEVICE_LOG_BYTES_MAX + 2 * 272

/** record.md §2: total sizes, so that how much is inside shows as little as possible. */
export const RECORD_VERSION = 1
export const RECORD_SIZES_BYTES = [4096, 8192, 16384] as const
/** record.md §3: how many door periods a record may serve those who look back for it. */
export const RECORD_PERIODS_MAX = 31
/** record.md §4. */
export const RECORD_NAME_BYTES_MAX = 64
export const RECORD_PREKEYS_BYTES_MAX = 3072

/** device.md §1. */
export const DEVICE_LINK_VERSION = 1
export const DEVICE_LINK_BYTES_MAX = 658
/** How long a link to a new device may hold: it is a door into the identity. */
export const DEVICE_LINK_LIFE_SECONDS_MAX = 3600
export const LINK_NONCE_BYTES = 32
export const LINK_CODE_DIGITS = 6
/** device.md §3. */
export const GRANT_VERSION = 1
export const GRANT_PART_BYTES = 49_152
export const GRANT_PARTS_MAX = 8
export const GRANT_DOORS_MAX = 16
export const GRANT_WARRANTS_MAX = 512
export const GRANT_SNAPSHOT_BYTES_MAX = 1024
/** device.md §5: what shows a device's peer whose it is. */
export const DEVICE_PROOF_VERSION = 1
export const LOG_HEADS_VERSION = 1
/** device.md §6. */
export const OWN_MESSAGE_VERSION = 1
export const OWN_CONTENT_BYTES_MAX = 49_152
export const OWN_REGISTERS_MAX = 256
export const OWN_CONVERSATIONS_MAX = 512
/** device.md §7. */
// parcel.md
export const PARCEL_ITEMS_MAX = 128
export const INTRODUCTION_VERSION = 1

export const REGISTER_VERSION = 1
export const REGISTER_KEY_BYTES_MAX = 64
export const REGISTER_VALUE_BYTES_MAX = 4096
export const REGISTER_FIELDS_MAX = 32
export const SETTING_NAME_CHARACTERS_MAX = 32

/** identity.md §4. */
export const SAFETY_NUMBER_ROUNDS = 5200
export const SAFETY_NUMBER_GROUP_DIGITS = 5
export const SAFETY_NUMBER_GROUPS = 12

/** conversation.md §1. */
export const ENTRY_VERSION = 1
export const ENTRY_ID_BYTES = 16
export const ENTRY_PARENTS_MAX = 8
export const SEQUENCE_MAX = 2 ** 53 - 1
/** What is kept, so that it fits into the largest envelope with room to spare. */
export const ENTRY_CONTENT_BYTES_MAX = 49_152
/** What passes by: an answer holds one kept entry of any size. */
export const PASSING_CONTENT_BYTES_MAX = 57_344
/** conversation.md §1: kinds from here on pass by and are not kept. */
export const PASSING_KIND_LEAST = 0x8000
/** conversation.md §5: how far a clock may lead ours before it is held back. */
export const CLOCK_AHEAD_MS_MAX = 300_000
/** conversation.md §7: beside a kept entry, what shows that it is its author's. */
export const ENTRY_PROOF_BYTES_MAX = 1024
export const REQUEST_RANGES_MAX = 32
export const REQUEST_HASHES_MAX = 64
export const ANSWER_ENTRIES_MAX = 128

/** kinds.md §1. */
export const ENTRY_KINDS = {
  text: 1,
  reaction: 2,
  edit: 3,
  delete: 4,
  file: 5,
  profile: 6,
  timer: 7,
  membership: 8,
  rotation: 9,
  readState: 10,
  contact: 11,
  setting: 12,
  receipt: 0x8001,
  call: 0x8002,
  request: 0x8003,
  answer: 0x8004,
} as const
export const TEXT_BYTES_MAX = 32_768
export const MENTIONS_MAX = 32
export const EMOJI_BYTES_MAX = 32
export const FILE_NAME_BYTES_MAX = 255
export const MEDIA_TYPE_CHARACTERS_MAX = 127
export const FILE_MANIFEST_BYTES_MAX = 8192
export const CAPTION_BYTES_MAX = 4096
export const PROFILE_NAME_BYTES_MAX = 64
export const DISAPPEAR_SECONDS_MAX = 31_536_000
export const RECEIPT_RANGES_MAX = 64
export const CALL_ID_BYTES = 16

/** channel.md §1: length, kind, id, method or status; then the body. */
export const FRAME_HEADER_BYTES = 11
export const FRAME_KINDS = { request: 1, notice: 2, cancel: 3, answer: 4 } as const
/** channel.md §1: 64 KiB of what is carried, and what is said about it. */
export const FRAME_BODY_BYTES_MAX = 69_632
/** channel.md §3: what may be under way on a channel, counted with the largest answers. */
export const CHANNEL_WINDOW_REQUESTS = 32
export const CHANNEL_WINDOW_BYTES = 2_097_152
/** channel.md §3: what an asker keeps to, in a second or a minute over time, and at once. */
export const CHANNEL_ASK_FRAMES = { perSecond: 1800, burst: 2000 } as const
export const CHANNEL_ASK_NOTICES = { perSecond: 90, burst: 200 } as const
export const CHANNEL_ASK_OPENINGS = { perSecond: 5 / 60, burst: 6 } as const
/** channel.md §4. What is not listed is from a later version, or a status of errors.md from 256 on. */
export const CHANNEL_STATUSES = { ok: 0, busy: 1, unknownMethod: 2, failed: 3, full: 4 } as const
/** channel.md §4: within this, a request is answered in one way or another. */
export const CHANNEL_ANSWER_SECONDS = 60
