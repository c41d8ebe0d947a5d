// Every method of the control API, named as the verb of the command line that it serves.
import {
  flag,
  integer,
  list,
  nullable,
  object,
  oneOf,
  optional,
  type Schema,
  strict,
  type TypeOf,
  text,
} from './schema.ts'
import {
  address,
  check,
  contact,
  cursor,
  hop,
  message,
  messageId,
  moment,
  peer,
  peerName,
  petname,
  state,
  syncing,
} from './values.ts'

export const PAGE_MESSAGES_MAX = 500
export const CONTACTS_LISTED_MAX = 10_000

export interface Method<P = unknown, R = unknown> {
  readonly params: Schema<P>
  readonly result: Schema<R>
  /** One sentence for docs/api.md. */
  readonly says: string
}

function method<P, R>(says: string, params: Schema<P>, result: Schema<R>): Method<P, R> {
  return { says, params: strict(params), result }
}

const nothing = object({})
const oneContact = object({ contact: [contact, 'as it is now'] })
const ofPeer = object({ peer: [peerName, 'petname, address, or the beginning of one'] })
const oneMessage = object({
  id: [messageId, 'of the message'],
  state: [state, 'as far as it has come'],
  receipts: [integer(), 'from how many carriers'],
})

export const METHODS = {
  id: method(
    'Who this is.',
    nothing,
    object({
      address: [address, 'to be given to others'],
      name: [text({ max: 64 }), 'the own name that others are told; may be empty'],
      peer: [text({ min: 1, max: 128 }), 'of this daemon; has nothing to do with the identity'],
      network: [text({ min: 1, max: 64 }), 'its name'],
    }),
  ),
  invite: method(
    'Opens a door for somebody, and gives the link to it.',
    object({
      once: [optional(flag), 'for one person only'],
      expiresSeconds: [
        optional(integer({ min: 60, max: 31_536_000 })),
        'from now; 30 days if left out',
      ],
    }),
    object({
      invite: [text({ min: 1, max: 2048 }), 'a link that begins with `ezchat:`'],
      expiresAt: [moment, 'the last moment at which it may be used'],
    }),
  ),
  add: method(
    'Makes somebody a contact, by invite or by address.',
    object({
      target: [text({ min: 1, max: 2048 }), 'invite or address'],
      name: [optional(petname), 'what to call them; otherwise the name in the invite'],
    }),
    oneContact,
  ),
  'contacts.list': method(
    'Everybody who is known here.',
    object({ standing: [optional(oneOf('contact', 'request', 'blocked')), 'only those'] }),
    object({ contacts: [list(contact, CONTACTS_LISTED_MAX), 'by name'] }),
  ),
  'contacts.show': method(
    'One contact, with the safety number to compare.',
    ofPeer,
    object({
      contact: [contact, 'as it is now'],
      safetyNumber: [
        text({ min: 1, max: 128 }),
        'the same at both ends, or somebody is in between',
      ],
    }),
  ),
  'contacts.rename': method(
    'Calls somebody by another name here.',
    object({ peer: [peerName, 'who'], name: [petname, 'from now on'] }),
    oneContact,
  ),
  'contacts.verify': method(
    'Notes that the safety number was compared, or was not.',
    object({
      peer: [peerName, 'who'],
      safetyNumber: [
        optional(text({ max: 128 })),
        'as the other side reads it; refused if it differs',
      ],
      isVerified: [optional(flag), 'true if left out'],
    }),
    oneContact,
  ),
  'contacts.accept': method('Makes a contact of a request.', ofPeer, oneContact),
  'contacts.block': method(
    'Shows nothing more of somebody, or shows it again.',
    object({ peer: [peerName, 'who'], isBlocked: [optional(flag), 'true if left out'] }),
    oneContact,
  ),
  'contacts.rm': method('Forgets a contact. What was written stays.', ofPeer, nothing),
  send: method(
    'Writes to somebody. Returns when the message is durable here, or has come as far as `wait`.',
    object({
      to: [peerName, 'petname, address, or the beginning of one'],
      text: [text({ min: 1, max: 32_768 }), 'what to say'],
      id: [optional(messageId), 'the same id again sends nothing again'],
      replyTo: [optional(messageId), 'what it answers'],
      wait: [optional(oneOf('queued', 'stored', 'delivered')), '`queued` if left out'],
      timeoutMs: [
        optional(integer({ min: 1, max: 86_400_000 })),
        'how long to wait; 30,000 if left out',
      ],
    }),
    oneMessage,
  ),
  read: method(
    'Messages, the oldest first.',
    object({
      peer: [optional(peerName), 'only this conversation'],
      unread: [optional(flag), 'only what was not read'],
      since: [optional(moment), 'only what was written from then on'],
      before: [optional(text({ min: 1, max: 64 })), 'only what stands before this place'],
      limit: [
        optional(integer({ min: 1, max: PAGE_MESSAGES_MAX })),
        'the newest of them; 50 if left out',
      ],
      mark: [optional(flag), 'notes that they were read'],
    }),
    object({
      messages: [list(message, PAGE_MESSAGES_MAX), 'in order'],
      hasMore: [flag, 'there are older ones'],
    }),
  ),
  outbox: method(
    'What was written here and is not yet delivered.',
    object({ limit: [optional(integer({ min: 1, max: PAGE_MESSAGES_MAX })), '50 if left out'] }),
    object({
      messages: [list(message, PAGE_MESSAGES_MAX), 'the oldest first'],
      count: [integer(), 'of all'],
    }),
  ),
  show: method(
    'The life of a message, hop by hop.',
    object({ id: [messageId, 'of the message'] }),
    object({ message: [message, 'as it is now'], hops: [list(hop, 1000), 'in order'] }),
  ),
  watch: method(
    'Events from a cursor on, as notifications `event`; what was missed comes first.',
    object({
      cursor: [optional(cursor), 'of the last event that was seen; from now on if left out'],
    }),
    object({ cursor: [cursor, 'where the stream begins'] }),
  ),
  unwatch: method('Ends `watch` on this connection.', nothing, nothing),
  status: method(
    'How the daemon is.',
    nothing,
    object({
      version: [text({ max: 32 }), 'of the program'],
      health: [oneOf('ok', 'degraded'), 'degraded: see `problems`'],
      problems: [list(text({ max: 512 }), 32), 'in words'],
      uptimeSeconds: [integer(), 'since its start'],
      address: [nullable(address), 'whose daemon it is; null for a public node'],
      peer: [text({ min: 1, max: 128 }), 'its peer id'],
      network: [text({ max: 64 }), 'its name'],
      privacy: [oneOf('direct', 'stem', 'cover'), 'how messages leave'],
      listen: [list(text({ max: 256 }), 64), 'where it can be reached'],
      peers: [integer(), 'connected now'],
      carriers: [integer(), 'of these, known to carry the home shard'],
      shards: [integer(), 'carried here'],
      envelopes: [integer(), 'kept here'],
      storeBytes: [integer(), 'charged to the quota'],
      quotaBytes: [integer(), 'the quota'],
      queued: [integer(), 'messages not yet stored'],
      stored: [integer(), 'messages stored and not yet delivered'],
      unread: [integer(), 'messages not yet read'],
      oldestQueuedAt: [nullable(moment), 'since when the oldest waits'],
      memoryBytes: [integer(), 'resident'],
      syncing: [
        optional(nullable(syncing)),
        'what it catches up with after it was away; null when that is done, or takes no second',
      ],
    }),
  ),
  peers: method(
    'Who is connected.',
    nothing,
    object({ peers: [list(peer, 1000), 'the dialled first'] }),
  ),
  ping: method(
    'Whether somebody, or a peer, can be reached now.',
    object({
      peer: [peerName, 'a contact or a peer id'],
      timeoutMs: [optional(integer({ min: 1, max: 60_000 })), '10,000 if left out'],
    }),
    object({
      reached: [flag, 'an answer came'],
      by: [
        oneOf('peer', 'carriers', 'nobody'),
        'a contact is asked for with the carriers of its shard',
      ],
      latencyMs: [nullable(integer()), 'of the answer'],
      carriers: [integer(), 'of its shard that answered'],
      detail: [text({ max: 512 }), 'in words'],
    }),
  ),
  doctor: method(
    'Looks for what could be wrong with this daemon.',
    nothing,
    object({ checks: [list(check, 64), 'each with what to do'] }),
  ),
  privacy: method(
    'How messages leave from now on.',
    object({
      mode: [oneOf('direct', 'stem', 'cover'), 'see the price of each in the documentation'],
    }),
    nothing,
  ),
  stop: method('Ends the daemon in good order.', nothing, nothing),
} as const satisfies { readonly [name: string]: Method<never, unknown> | Method }

export type MethodName = keyof typeof METHODS
export type ParamsOf<N extends MethodName> = TypeOf<(typeof METHODS)[N]['params']>
export type ResultOf<N extends MethodName> = TypeOf<(typeof METHODS)[N]['result']>

export const EVENT_KINDS = ['message', 'state', 'contact', 'notice', 'progress'] as const

/** What `watch` brings. Clients ignore kinds that they do not know. */
export const event = object(
  {
    cursor: [cursor, 'to go on from; a `progress` is not kept, and repeats the one before it'],
    at: [moment, 'when it happened here'],
    kind: [text({ min: 1, max: 32 }), EVENT_KINDS.map((kind) => `\`${kind}\``).join(', ')],
    message: [optional(message), 'of `message`: a new one; of `state`: one that came farther'],
    contact: [optional(contact), 'of `contact`: as it is now'],
    text: [optional(text({ max: 1024 })), 'of `notice`: one line for the user'],
    syncing: [
      optional(nullable(syncing)),
      'of `progress`: as in `status`, a few times a second at the most; null when it is done',
    ],
  },
  'event',
)
export type ControlEvent = TypeOf<typeof event>
