// What the two processes of a measurement say to each other.

export const CHANNEL_PROTOCOL = '/ezchat/bench/request/1'
/** A stream for each request: what the channel is compared with. */
export const SINGLE_PROTOCOL = '/ezchat/bench/single/1'

export type Way = 'channel' | 'stream each'

export interface Work {
  readonly way: Way
  readonly bodyBytes: number
  readonly count: number
  readonly inFlight: number
}

/** An answer is its request with the number at its beginning turned: nothing else can pass for it. */
export function answerTo(body: Uint8Array): Uint8Array {
  const answer = body.slice()
  for (let at = 0; at < 4; at++) answer[at]! ^= 0xff
  return answer
}

export function request(bodyBytes: number, n: number): Uint8Array {
  const body = new Uint8Array(bodyBytes).fill(n & 0xff)
  new DataView(body.buffer).setUint32(0, n)
  return body
}

export function isAnswerTo(answer: Uint8Array, body: Uint8Array): boolean {
  return Buffer.compare(answer, answerTo(body)) === 0
}

/** So large that as many as are asked at once fit the window of a channel. */
const REQUEST = { kind: 'request', requestBytesMax: 16_384, answerBytesMax: 16_384 } as const
export const METHODS = { turn: { number: 1, ...REQUEST } } as const

const FAST = { perSecond: 1e9, burst: 1e9 }
/** What one peer may ask in a second is a limit of its own, and not what is measured. */
export const UNLIMITED = { read: FAST, write: FAST }
