// Every request and notice between two peers: requests.md §1.
import {
  BLOB_PIECE_BYTES_MAX,
  DROP_BYTES_MAX,
  DROPS_ANSWER_BYTES_MAX,
  ID_BYTES,
  PUSH_ANSWER_BYTES_MAX,
  SYNC_MESSAGE_BYTES_MAX,
} from '../constants.ts'
import { STEM_MESSAGE_BYTES_MAX } from '../stem/message.ts'
import { BLOB_PIECE_REQUEST_BYTES, OFFER_BLOB_BYTES } from './blob.ts'
import { CARRIERS_ANSWER_BYTES_MAX, CARRIERS_REQUEST_BYTES } from './carriers.ts'
import { DROPS_BYTES_MAX } from './drops.ts'
import { FETCH_BYTES_MAX, FETCHED_BYTES_MAX } from './fetch.ts'
import { DUTY_BYTES, HELLO_BYTES_MAX } from './hello.ts'
import { LOAD_BYTES_MAX, LOADED_BYTES_MAX } from './load.ts'
import { PUSH_BYTES_MAX } from './push.ts'
import { FIND_RECORD_BYTES, KEEP_RECORD_BYTES_MAX, RECORD_BYTES_MAX } from './record.ts'
import { ROOTS_ANSWER_BYTES_MAX, ROOTS_BYTES } from './roots.ts'
import { SYNC_STEP_BYTES_MAX } from './sync.ts'
import { ARRIVED_BYTES_MAX, SEEN_BYTES, UNWATCH_BYTES, WATCH_BYTES_MAX } from './watch.ts'

export interface Method {
  readonly number: number
  readonly kind: 'request' | 'notice'
  readonly requestBytesMax: number
  /** 0 for a notice, and where the status says all. */
  readonly answerBytesMax: number
}

function request(number: number, requestBytesMax: number, answerBytesMax: number): Method {
  return { number, kind: 'request', requestBytesMax, answerBytesMax }
}

function notice(number: number, requestBytesMax: number): Method {
  return { number, kind: 'notice', requestBytesMax, answerBytesMax: 0 }
}

/** A number is never used again: what changes its layout gets another. */
export const METHODS = {
  hello: request(1, HELLO_BYTES_MAX, HELLO_BYTES_MAX),
  shards: notice(2, DUTY_BYTES),
  push: request(3, PUSH_BYTES_MAX, PUSH_ANSWER_BYTES_MAX),
  load: request(4, LOAD_BYTES_MAX, LOADED_BYTES_MAX),
  sync: request(5, SYNC_STEP_BYTES_MAX, SYNC_MESSAGE_BYTES_MAX),
  fetch: request(6, FETCH_BYTES_MAX, FETCHED_BYTES_MAX),
  watch: request(7, WATCH_BYTES_MAX, 0),
  unwatch: request(8, UNWATCH_BYTES, 0),
  arrived: notice(9, ARRIVED_BYTES_MAX),
  seen: notice(10, SEEN_BYTES),
  drop: request(11, DROP_BYTES_MAX, 0),
  drops: request(12, DROPS_BYTES_MAX, DROPS_ANSWER_BYTES_MAX),
  carriers: request(13, CARRIERS_REQUEST_BYTES, CARRIERS_ANSWER_BYTES_MAX),
  findRecord: request(14, FIND_RECORD_BYTES, RECORD_BYTES_MAX),
  keepRecord: request(15, KEEP_RECORD_BYTES_MAX, 0),
  offerBlob: request(16, OFFER_BLOB_BYTES, 1),
  getBlob: request(17, BLOB_PIECE_REQUEST_BYTES, BLOB_PIECE_BYTES_MAX),
  findBlob: request(18, ID_BYTES, 4),
  stem: notice(19, STEM_MESSAGE_BYTES_MAX),
  roots: request(20, ROOTS_BYTES, ROOTS_ANSWER_BYTES_MAX),
} as const satisfies Record<string, Method>

export type MethodName = keyof typeof METHODS

const BY_NUMBER: ReadonlyMap<number, MethodName> = new Map(
  (Object.keys(METHODS) as MethodName[]).map((name) => [METHODS[name].number, name]),
)

/** Null for one of a later version: it is answered as unknown. */
export function methodOf(number: number): MethodName | null {
  return BY_NUMBER.get(number) ?? null
}

export function isMethodName(name: string): name is MethodName {
  return Object.hasOwn(METHODS, name)
}
