// What we chose, not what the specification fixes. docs/limits.md lists these.

// Twenty-four words of eight letters are 215 characters; the rest is white space.
export const WORDS_CHARACTERS_MAX = 1024
// Per mistyped word; each letter of it costs a pass over 2,048 listed words.
export const WORD_CHARACTERS_MAX = 16
// Farther than this, a suggestion is a guess.
export const SUGGESTION_DISTANCE_MAX = 2

// Our own mailboxes in memory: 2,000 lanes with 100 days each. About 250 B an entry: 64 MiB.
export const MAILBOX_BOOK_ENTRIES_MAX = 262_144
// Of all mailboxes together: 260,000 ids, 260 MiB when decoded and indexed. Beyond it, what covers
// least of what the carrier holds or held, per byte, goes first, so that strangers fill nothing.
export const DROPS_REMEMBERED_BYTES_MAX = 8_388_608

/**
 * How long a node keeps its role and its two stem peers. Longer shows a neighbour more of one
 * route, shorter shows one author to more neighbours.
 */
export const STEM_EPOCH_MS = 600_000
/**
 * Per epoch, either way: nodes that change at the same moment could be told from those that do not.
 */
export const STEM_EPOCH_SPREAD_MS = 30_000
/**
 * Share of epochs in which a node delivers what others hand it: 5 links on average, one in five
 * nodes.
 */
export const STEM_DELIVERER_SHARE = 0.2
/**
 * Per node and envelope, before anything is sent on. Six holds and five links of 100 ms are 1.1 s;
 * composing and relaying take the same time to an onlooker.
 */
export const STEM_HOLD_MS_MEAN = 100
/** Cuts the tail of the hold: 1 in 22,000 envelopes would wait longer at a node. */
export const STEM_HOLD_MS_MAX = 1000
/**
 * No embargo ends earlier: 99 in 100 receipts are back by then, and an author who delivers for
 * nothing shows itself for nothing.
 */
export const STEM_EMBARGO_MS_MIN = 8000
/**
 * Mean of the first embargo, least time included: how long a black hole delays an envelope at most,
 * on average.
 */
export const STEM_EMBARGO_MS_MEAN = 40_000
/**
 * Ceiling of an embargo, which doubles each time it ends in vain: an author without a network tries
 * 4 times an hour.
 */
export const STEM_EMBARGO_MS_MAX = 900_000
/**
 * Per envelope of others: after so many embargoes in vain it is given up, since every node before
 * us has its own.
 */
export const STEM_EMBARGO_COUNT_MAX = 3
/**
 * Per envelope: answers to a refusal or a failed delivery before the embargo; more would be a loop
 * with the refuser.
 */
export const STEM_RETRY_COUNT_MAX = 2
/**
 * Per epoch: stem peers drawn in place of lost ones. Who makes our peers vanish gets at most 2 + 4
 * chances to be drawn.
 */
export const STEM_REPLACEMENT_COUNT_MAX = 4
/**
 * Per epoch: neighbours with a route of their own, 1024 × 0.1 KiB; later ones share one route, so
 * that flapping gains nothing.
 */
export const STEM_MAPPING_COUNT_MAX = 1024
/**
 * Neighbours that a node keeps count of, 1024 × 0.2 KiB; more than any connection limit. For a new
 * one, of those who left in this epoch the fullest bucket goes; if all are there it takes no part.
 */
export const STEM_PEER_COUNT_MAX = 1024
/**
 * Charged per envelope beside its bytes, for what is remembered about it: small ones must not be
 * cheaper than they are.
 */
export const STEM_ENTRY_BYTES = 2048
/**
 * Envelopes of others awaiting receipts, in all; beyond it the neighbour that holds most of it is
 * refused or loses its newest.
 */
export const STEM_POOL_BYTES_MAX = 16_777_216
/**
 * The same per neighbour: 682 of 1 KiB or 31 of 64 KiB; at 2 s to a receipt three times the rate
 * limit.
 */
