// Every way in which somebody else's bytes can be wrong. docs/spec/errors.md prints these two tables.
// A code is FORMAT_DEFECT; its wire status is the format's number times 256 plus the defect's.

export type FailureClass =
  | 'malformed' // not the bytes that the format allows
  | 'version' // a version or kind that we do not speak
  | 'forged' // well formed, but a signature, tag, key or checksum does not hold
  | 'expired' // well formed and genuine, outside its time
  | 'stale' // genuine, but older than what is already known
  | 'unpaid' // not enough postage
  | 'limit' // more than we accept from anybody

export const FORMATS = {
  KEY: [1, 'key'],
  WORDS: [2, 'recovery words'],
  ADDRESS: [3, 'address'],
  LINK: [4, 'link'],
  INVITE: [5, 'invite'],
  DEVICE_LOG: [6, 'device log'],
  RECORD: [7, 'identity record'],
  ENVELOPE: [8, 'envelope'],
  PADDING: [9, 'padding'],
  MAILBOX: [10, 'mailbox'],
  WARRANT: [11, 'mailbox warrant'],
  DROP: [12, 'drop record'],
  POSTAGE: [13, 'postage'],
  NETWORK: [14, 'network descriptor'],
  RECEIPT: [15, 'receipt'],
  SYNC: [16, 'sync message'],
  STEM: [17, 'stem message'],
  PREKEYS: [18, 'prekey bundle'],
  SESSION: [19, 'session message'],
  STATE: [20, 'stored state'],
  ENTRY: [21, 'conversation entry'],
  CONTENT: [22, 'content of an entry'],
  GROUP: [23, 'group operation'],
  ROTATION: [24, 'group key rotation'],
  GROUP_MESSAGE: [25, 'group message'],
  ROOM: [26, 'room message'],
  DEVICE: [27, 'device message'],
  REGISTER: [28, 'register'],
  REQUEST: [29, 'request'],
  FRAME: [30, 'frame of a channel'],
  PARCEL: [31, 'parcel of a session'],
} as const satisfies Record<string, readonly [status: number, noun: string]>

export const DEFECTS = {
  TRUNCATED: [1, 'malformed', 'ends before its last field'],
  TRAILING: [2, 'malformed', 'has bytes after its last field'],
  LENGTH: [3, 'malformed', 'has a length that the format does not allow'],
  FIELD: [4, 'malformed', 'has a field outside its range'],
  ORDER: [5, 'malformed', 'has entries that are out of order or repeated'],
  TEXT: [6, 'malformed', 'has text in a form that is not allowed'],
  STATE: [7, 'malformed', 'does not fit the state of the exchange'],
  VERSION: [8, 'version', 'has a version that is not known here'],
  KIND: [9, 'version', 'has a kind that is not known here'],
  CHECKSUM: [10, 'forged', 'has a checksum that does not match'],
  SIGNATURE: [11, 'forged', 'has a signature that does not hold'],
  SEAL: [12, 'forged', 'cannot be opened with its key'],
  INVALID: [13, 'forged', 'is not a key that may be used'],
  LINKAGE: [14, 'forged', 'does not continue what came before it'],
  FORK: [15, 'forged', 'contradicts another one signed by the same key'],
  PERMISSION: [16, 'forged', 'is signed by a key that may not do this'],
  NETWORK: [17, 'forged', 'belongs to another network'],
  EXPIRED: [18, 'expired', 'is past its time'],
  FUTURE: [19, 'expired', 'is too far in the future'],
  STALE: [20, 'stale', 'is older than one already known'],
  UNPAID: [21, 'unpaid', 'does not carry the work that the network asks for'],
  LIMIT: [22, 'limit', 'is larger than the limit'],
  UNDECODABLE: [23, 'limit', 'did not decode within the limit'],
  NAME: [24, 'forged', 'is kept under a name that is not its own'],
} as const satisfies Record<string, readonly [status: number, failure: FailureClass, says: string]>

export type Format = keyof typeof FORMATS
export type Defect = keyof typeof DEFECTS
export type ErrorCode = `${Format}_${Defect}`

interface Entry {
  readonly code: ErrorCode
  readonly status: number
  readonly failure: FailureClass
  readonly message: string
}

function buildTable(): ReadonlyMap<ErrorCode, Entry> {
  const table = new Map<ErrorCode, Entry>()
  for (const [format, [high, noun]] of Object.entries(FORMATS)) {
    for (const [defect, [low, failure, says]] of Object.entries(DEFECTS)) {
      const code = `${format}_${defect}` as ErrorCode
      table.set(code, { code, status: high * 256 + low, failure, message: `${noun} ${says}` })
    }
  }
  return table
}

export const ERROR_TABLE: ReadonlyMap<ErrorCode, Entry> = buildTable()
const BY_STATUS: ReadonlyMap<number, Entry> = new Map(
  [...ERROR_TABLE.values()].map((entry) => [entry.status, entry]),
)

function entryOf(code: ErrorCode): Entry {
  const entry = ERROR_TABLE.get(code)
  assert(entry !== undefined, `no such error code: ${code}`)
  return entry
}

export function statusOf(code: ErrorCode): number {
  return entryOf(code).status
}

/** Null for a status from a newer version of the table. */
export function codeOf(status: number): ErrorCode | null {
  return BY_STATUS.get(status)?.code ?? null
}

/** Their bytes are for us and broken. What is merely not for us is `null`, never this. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
  readonly code: ErrorCode
  readonly failure: FailureClass
  readonly status: number

  constructor(code: ErrorCode, detail?: string, options?: ErrorOptions) {
    const entry = entryOf(code)
    super(detail === undefined ? entry.message : `${entry.message}: ${detail}`, options)
    this.code = code
    this.failure = entry.failure
    this.status = entry.status
  }
}

/** A bug of ours. Never reached by bytes from outside. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError'
}

export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message)
}
