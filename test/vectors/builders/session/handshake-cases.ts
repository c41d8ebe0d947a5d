// First messages.
import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import { collect, flip, Initiator, responderInput } from './initiator.ts'
import { bob, type Case, crypto, named, secretOf } from './people.ts'

const lying = (change: (plain: Uint8Array) => Uint8Array) =>
  new Initiator((plain) => (plain.length === 128 ? change(plain) : plain)).say('x')

export function handshakeCases(): Case[] {
  const { cases, add } = collect()
  const first = new Initiator().say('hello')
  add('first-contact', 'A handshake and the message behind it.', responderInput(first, []))
  const own = { notMine: true } as const
  add(
    'unknown-prekey',
    'A prekey id that the device does not have.',
    responderInput(flip(first, 35), []),
    own,
  )
  add('ephemeral-key', 'One bit of EK is wrong.', responderInput(flip(first, 3), []), own)
  add(
    'ephemeral-top-bit',
    'The bit of EK that X25519 ignores is turned over.',
    responderInput(first.with(31, first[31]! ^ 0x80), []),
    own,
  )
  add(
    'ephemeral-small-order',
    'EK is a point of small order.',
    responderInput(
      first.map((byte, at) => (at < 32 ? 0 : byte)),
      [],
    ),
    own,
  )
  add(
    'kem-ciphertext',
    'One bit of C is wrong, and decapsulation gives another secret.',
    responderInput(flip(first, 700), []),
    own,
  )
  add(
    'introduction',
    'One bit of the sealed introduction is wrong.',
    responderInput(flip(first, 1130), []),
    own,
  )
  add(
    'handshake-other-network',
    'The responder is in another network.',
    responderInput(first, [], { networkId: toHex(named('elsewhere')) }),
    own,
  )
  add(
    'handshake-other-device',
    'The responder is another device.',
    responderInput(first, [], { deviceId: toHex(named('another', 16)) }),
    own,
  )
  add(
    'handshake-short',
    'Too short for a handshake.',
    responderInput(first.slice(0, 1283), []),
    own,
  )
  return cases
}

export function handshakeLies(): Case[] {
  const { cases, add } = collect()
  const first = new Initiator().say('hello')
  add('proof', 'One bit of the sealed proof is wrong.', responderInput(flip(first, 1280), []), {
    code: 'SESSION_SEAL',
  })
  add('handshake-cut', 'Ends within the proof.', responderInput(first.slice(0, 1300), []), {
    code: 'SESSION_TRUNCATED',
  })
  add(
    'handshake-version',
    'Version 2 inside the introduction.',
    responderInput(
      lying((p) => p.fill(2, 0, 1)),
      [],
    ),
    { code: 'SESSION_VERSION' },
  )
  add(
    'handshake-suite',
    'Suite 2 inside the introduction.',
    responderInput(
      lying((p) => p.fill(2, 1, 2)),
      [],
    ),
    { code: 'SESSION_KIND' },
  )
  add(
    'handshake-long-proof',
    'A proof of 65,535 bytes is announced.',
    responderInput(
      lying((p) => p.fill(0xff, 126)),
      [],
    ),
    { code: 'SESSION_LIMIT' },
  )
  add(
    'handshake-own-device',
    'The introduction names the responder itself.',
    responderInput(
      lying((p) => {
        p.set(bob.party.deviceId, 34)
        return p
      }),
      [],
    ),
    { code: 'SESSION_FIELD' },
  )
  return [...cases, ...pretenders()]
}

function pretenders(): Case[] {
  const { cases, add } = collect()
  const own = { notMine: true } as const
  add(
    'one-time-gone',
    'Names a one-time key that the responder does not have.',
    responderInput(
      lying((p) => p.fill(1, 114, 118)),
      [],
    ),
    { code: 'SESSION_STALE' },
  )
  add(
    'pretender',
    'Names a device key whose secret the initiator does not have.',
    responderInput(
      lying((p) => {
        p.set(crypto.x25519Public(secretOf('carol device')), 82)
        return p
      }),
      [],
    ),
    own,
  )
  return cases
}
