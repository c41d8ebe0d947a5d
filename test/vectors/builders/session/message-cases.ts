// What follows a first message.
import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { ErrorCode } from '@ezchat/protocol/errors.ts'
import { entries } from '../../entries/session.ts'
import type { JsonObject } from '../../vector.ts'
import { collect, flip, Initiator, receive, responderInput, send } from './initiator.ts'
import { type Case, crypto, named } from './people.ts'

const header = (change: (plain: Uint8Array) => Uint8Array) => (plain: Uint8Array) =>
  plain.length === 70 ? change(plain) : plain

const script = (steps: (alice: Initiator) => Uint8Array[]) => {
  const one = new Initiator()
  return responderInput(one.say('hello'), steps(one))
}

export function messageCases(): Case[] {
  const { cases, add } = collect()
  add(
    'reordered',
    'The third message comes before the second; both open.',
    script((a) => {
      const [two, three] = [a.sayAgain('two'), a.sayAgain('three')]
      return [receive(three), receive(two)]
    }),
  )
  add(
    'copy',
    'A message that comes twice is used up the second time.',
    script((a) => {
      const two = a.sayAgain('two')
      return [receive(two), receive(two)]
    }),
  )
  add(
    'set-back',
    'Another start of the initiator’s program uses a number again: its state went back.',
    script((a) => {
      const restore = a.copy()
      const two = a.sayAgain('two')
      restore()
      return [receive(two), receive(a.sayAgain('another two'))]
    }),
  )
  add(
    'restarted',
    'The initiator’s program starts anew with all that it had; what comes twice is a copy.',
    script((a) => {
      const two = a.sayAgain('two')
      a.copy()()
      const three = a.sayAgain('three')
      return [receive(two), receive(three), receive(two), receive(three)]
    }),
  )
  add(
    'set-back-heard',
    'Of a start whose third message opened, a used number is news in its fourth, not in its first.',
    script((a) => {
      const restore = a.copy()
      const [two, three, , five] = ['two', 'three', 'four', 'five'].map((what) => a.sayAgain(what))
      restore()
      const again = ['2', '3', '4', '5'].map((what) => a.sayAgain(what))
      return [two!, three!, five!, again[2]!, again[3]!, again[0]!].map(receive)
    }),
  )
  add(
    'empty',
    'A content of no bytes is a message too.',
    script((a) => [receive(a.sayAgain(''))]),
  )
  add(
    'answer',
    'The responder answers, with fixed coins: its first chain.',
    script(() => [send('one', 'hi'), send('two', 'and again')]),
  )
  add('turn', 'Both turn the ratchet once.', conversation())
  return cases
}

export function messageLies(): Case[] {
  const { cases, add } = collect()
  const lie = (
    name: string,
    code: ErrorCode,
    note: string,
    change: (plain: Uint8Array) => Uint8Array,
  ) =>
    add(
      name,
      note,
      script((a) => [receive(a.sayAgain('x', header(change)))]),
      { code },
    )
  lie('header-version', 'SESSION_VERSION', 'Version 2 inside the header.', (h) => h.fill(2, 0, 1))
  lie('header-flags', 'SESSION_FIELD', 'A flag that does not exist.', (h) => h.fill(4, 1, 2))
  lie('header-kem-part', 'SESSION_SEAL', 'A KEM part is announced that is not there.', (h) =>
    h.fill(2, 1, 2),
  )
  lie('skip-flood', 'SESSION_LIMIT', 'Skips 4 billion messages.', (h) => h.fill(0xff, 38, 42))
  lie(
    'header-number',
    'SESSION_SEAL',
    'The number is another than the body was sealed under.',
    (h) => h.fill(9, 41, 42),
  )
  add(
    'padding',
    'The padding is not zero.',
    script((a) => [
      receive(a.sayAgain('x', (p) => (p.length > 200 ? p.fill(1, p.length - 1) : p))),
    ]),
    { code: 'PADDING_FIELD' },
  )
  add(
    'body',
    'One bit of the body is wrong.',
    script((a) => [receive(flip(a.sayAgain('x'), 120))]),
    { code: 'SESSION_SEAL' },
  )
  add(
    'sealed-header',
    'One bit of the sealed header is wrong.',
    script((a) => [receive(flip(a.sayAgain('x'), 40))]),
    { notMine: true },
  )
  add(
    'body-tag',
    'One bit of the body’s tag is wrong, which is the header’s nonce too.',
    script((a) => [receive(flip(a.sayAgain('x'), -32))]),
    { notMine: true },
  )
  add(
    'short',
    'A byte shorter than the shortest message.',
    script((a) => [receive(a.sayAgain('x').slice(0, 121))]),
    { notMine: true },
  )
  add(
    'moved',
    'The message lies in another envelope.',
    { ...script((a) => [receive(a.sayAgain('x'))]), associated: toHex(named('other', 71)) },
    { notMine: true },
  )
  return cases
}

/** The builder plays both: what Bob says comes from the entry itself. */
function conversation(): JsonObject {
  const one = new Initiator()
  const first = one.say('hello')
  const steps = [send('bob', 'hi')]
  const so = entries.responder!(responderInput(first, steps), crypto) as JsonObject
  const said = (so.said as JsonObject[])[1]!
  const message = Uint8Array.from((said.message as string).match(/../g)!, (pair) =>
    Number(`0x${pair}`),
  )
  one.hear(message)
  return responderInput(first, [...steps, receive(one.say('back')), send('bob again', 'good')])
}
