// What the control API speaks about: contacts, messages, their lives, and the state of a peer.
import {
  flag,
  integer,
  list,
  nullable,
  object,
  oneOf,
  optional,
  type TypeOf,
  text,
} from './schema.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

export const messageId = text({ min: 36, max: 36, pattern: UUID })
export const address = text({ min: 61, max: 61, pattern: /^ez1/ })
/** A petname, an address, or the beginning of one that fits a single contact. */
export const peerName = text({ min: 1, max: 256 })
export const petname = text({ min: 1, max: 64 })
export const cursor = text({ min: 1, max: 64 })
/** ISO 8601 in UTC, to the millisecond. */
export const moment = text({ min: 24, max: 24, pattern: /^\d{4}-\d\d-\d\dT[\d:.]+Z$/ })
const shortText = text({ max: 256 })

export const STATES = [
  'received',
  'queued',
  'stored',
  'delivered',
  'read',
  'expired',
  'refused',
] as const
export const state = oneOf(...STATES)
export type MessageState = TypeOf<typeof state>

export const contact = object(
  {
    address: [address, 'whose it is'],
    name: [petname, 'what its owner here calls them'],
    standing: [
      oneOf('contact', 'request', 'blocked'),
      'a request is a stranger who wrote and was not answered',
    ],
    isVerified: [flag, 'the safety number was compared'],
    addedAt: [moment, 'when they became known here'],
    devices: [integer(), 'how many devices their log names now'],
    warning: [nullable(shortText), 'what is wrong with their device log, if anything'],
  },
  'contact',
)
export type ContactView = TypeOf<typeof contact>

export const message = object(
  {
    id: [messageId, 'the same at both ends'],
    conversation: [address, 'with whom'],
    name: [petname, 'what the conversation is called here'],
    from: [address, 'who wrote it'],
    isOwn: [flag, 'written by this identity'],
    kind: [text({ min: 1, max: 32 }), '`text`, or what else the conversation holds'],
    text: [text({ max: 65_536 }), 'as it was written; control characters included'],
    replyTo: [optional(messageId), 'what it answers'],
    sentAt: [moment, 'by the clock of the author, held within reason'],
    state: [state, 'where it is in its life'],
    receipts: [integer(), 'from how many carriers'],
    isRead: [flag, 'read here, or written here'],
    note: [optional(shortText), 'what its author should know beside the state'],
    place: [text({ min: 1, max: 64 }), 'sorts as the conversation does; for `before` and `since`'],
  },
  'message',
)
export type MessageView = TypeOf<typeof message>

export const hop = object(
  {
    at: [moment, 'when'],
    what: [text({ min: 1, max: 32 }), '`queued`, `stamped`, `handed`, `receipt`, `stored`, …'],
    detail: [text({ max: 512 }), 'in words'],
  },
  'hop',
)
export type HopView = TypeOf<typeof hop>

export const peer = object(
  {
    peer: [text({ min: 1, max: 128 }), 'the peer id'],
    isDialled: [flag, 'we connected to it'],
    isCarrier: [flag, 'it keeps envelopes for others'],
    addresses: [list(text({ max: 256 }), 16), 'where it is'],
    shards: [integer(), 'how many shards it carries'],
    latencyMs: [nullable(integer()), 'the last round trip, if one was measured'],
  },
  'peer',
)
export type PeerView = TypeOf<typeof peer>

export const syncing = object(
  {
    elapsedMs: [integer(), 'since it began'],
    shardsAll: [integer(), 'that differed from what another carrier holds'],
    shardsDone: [integer(), 'of these, fetched'],
    envelopesMissing: [integer(), 'found at others and not here, since it began'],
    envelopesFetched: [integer(), 'of these, fetched'],
    bytesFetched: [integer(), 'of envelopes'],
    messagesOpened: [integer(), 'for the person whose daemon it is'],
  },
  'syncing',
)
export type SyncingView = TypeOf<typeof syncing>

export const check = object(
  {
    name: [text({ min: 1, max: 64 }), 'what was looked at'],
    verdict: [oneOf('ok', 'warning', 'failure'), 'how it is'],
    detail: [text({ max: 1024 }), 'what was found'],
    advice: [text({ max: 1024 }), 'what to do; empty when nothing is to be done'],
  },
  'check',
)
export type CheckView = TypeOf<typeof check>