export const STEM_POOL_PEER_BYTES_MAX = 2_097_152
/**
 * Own envelopes awaiting receipts; beyond it the courier, whose outbox is on disk, submits again
 * later.
 */
export const STEM_OWN_BYTES_MAX = 8_388_608
/**
 * Per envelope: neighbours that handed it to us and get its receipts, 16 × 0.3 KiB; more are
 * refused. Whoever counts the refusals to find out who knows an envelope needs so many connections
 * to each suspect.
 */
export const STEM_UPSTREAM_COUNT_MAX = 16
/**
 * Return routes and ids kept after the receipts came, at most 2048 × 8 KiB = 16 MiB; the oldest go
 * first.
 */
export const STEM_MEMORY_COUNT_MAX = 2048
/**
 * How long they are kept: a second and third receipt follow the first within seconds, a late
 * embargo upstream within minutes.
 */
export const STEM_MEMORY_MS = 600_000
/**
 * Per envelope: signatures checked at the wish of neighbours, twice the receipts that are passed
 * on; 2 ms of CPU.
 */
export const STEM_VERIFICATION_COUNT_MAX = 16
/**
 * Per neighbour: messages per second in the long run, 100 × (hash + postage check) = 1 % of a core
 * for small envelopes.
 */
export const STEM_MESSAGES_PER_SECOND = 100
/**
 * Per neighbour: messages at once, a fan-out to all devices of a family of chats; beyond it relays
 * are refused as busy.
 */
export const STEM_MESSAGES_BURST = 400
/** Per neighbour and epoch: messages over the rate before it is penalised and read no further. */
export const STEM_STRIKE_COUNT_MAX = 64
/**
 * Per stem peer: embargoes in a row that end without one receipt through it. An honest one brings
 * receipts in the end.
 */
export const STEM_SILENCE_COUNT_MAX = 8
/**
 * Per stem peer: refusals in a row without one receipt through it. A busy one recovers, one that
 * refuses all does not.
 */
export const STEM_REFUSAL_COUNT_MAX = 8

// One exchange, each side: 2 Mi ids are 64 MiB while it lasts, and 2 GiB or more of envelopes.
export const SYNC_ITEMS_MAX = 2_097_152
// All exchanges of a host together: two of the largest, 128 MiB. Beyond it an exchange is refused.
export const SYNC_ITEMS_ALL_MAX = 4_194_304
// Per exchange, between two messages: a peer that falls silent keeps up to 64 MiB of ours so long.
export const SYNC_IDLE_MS_MAX = 30_000
// Per exchange, in all: 2 Mi ids are 1,100 messages, half a second each. Then it is refused.
export const SYNC_EXCHANGE_MS_MAX = 600_000
// Symbols in the first batch: 256 are 6.4 KB and find 100 differences in all but 4 of 30,000
// exchanges; the others take a second batch.
export const SYNC_FIRST_SYMBOLS_MIN = 256
// The same for a day that is only audited: 800 B, which find 10 differences 98 times in 100.
export const SYNC_AUDIT_SYMBOLS = 32
// One exchange in so many reconciles a day whose digests are equal. At one exchange a minute, a
// forged sum is found in 16 minutes times the days that a shard holds, on average.
export const SYNC_AUDIT_PERIOD = 16
// A day whose counts differ by a third is listed: symbols would be more bytes than its ids.
export const SYNC_LIST_FRACTION = 3
// Per look-up among ids from a peer, who knows the key of their hashes; then the exchange ends. In
// a table half full, 64 probes in vain do not happen by chance, and cost 1 µs.
export const SYNC_PROBES_MAX = 64

// Per postage worker; 64 × 0.2 KiB, and 64 times the wait of one. The next one is refused.
export const POSTAGE_TASKS_MAX = 64
// Per turn of a search: 25 ms at 2.6 M/s, which is how long a cancellation may wait.
export const POSTAGE_TURN_TRIALS = 65_536

