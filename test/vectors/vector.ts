// A vector: one input with at most one defect, and what every implementation makes of it.
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import type { ErrorCode, FailureClass } from '@ezchat/protocol/errors.ts'

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }
export type JsonObject = { [key: string]: Json }

export interface Vector {
  /** The folder under test/vectors/. */
  readonly format: string
  /** The file name, and the defect. */
  readonly name: string
  /** One sentence: what is wrong, or what is right, and why a reader must care. */
  readonly note: string
  /** Which entry of test/vectors/entries/<format>.ts reads it. */
  readonly entry: string
  readonly input: JsonObject
  /** 'ok' with `output`, 'not-mine' where the answer is null, else the class of the failure. */
  readonly expect: 'ok' | 'not-mine' | FailureClass
  /** The exact code, where the specification fixes one. */
  readonly code?: ErrorCode
  readonly output?: Json
}

/** Null means "not mine". Throws ProtocolError for "mine and broken". Runs in Node and browsers. */
export type Entry = (input: JsonObject, crypto: Crypto) => Json

export type Entries = { readonly [name: string]: Entry }
