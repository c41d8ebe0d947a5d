// The link, and what is said over it.
import { concatBytes, toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { ErrorCode } from '@ezchat/protocol/errors.ts'
import type { Vector } from '../../vector.ts'
import {
  answerBytes,
  claimBytes,
  codeOf,
  EXPIRES,
  hashOf,
  KEM_CIPHERTEXT,
  KEYS,
  linkBytes,
  linkKeys,
  NETWORK_ID,
  NOW,
  offerBytes,
  SHARED,
  sealedBytes,
  TRANSCRIPT,
  transcriptOf,
} from '../reference/device-links.ts'
import { exchangeOf, flipped, linkPayload, publicOf, u8, WRONG_KEYS } from '../reference/pieces.ts'
import { verdicts } from '../reference/verdict.ts'

const link = verdicts('device', 'link')
const message = verdicts('device', 'message')
const offer = verdicts('device', 'offer')
const code = verdicts('device', 'code')
const keys = verdicts('device', 'keys')
const sealed = verdicts('device', 'sealed')

const linkInput = (body: Uint8Array, kind = 3) => ({
  text: `ezchat:${linkPayload(kind, body)}`,
  nowSeconds: NOW,
})

function links(): Vector[] {
  const bad = (name: string, note: string, wrong: ErrorCode, body: Uint8Array) =>
    link.bad(`link-${name}`, note, wrong, linkInput(body))
  const shown = {
    networkId: toHex(NETWORK_ID),
    shard: 5,
    offerHash: toHex(hashOf('hash/device-offer', offerBytes())),
    expiresSeconds: EXPIRES,
    name: 'phone',
  }
  const hint = '/dns4/relay.example/tcp/443/wss'
  return [
    link.good('link', 'A new device shows it.', linkInput(linkBytes()), {
      ...shown,
      hints: [hint],
    }),
    link.good(
      'link-without-hints',
      'Both are in the network already.',
      linkInput(linkBytes({ hints: [] })),
      { ...shown, hints: [] },
    ),
    link.notMine('link-of-contact', 'A link of another kind.', linkInput(linkBytes(), 1)),
    bad('unknown-version', 'A later version.', 'DEVICE_VERSION', linkBytes({ version: 2 })),
    bad('truncated', 'The last byte is missing.', 'DEVICE_TRUNCATED', linkBytes().subarray(0, -1)),
    bad('trailing-byte', 'A byte too many.', 'DEVICE_TRAILING', linkBytes({ extra: u8(0) })),
    bad('five-hints', 'More than four.', 'DEVICE_LIMIT', linkBytes({ hintCount: 5 })),
    bad('hint-twice', 'One hint twice.', 'DEVICE_ORDER', linkBytes({ hints: [hint, hint] })),
    bad('long-name', 'A name of 33 bytes.', 'DEVICE_LIMIT', linkBytes({ name: 'a'.repeat(33) })),
    bad(
      'name-turned',
      'It would turn the line round.',
      'DEVICE_TEXT',
      linkBytes({ name: 'a\u202eb' }),
    ),
    bad('too-long', 'More bytes than any link.', 'DEVICE_LIMIT', new Uint8Array(659).fill(1)),
    bad(
      'expired',
      'Its last second has passed.',
      'DEVICE_EXPIRED',
      linkBytes({ expires: NOW - 1 }),
    ),
    bad(
      'lasts-too-long',
      'More than an hour, and clocks.',
      'DEVICE_FUTURE',
      linkBytes({ expires: NOW + 4201 }),
    ),
  ]
}

function messages(): Vector[] {
  const bad = (name: string, note: string, wrong: ErrorCode, bytes: Uint8Array) =>
    message.bad(name, note, wrong, { message: toHex(bytes) })
  const good = (name: string, note: string, bytes: Uint8Array, kind: string) =>
    message.good(name, note, { message: toHex(bytes) }, { kind })
  return [
    good('claim', 'From the device that is there.', claimBytes(), 'claim'),
    good('answer', 'With the KEM ciphertext and a confirmation.', answerBytes(), 'answer'),
    good('stop', 'The user has cancelled.', Uint8Array.of(1, 5, 1), 'stop'),
    bad('message-version', 'A later version.', 'DEVICE_VERSION', claimBytes({ version: 2 })),
    bad('message-kind', 'A kind that there is not.', 'DEVICE_KIND', claimBytes({ kind: 6 })),
    bad(
      'claim-trailing',
      'A byte after the claim.',
      'DEVICE_TRAILING',
      concatBytes(claimBytes(), u8(0)),
    ),
    bad(
      'claim-zero-key',
      'Everybody would know the secret.',
      'DEVICE_INVALID',
      claimBytes({ key: new Uint8Array(32) }),
    ),
    bad(
      'claim-key-top-bit',
      'A second spelling of a key.',
      'DEVICE_INVALID',
      claimBytes({ key: flipped(exchangeOf('claim'), 31, 0x80) }),
    ),
    bad(
      'answer-truncated',
      'The last byte is missing.',
      'DEVICE_TRUNCATED',
      answerBytes().subarray(0, -1),
    ),
    bad('stop-reason-zero', 'No reason at all.', 'DEVICE_FIELD', Uint8Array.of(1, 5, 0)),
    bad(
      'stop-unknown-reason',
      'A reason that there is not.',
      'DEVICE_FIELD',
      Uint8Array.of(1, 5, 6),
    ),
    bad(
      'message-too-long',
      'More bytes than any message.',
      'DEVICE_LIMIT',
      new Uint8Array(49_198).fill(1),
    ),
  ]
}

function offers(): Vector[] {
  const input = (bytes: Uint8Array) => ({ networkId: toHex(NETWORK_ID), offer: toHex(bytes) })
  const bad = (name: string, note: string, wrong: ErrorCode, bytes: Uint8Array) =>
    offer.bad(`offer-${name}`, note, wrong, input(bytes))
  return [
    offer.good('offer', 'The new device’s keys.', input(offerBytes()), {
      hash: toHex(hashOf('hash/device-offer', offerBytes())),
      signKey: toHex(publicOf('phone sign')),
    }),
    bad(
      'key-of-another',
      'Signed by who does not hold the key.',
      'DEVICE_SIGNATURE',
      offerBytes({ signWith: 'mallory' }),
    ),
    bad(
      'other-network',
      'Signed for another network.',
      'DEVICE_SIGNATURE',
      offerBytes({ networkId: new Uint8Array(32) }),
    ),
    bad(
      'other-label',
      'Signed for another use.',
      'DEVICE_SIGNATURE',
      offerBytes({ label: 'sign/prekeys' }),
    ),
    bad(
      'trailing-byte',
      'A byte after the signature.',
      'DEVICE_TRAILING',
      offerBytes({ extra: u8(0) }),
    ),
    bad(
      'small-order-key',
      'Everybody can sign for it.',
      'DEVICE_INVALID',
      offerBytes({ signKey: WRONG_KEYS.smallOrder }),
    ),
    bad(
      'exchange-key-zero',
      'The shared secret would be known.',
      'DEVICE_INVALID',
      offerBytes({ exchangeKey: new Uint8Array(32) }),
    ),
    bad('claim-instead', 'It is no offer.', 'DEVICE_STATE', claimBytes()),
  ]
}

function agreed(): Vector[] {
  const codeInput = (body: Uint8Array) => ({
    link: toHex(body),
    claim: toHex(claimBytes()),
    offer: toHex(offerBytes()),
  })
  const renamed = linkBytes({ name: 'tv' })
  const other = transcriptOf(renamed, claimBytes(), offerBytes())
  const keyInput = {
    dh: toHex(SHARED.dh),
    kem: toHex(SHARED.kem),
    transcript: toHex(TRANSCRIPT),
    kemCiphertext: toHex(KEM_CIPHERTEXT),
  }
  const hexKeys = (all: typeof KEYS) => ({
    sponsor: toHex(all.sponsor),
    newcomer: toHex(all.newcomer),
    confirmation: toHex(all.confirmation),
  })
  const ciphertext = flipped(KEM_CIPHERTEXT, 0)
  return [
    code.good('code', 'Six digits of link, claim and offer.', codeInput(linkBytes()), {
      transcript: toHex(TRANSCRIPT),
      code: codeOf(TRANSCRIPT),
    }),
    code.good('code-other-name', 'Another name is another code.', codeInput(renamed), {
      transcript: toHex(other),
      code: codeOf(other),
    }),
    keys.good('keys', 'X25519 and ML-KEM together.', keyInput, hexKeys(KEYS)),
    keys.good(
      'keys-other-ciphertext',
      'The ciphertext is in the derivation.',
      { ...keyInput, kemCiphertext: toHex(ciphertext) },
      hexKeys(linkKeys(TRANSCRIPT, ciphertext)),
    ),
  ]
}

function contents(): Vector[] {
  const input = (bytes: Uint8Array, from: 'sponsor' | 'newcomer' = 'newcomer') => ({
    message: toHex(bytes),
    from,
    key: toHex(KEYS[from]),
    transcript: toHex(TRANSCRIPT),
  })
  const done = concatBytes(u8(3), new Uint8Array(32).fill(9))
  const bad = (name: string, note: string, wrong: ErrorCode, bytes: Uint8Array) =>
    sealed.bad(`sealed-${name}`, note, wrong, input(bytes))
  const content = (bytes: Uint8Array) => sealedBytes('newcomer', bytes)
  const part = Uint8Array.of(1, 0, 1, 7, 7)
  return [
    sealed.good('sealed-done', 'The last word of the new device.', input(content(done)), {
      kind: 'done',
    }),
    sealed.good(
      'sealed-part',
      'A grant in one part.',
      input(sealedBytes('sponsor', part), 'sponsor'),
      { kind: 'part' },
    ),
    sealed.good('sealed-stop', 'The codes differ.', input(content(Uint8Array.of(2, 2))), {
      kind: 'stop',
    }),
    bad('forged', 'A bit of the tag.', 'DEVICE_SEAL', flipped(content(done), -1)),
    bad(
      'reflected',
      'What one side said comes back as the other’s.',
      'DEVICE_SEAL',
      sealedBytes('newcomer', done, { side: 0 }),
    ),
    bad(
      'other-transcript',
      'Sealed in another exchange.',
      'DEVICE_SEAL',
      sealedBytes('newcomer', done, { transcript: new Uint8Array(32) }),
    ),
    bad('empty', 'Nothing inside.', 'DEVICE_TRUNCATED', content(new Uint8Array(0))),
    bad('unknown-kind', 'A kind that there is not.', 'DEVICE_KIND', content(Uint8Array.of(4))),
    bad('no-parts', 'A part of none.', 'DEVICE_FIELD', content(Uint8Array.of(1, 0, 0))),
    bad(
      'nine-parts',
      'More parts than a grant has.',
      'DEVICE_FIELD',
      content(Uint8Array.of(1, 0, 9)),
    ),
    bad('part-beyond', 'The third of two.', 'DEVICE_FIELD', content(Uint8Array.of(1, 2, 2))),
    bad('done-trailing', 'A byte too many.', 'DEVICE_TRAILING', content(concatBytes(done, u8(0)))),
  ]
}

export function linkingVectors(): Vector[] {
  return [...links(), ...messages(), ...offers(), ...agreed(), ...contents()]
}