// A prekey is published for a week, so that a stolen device gives away no more first messages.
export const PREKEY_ROTATION_SECONDS = 604_800
// How long somebody may use prekeys that they fetched earlier.
export const PREKEY_CACHE_SECONDS = 604_800
// Per device: more than a year of weeks, 66 KB each at most; beyond it the oldest is forgotten.
export const PREKEY_GENERATIONS_MAX = 64
// On top of the time to live: clocks that are off by a day, and a day at sea.
export const LATE_SLACK_SECONDS = 172_800
// Per prekey; 32 B each. At half of it a new prekey is due, beyond it the oldest is forgotten.
export const HANDSHAKES_REMEMBERED_MAX = 4096
// Skipped message keys, about 150 B each: per chain, and per session (300 KB).
export const SKIPPED_PER_CHAIN_MAX = 1000
export const SKIPPED_MAX = 2000
// Chains with skipped keys. Bytes that nobody can open cost one trial for each: 0.5 ms in all.
export const SKIPPED_CHAINS_MAX = 64
// Keys in one stored record, so that a late message writes 1.3 KB and not everything.
export const SKIPPED_BLOCK_KEYS = 32
// Starts of the peer's program that a session remembers, 12 B each.
export const INCARNATIONS_MAX = 64
// When a KEM step is due: after so many messages both ways, or so long.
export const KEM_STEP_MESSAGES = 50
export const KEM_STEP_SECONDS = 604_800
// Per pair of devices: sessions that are kept to receive only, 1 KB each without skipped keys.
export const OLD_SESSIONS_MAX = 4
// Renewals of one pair: five minutes apart, then doubling to a day. One costs a 4 KiB envelope.
export const RENEWAL_SECONDS_MIN = 300
export const RENEWAL_SECONDS_MAX = 86_400
// Two first messages may cross for so long before a second session is taken for a broken first.
export const CROSSING_SECONDS = 86_400
// A peer that still writes in an older session after so long has lost the newer one: if it knew
// that the newer one is to be used, and if it may not have heard so yet.
export const STRAY_SECONDS = 3600
export const STRAY_UNSURE_SECONDS = 172_800
// Nothing heard for so long, though written to: the next message comes with a handshake, since both
// sides may have lost what the other one has. Costs 4 KiB and a line for a peer that was only away.
export const SILENCE_SECONDS = 604_800

// Per conversation: 1,000 members with 16 devices each, 0.3 KiB a chain. The next one is refused.
export const CHAINS_MAX = 16_384
// How far others' knowledge of our own chain may be ahead of ours: more than a device writes between
// a backup and its restoration, and far from the end of the numbers.
export const SET_BACK_ENTRIES_MAX = 1_000_000
// Per chain: separate stretches held, 80 B each. Beyond it the oldest gap is no longer shown or
// asked about; what comes for it all the same is still appended.
export const CHAIN_RUNS_MAX = 64
// Per conversation: entries without a successor, 44 B each; beyond it the oldest is left out.
export const HEADS_MAX = 32
// Per conversation: named as parents and not held, 0.1 KiB each; beyond it the oldest is given up.
export const MISSING_PARENTS_MAX = 256
// Per conversation in memory: where recent entries were placed, 0.2 KiB each; older ones are looked
// up in the store.
export const RECENT_PLACES_MAX = 256
// Before a gap is asked about: what was only overtaken arrives by itself.
export const ASK_DELAY_MS = 20_000
// After an answer, for the rest of it: until its other envelopes have come. 128 entries each time.
export const ASK_AGAIN_MS = 2_000
// Asking about one gap in vain doubles the wait, up to a day; 40 times in vain is over a month.
export const ASK_DELAY_MS_MAX = 86_400_000
export const ASK_COUNT_MAX = 40
// Per turn and conversation: requests that go out at once, each an envelope of 1 to 4 KiB.
export const ASKS_PER_TURN_MAX = 8
// Per request served: 4 answers of the largest size. Whoever needs more asks again.
export const ANSWER_BYTES_MAX = 229_376
// Per asker: requests in an hour; each costs 128 reads and 4 envelopes at most.
export const REQUESTS_PER_HOUR_MAX = 60
// Per view: changes to messages that have not come, 0.3 KiB each; beyond it the oldest goes.
export const HELD_CHANGES_MAX = 1024
// Per message and person: different emojis that are remembered, 0.2 KiB each; the newest stay.
export const REACTIONS_PER_PERSON_MAX = 16
// Per device and chain in a receipt book: separate stretches, 16 B each. The lowest go: what they
// said is in the ledger of each message by then.
export const RECEIPT_STRETCHES_MAX = 64

