import { concatBytes, equalBytes, toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { assert, ProtocolError } from '@ezchat/protocol/errors.ts'
import type { StemEffect, StemEvent } from '@ezchat/protocol/stem/event.ts'
import { Stem } from '@ezchat/protocol/stem/machine.ts'
import {
  decodeStemMessage,
  encodeStemMessage,
  type StemMessage,
} from '@ezchat/protocol/stem/message.ts'
import { bytes, number, text } from '../input.ts'
import type { Entries, Json, JsonObject } from '../vector.ts'

/** stem.md §9: what an exhausted list of draws goes on with. */
const LAST_DRAW = 0.5
const INVALID = 0xff
const UNTIMELY = 0xfe

function drawsOf(input: JsonObject): () => Uint8Array {
  assert(Array.isArray(input.draws), 'vector input draws: expected a list')
  const left = input.draws.map((draw) => (typeof draw === 'number' ? draw : LAST_DRAW))
  return () => {
    const drawn = new Uint8Array(4)
    new DataView(drawn.buffer).setUint32(0, (left.shift() ?? LAST_DRAW) * 2 ** 32)
    return drawn
  }
}

/** stem.md §9: simple stand-ins, so that a trace is about the machine alone. */
function stemOf(input: JsonObject, crypto: Crypto): Stem {
  const draw = drawsOf(input)
  return new Stem({
    random: draw,
    readEnvelope(envelope) {
      if (envelope[0] === INVALID) throw new ProtocolError('ENVELOPE_VERSION')
      const isTimely = envelope[0] !== UNTIMELY
      return { id: crypto.sha256(envelope), expiresAtSeconds: 0, isTimely }
    },
    verifyReceipt: (receipt, { id }) =>
      equalBytes(receipt.subarray(1), id) ? { carrier: `${receipt[0]}` } : 'forged',
    neverDelivers: input.neverDelivers === true,
  })
}

function eventOf(event: JsonObject): StemEvent {
  switch (event.kind) {
    case 'peer-up':
      return {
        kind: 'peer-up',
        peer: text(event, 'peer'),
        capable: event.capable === true,
        dialled: event.dialled === true,
      }
    case 'peer-down':
      return { kind: 'peer-down', peer: text(event, 'peer') }
    case 'submit':
      return { kind: 'submit', envelope: bytes(event, 'envelope') }
    case 'inbound':
      return { kind: 'inbound', peer: text(event, 'peer'), bytes: bytes(event, 'bytes') }
    case 'delivered':
      return { kind: 'delivered', id: bytes(event, 'id'), receipts: [bytes(event, 'receipt')] }
    case 'undelivered':
      return { kind: 'undelivered', id: bytes(event, 'id') }
    case 'tick':
    case 'stop':
      return { kind: event.kind }
    default:
      assert(false, `vector input: no event ${String(event.kind)}`)
  }
}

function messageJson(message: StemMessage): { [key: string]: Json } {
  switch (message.kind) {
    case 'relay':
      return { kind: 'relay', envelopeBytes: message.envelope.length }
    case 'receipts':
      return { kind: 'receipts', id: toHex(message.id), receipts: message.receipts.map(toHex) }
    case 'refuse':
      return { kind: 'refuse', id: toHex(message.id), reason: message.reason }
  }
}

/** Null for the host's timer, which is nobody else's business. */
function effectJson(effect: StemEffect, crypto: Crypto): { [key: string]: Json } | null {
  switch (effect.kind) {
    case 'send': {
      const message = decodeStemMessage(effect.bytes)
      if (message.kind !== 'relay') return { ...messageJson(message), to: effect.peer }
      return { kind: 'relay', id: toHex(crypto.sha256(message.envelope)), to: effect.peer }
    }
    case 'deliver':
      return { kind: 'deliver', id: toHex(effect.id), why: effect.why }
    case 'receipts':
      return { kind: 'own-receipts', id: toHex(effect.id), receipts: effect.receipts.map(toHex) }
    case 'penalise':
      return { kind: 'penalise', peer: effect.peer, why: effect.why }
    case 'forget':
      return { kind: 'forget', id: toHex(effect.id), why: effect.why }
    case 'set-timer':
      return null
  }
}

/** Feeds events at their times and ticks in between, exactly when asked to. */
function trace(input: JsonObject, crypto: Crypto): Json {
  assert(Array.isArray(input.events), 'vector input events: expected a list')
  const stem = stemOf(input, crypto)
  const effects: Json[] = []
  let timerAtMs = Number.POSITIVE_INFINITY
  const perform = (event: StemEvent, atMs: number) => {
    for (const effect of stem.handle(event, atMs)) {
      if (effect.kind === 'set-timer') timerAtMs = effect.atMs
      const json = effectJson(effect, crypto)
      if (json !== null) effects.push({ atMs, ...json })
    }
  }
  const runUntil = (untilMs: number) => {
    while (timerAtMs <= untilMs) {
      const atMs = timerAtMs
      timerAtMs = Number.POSITIVE_INFINITY
      perform({ kind: 'tick' }, atMs)
    }
  }
  perform({ kind: 'start' }, 0)
  for (const event of input.events as JsonObject[]) {
    const atMs = number(event, 'atMs')
    runUntil(atMs)
    perform(eventOf(event), atMs)
  }
  runUntil(number(input, 'untilMs'))
  return effects
}

export const entries: Entries = {
  /** `zeroBytes` stands for as many zero bytes at the end. */
  message(input) {
    const zeroBytes = typeof input.zeroBytes === 'number' ? input.zeroBytes : 0
    const head = bytes(input, 'message')
    const whole = zeroBytes === 0 ? head : concatBytes(head, new Uint8Array(zeroBytes))
    const message = decodeStemMessage(whole)
    assert(equalBytes(encodeStemMessage(message), whole), 'expected one form only')
    return messageJson(message)
  },
  trace,
}
