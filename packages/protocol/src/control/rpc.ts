// JSON-RPC 2.0, one message a line. Requests have an id and get one answer; notifications have none.
// Batches are not spoken: a client that has several requests sends several lines.
import { Failure, type FailureBody, isFailureCode } from './failures.ts'

/** One line: a text of 32 KiB in JSON's longest form, and room for the rest. */
export const RPC_LINE_CHARACTERS_MAX = 1_048_576
const ID_CHARACTERS_MAX = 64

export type RpcId = number | string

export interface RpcRequest {
  readonly id: RpcId | null
  readonly method: string
  readonly params: unknown
}

export type RpcIncoming =
  | { readonly kind: 'request'; readonly request: RpcRequest }
  | { readonly kind: 'result'; readonly id: RpcId; readonly result: unknown }
  | { readonly kind: 'failure'; readonly id: RpcId | null; readonly failure: Failure }

/** The numbers that JSON-RPC fixes; all others of ours are one number and a code beside it. */
const NUMBERS: { readonly [code: string]: number } = {
  BAD_REQUEST: -32600,
  UNKNOWN_METHOD: -32601,
  BAD_PARAMS: -32602,
  INTERNAL: -32603,
}
const OWN_NUMBER = -32000

export function encodeRequest(id: RpcId, method: string, params: unknown): string {
  return JSON.stringify({ jsonrpc: '2.0', id, method, params })
}

export function encodeNotification(method: string, params: unknown): string {
  return JSON.stringify({ jsonrpc: '2.0', method, params })
}

export function encodeResult(id: RpcId, result: unknown): string {
  return JSON.stringify({ jsonrpc: '2.0', id, result })
}

export function encodeFailure(id: RpcId | null, { code, message, advice }: FailureBody): string {
  const number = NUMBERS[code] ?? OWN_NUMBER
  const error = { code: number, message, data: { code, advice } }
  return JSON.stringify({ jsonrpc: '2.0', id, error })
}

/** Throws Failure BAD_REQUEST. */
export function decodeRpc(line: string): RpcIncoming {
  if (line.length > RPC_LINE_CHARACTERS_MAX) throw new Failure('BAD_REQUEST', 'a line too long')
  const value = parse(line)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Failure('BAD_REQUEST', 'not one JSON object a line')
  }
  const fields = new Map<string, unknown>(Object.entries(value))
  if (fields.get('jsonrpc') !== '2.0') throw new Failure('BAD_REQUEST', 'not JSON-RPC 2.0')
  const id = idOf(fields.get('id'))
  const method = fields.get('method')
  if (typeof method === 'string') {
    return { kind: 'request', request: { id, method, params: fields.get('params') ?? {} } }
  }
  if (fields.has('error')) return { kind: 'failure', id, failure: failureOf(fields.get('error')) }
  if (id === null || !fields.has('result')) throw new Failure('BAD_REQUEST', 'no method, no result')
  return { kind: 'result', id, result: fields.get('result') }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch (cause: unknown) {
    throw new Failure('BAD_REQUEST', 'not JSON', { cause })
  }
}

function idOf(id: unknown): RpcId | null {
  if (id === undefined || id === null) return null
  if (typeof id === 'number' && Number.isSafeInteger(id)) return id
  if (typeof id === 'string' && id.length <= ID_CHARACTERS_MAX) return id
  throw new Failure('BAD_REQUEST', 'an id that is no number and no short text')
}

/** A failure of a newer version is still one. */
function failureOf(error: unknown): Failure {
  const read = (value: unknown, name: string): unknown =>
    typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
  const code = read(read(error, 'data'), 'code')
  const message = String(read(error, 'message') ?? '')
  return Failure.heard(isFailureCode(code) ? code : 'INTERNAL', message)
}