// Per group: operations kept, 0.5 to 2.6 KiB each. More can only come from an admin who forks
// its own past on purpose; then no more are taken, and the group is at its end.
export const GROUP_OPS_MAX = 8192
// Per group: operations whose parents have not come; beyond it the oldest goes, and is asked for.
export const GROUP_PENDING_MAX = 256

// How long a link to a new device holds: long enough to find the other device, no longer.
export const DEVICE_LINK_SECONDS = 600
// After a link's end, for the new device's last word; then what was granted is revoked.
export const LINK_DONE_SLACK_SECONDS = 3600
// Per identity: a head that is ahead of our log is asked about at most so often.
export const LOG_FETCH_SECONDS_MIN = 300
// Own keys that are kept to read with: 8 revocations within a time to live, 0.1 KiB each.
export const OWN_KEYS_MAX = 8
// Per place in the list of devices: how long one waits for another to renew the own key.
export const OWN_KEY_WAIT_SECONDS = 600
// All contacts, read marks and settings, 0.3 KiB each: 20 MiB. Beyond it the oldest removed ones
// are forgotten, and without any the next write is refused.
export const REGISTERS_MAX = 65_536
// Per register: devices that ever wrote it, 0.3 KiB each; beyond it the oldest write goes.
export const REGISTER_WRITERS_MAX = 32
// What was removed is remembered for so long; a device away for longer starts from a snapshot.
export const REGISTER_REMOVED_SECONDS = 34_560_000

// Per group: epochs kept, 40 B a device each (40 KB for 1,000); beyond it the oldest superseded
// one goes, and what is still under way in it is asked for again.
export const GROUP_EPOCHS_MAX = 16
// After an epoch was superseded, and for skipped keys: whatever may still arrive lives no longer.
export const GROUP_EPOCH_KEEP_SECONDS = 2_764_800
// When a new rotation is due: what a stolen device can read goes no further back or forward.
export const GROUP_ROTATION_SECONDS = 604_800
export const GROUP_ROTATION_MESSAGES = 1000
// Keys of messages that have not come: per sender, and per epoch (150 B each, 300 KB).
export const GROUP_SKIPPED_PER_SENDER_MAX = 1000
export const GROUP_SKIPPED_MAX = 2000
// For so long after an epoch was followed, another rotation that mixes in its key may come. Then
// the key goes: whoever steals a device later cannot open the slots that it was mixed into.
export const GROUP_PSK_KEEP_SECONDS = 172_800
// Devices in an epoch that is handed on whole: 36 B each, so that it fits one envelope.
export const GROUP_CATCH_UP_DEVICES_MAX = 1200

// Per room: keys of visitors whose numbers are remembered, 0.3 KiB each; further ones are refused,
// since to forget one would let its messages in a second time.
export const ROOM_SENDERS_MAX = 4096
// Per visitor: how far behind its newest message one may come, 128 B.
export const ROOM_WINDOW_MESSAGES = 1024
// Days of a room that a visitor may look back on, as long as envelopes live by default.
export const ROOM_HISTORY_DAYS_MAX = 30

// Per reader of receipts: signatures known to hold, 0.2 KiB each. The receipts of one answer come
// one after the other, eight to a signature.
export const RECEIPT_ROOTS_MAX = 16
