// Random and changed bytes give a ProtocolError, null or a value whose bytes are the same.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { toHex, utf8 } from '../../src/codec/bytes.ts'
import { GRANT_PART_BYTES, GRANT_PARTS_MAX } from '../../src/constants.ts'
import { Secret } from '../../src/crypto/secret.ts'
import { decodeContact, encodeContact, NEW_CONTACT } from '../../src/device/contact.ts'
import {
  checkGrant,
  decodeGrant,
  encodeGrant,
  type Grant,
  splitGrant,
} from '../../src/device/grant.ts'
import { decodeLinkBody, encodeLinkBody } from '../../src/device/link-body.ts'
import {
  decodeLinkContent,
  decodeLinkMessage,
  encodeAnswer,
  encodeClaim,
  encodeLinkContent,
  encodeSealed,
  encodeStop,
  type LinkMessage,
} from '../../src/device/link-message.ts'
import {
  decodeNewcomer,
  decodeSponsor,
  encodeNewcomer,
  encodeSponsor,
} from '../../src/device/link-state.ts'
import { decodeLogHeads, encodeLogHeads } from '../../src/device/log-heads.ts'
import { decodeOwnKey, drawOwnKey, encodeOwnKey } from '../../src/device/own-key.ts'
import { decodeOwnContent, encodeOwnContent } from '../../src/device/own-message.ts'
import { encodeDeviceProof, openDeviceProof } from '../../src/device/proof.ts'
import { decodeRegister, encodeRegister } from '../../src/device/register.ts'
import {
  decodeReadMark,
  decodeRegisterKey,
  encodeReadMark,
  encodeRegisterKey,
} from '../../src/device/register-key.ts'
import { newRoster } from '../../src/device/roster.ts'
import { decodeRoster, encodeRoster } from '../../src/device/roster-state.ts'
import { decodeSetting, encodeSetting } from '../../src/device/setting.ts'
import { startSponsor } from '../../src/device/sponsor.ts'
import { ProtocolError } from '../../src/errors.ts'
import { headOf } from '../../src/identity/device-log.ts'
import {
  add,
  crypto,
  deviceOf,
  grantTerms,
  identityKey,
  log,
  NOW,
  networkId,
  seedOf,
  shownLink,
  today,
  warrantFor,
} from './family.ts'

const family = log([add('laptop', ['publish', 'manage']), null], [add('phone'), null])
const { state, link } = shownLink()
const started = startSponsor(crypto, link, { networkId, nowSeconds: NOW }).state
assert.ok('link' in started)

function encodeMessage(message: LinkMessage): Uint8Array | null {
  if (message.kind === 'claim') return encodeClaim(message)
  if (message.kind === 'answer') return encodeAnswer(message)
  if (message.kind === 'sealed') return encodeSealed(message.nonce, message.sealed)
  return message.kind === 'stop' ? encodeStop(message.reason) : null
}

const { grant, warrantsFor } = grantTerms(family)
const wholeGrant: Grant = {
  ...grant,
  identityKey,
  entries: family.entries,
  warrants: warrantsFor(deviceOf('phone')),
}
const word = {
  key: encodeRegisterKey({ area: 'setting', name: 'theme' }),
  device: deviceOf('phone').id,
  sequence: 7,
  stamp: { ms: NOW * 1000, counter: 1 },
  value: Secret.copy(utf8('dark')),
}
const secretly = (decode: (value: Secret) => Secret) => (bytes: Uint8Array) =>
  decode(Secret.copy(bytes)).reveal()
const party = {
  identityKey,
  deviceId: deviceOf('phone').id,
  signKey: deviceOf('phone').signKey,
  deviceKey: deviceOf('phone').exchangeKey,
}

interface Format {
  readonly good: Uint8Array
  /** Decodes, and encodes again; null where that cannot be done. */
  readonly again: (bytes: Uint8Array) => Uint8Array | null
}

const own = (content: ReturnType<typeof decodeOwnContent>) => content && encodeOwnContent(content)
const FORMATS: { readonly [name: string]: Format } = {
  link: { good: encodeLinkBody(link), again: (b) => encodeLinkBody(decodeLinkBody(b)) },
  offer: { good: state.offer, again: (b) => encodeMessage(decodeLinkMessage(b)) },
  claim: { good: started.claim, again: (b) => encodeMessage(decodeLinkMessage(b)) },
  stop: { good: encodeStop('code'), again: (b) => encodeMessage(decodeLinkMessage(b)) },
  answer: {
    good: encodeAnswer({ kemCiphertext: new Uint8Array(1088), confirmation: new Uint8Array(32) }),
    again: (b) => encodeMessage(decodeLinkMessage(b)),
  },
  part: {
    good: encodeLinkContent({ kind: 'part', index: 1, count: 2, bytes: utf8('part') }),
    again: (b) => encodeLinkContent(decodeLinkContent(b)),
  },
  done: {
    good: encodeLinkContent({ kind: 'done', headHash: new Uint8Array(32) }),
    again: (b) => encodeLinkContent(decodeLinkContent(b)),
  },
  grant: { good: encodeGrant(wholeGrant), again: (b) => encodeGrant(decodeGrant(crypto, b)) },
  newcomer: { good: encodeNewcomer(state), again: (b) => encodeNewcomer(decodeNewcomer(b)) },
  sponsor: { good: encodeSponsor(started), again: (b) => encodeSponsor(decodeSponsor(b)) },
  heads: {
    good: encodeLogHeads({ own: headOf(family), yours: headOf(family) }),
    again: (b) => encodeLogHeads(decodeLogHeads(b)),
  },
  proof: {
    good: encodeDeviceProof(family, deviceOf('phone').id),
    again: (b) => {
      openDeviceProof(crypto, b, party)
      return null
    },
  },
  ownKey: {
    good: encodeOwnKey(drawOwnKey(crypto, family)),
    again: (b) => encodeOwnKey(decodeOwnKey(b)),
  },
  registers: {
    good: encodeOwnContent({ kind: 'registers', registers: [word] }),
    again: (b) => own(decodeOwnContent(b)),
  },
  conversations: {
    good: encodeOwnContent({
      kind: 'conversations',
      ids: [new Uint8Array(32), seedOf('a').reveal()],
    }),
    again: (b) => own(decodeOwnContent(b)),
  },
  log: {
    good: encodeOwnContent({ kind: 'log', fromSeq: 0, entries: family.entries }),
    again: (b) => own(decodeOwnContent(b)),
  },
  register: { good: encodeRegister(word), again: (b) => encodeRegister(decodeRegister(b)) },
  key: {
    good: word.key,
    again: (b) => {
      const subject = decodeRegisterKey(b)
      return subject && encodeRegisterKey(subject)
    },
  },
  mark: {
    good: encodeReadMark({ entryHash: new Uint8Array(32), stamp: word.stamp }).reveal(),
    again: secretly((value) => encodeReadMark(decodeReadMark(value))),
  },
  contact: {
    good: encodeContact({
      ...NEW_CONTACT,
      petname: 'Bob',
      isVerified: true,
      doorSecret: seedOf('door'),
      homeShard: 4,
      addedSeconds: 9,
      unknown: new Map([[200, Secret.copy(utf8('x'))]]),
    }).reveal(),
    again: secretly((value) => encodeContact(decodeContact(value))),
  },
  flag: {
    good: encodeSetting({ kind: 'flag', value: true }).reveal(),
    again: secretly((value) => encodeSetting(decodeSetting(value))),
  },
  text: {
    good: encodeSetting({ kind: 'text', value: 'dark' }).reveal(),
    again: secretly((value) => encodeSetting(decodeSetting(value))),
  },
  roster: {
    good: encodeRoster({
      ...newRoster(family),
      fetchedSeconds: 5,
      shunned: new Set(['00'.repeat(16)]),
    }),
    again: (b) => encodeRoster(decodeRoster(crypto, b)),
  },
}

function holds({ again }: Format, bytes: Uint8Array): void {
  try {
    const back = again(Uint8Array.from(bytes))
    if (back !== null) assert.equal(toHex(back), toHex(bytes))
  } catch (error: unknown) {
    assert.ok(error instanceof ProtocolError, String(error))
  }
}

for (const [name, format] of Object.entries(FORMATS)) {
  describe(`bytes of a ${name}`, () => {
    const { good } = format

    test('come back as they were', () => {
      const back = format.again(good)
      if (back !== null) assert.equal(toHex(back), toHex(good))
    })

    test('cut short or with a byte more are refused, or have another meaning', () => {
      const step = Math.max(1, Math.floor(good.length / 60))
      for (let length = 0; length < good.length; length += step) {
        holds(format, good.subarray(0, length))
      }
      holds(format, Uint8Array.of(...good, 0))
    })

    test('changed or drawn at random have one form or none', () => {
      const change = fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }))
      fc.assert(
        fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
          const bytes = Uint8Array.from(good)
          for (const [at, by] of changes) bytes[at]! ^= by
          holds(format, bytes)
        }),
        { numRuns: 120 },
      )
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
          holds(format, bytes)
          bytes.set(good.subarray(0, Math.min(2, bytes.length)))
          holds(format, bytes)
        }),
        { numRuns: 80 },
      )
    })
  })
}

const refuses = (run: () => void, code: string): void => {
  assert.throws(run, (error: unknown) => error instanceof ProtocolError && error.code === code)
}

describe('limits', () => {
  test('what is too long is refused before it is read', () => {
    refuses(
      () => decodeGrant(crypto, new Uint8Array(GRANT_PART_BYTES * GRANT_PARTS_MAX + 1)),
      'DEVICE_LIMIT',
    )
    refuses(() => decodeLinkMessage(new Uint8Array(70_000)), 'DEVICE_LIMIT')
    refuses(() => decodeRegister(new Uint8Array(5000)), 'REGISTER_LIMIT')
    refuses(() => decodeRegisterKey(new Uint8Array(65)), 'REGISTER_LIMIT')
    refuses(() => decodeOwnContent(Uint8Array.of(1, 1, 1)), 'DEVICE_LIMIT')
    refuses(() => decodeOwnContent(Uint8Array.of(3, 2, 1)), 'DEVICE_LIMIT')
    refuses(() => decodeContact(Secret.copy(Uint8Array.of(1, 33))), 'REGISTER_LIMIT')
    const part = encodeLinkContent({
      kind: 'part',
      index: 0,
      count: 1,
      bytes: new Uint8Array(GRANT_PART_BYTES + 1),
    })
    refuses(() => decodeLinkContent(part), 'DEVICE_LIMIT')
    assert.equal(decodeLinkContent(part.subarray(0, -1)).kind, 'part')
  })

  test('a grant of the greatest length goes in eight parts', () => {
    assert.equal(splitGrant(new Uint8Array(GRANT_PART_BYTES * GRANT_PARTS_MAX)).length, 8)
    assert.equal(splitGrant(new Uint8Array(0)).length, 1)
    assert.throws(() => splitGrant(new Uint8Array(GRANT_PART_BYTES * GRANT_PARTS_MAX + 1)))
  })

  test('too many doors and warrants are refused', () => {
    const bytes = encodeGrant({ ...wholeGrant, doors: [], warrants: [], snapshot: null })
    const doorsAt = bytes.length - 5
    refuses(() => decodeGrant(crypto, bytes.with(doorsAt, 17)), 'DEVICE_LIMIT')
    refuses(() => decodeGrant(crypto, bytes.with(doorsAt + 1, 3)), 'DEVICE_LIMIT')
    const twice = encodeGrant({ ...wholeGrant, doors: [seedOf('a'), seedOf('a')], warrants: [] })
    refuses(() => decodeGrant(crypto, twice), 'DEVICE_ORDER')
    const [first, second] = wholeGrant.warrants
    const disordered = encodeGrant({ ...wholeGrant, warrants: [second!, first!] })
    refuses(() => decodeGrant(crypto, disordered), 'DEVICE_ORDER')
    const doorless = encodeGrant({ ...wholeGrant, doors: [] })
    refuses(() => decodeGrant(crypto, doorless), 'DEVICE_FIELD')
  })
})

describe('a grant', () => {
  const phone = deviceOf('phone')
  const reader = {
    networkId,
    deviceId: phone.id,
    signKey: phone.signKey,
    exchangeKey: phone.exchangeKey,
    nowSeconds: NOW,
  }
  const check = (change: Partial<Grant>, read: Partial<typeof reader> = {}) =>
    checkGrant(crypto, { ...wholeGrant, ...change }, { ...reader, ...read })

  test('for this device is taken', () => assert.deepEqual(check({}).entries, family.entries))

  test('that does not fit is refused', () => {
    refuses(() => check({}, { networkId: new Uint8Array(32) }), 'DEVICE_NETWORK')
    refuses(() => check({ homeShard: 256 }), 'DEVICE_FIELD')
    refuses(() => check({ identityKey: new Uint8Array(32) }), 'DEVICE_INVALID')
    refuses(() => check({ entries: family.entries.slice(0, 1) }), 'DEVICE_PERMISSION')
    refuses(() => check({}, { signKey: deviceOf('x').signKey }), 'DEVICE_PERMISSION')
    refuses(() => check({}, { exchangeKey: deviceOf('x').exchangeKey }), 'DEVICE_PERMISSION')
    refuses(() => check({ ownKey: { ...wholeGrant.ownKey, seq: 2 } }), 'DEVICE_FIELD')
    refuses(() => check({ entries: [] }), 'DEVICE_LOG_LENGTH')
    const other = { door: 0, period: today, warrant: warrantFor(deviceOf('x'), today) }
    refuses(() => check({ warrants: [other] }), 'DEVICE_PERMISSION')
    const elsewhere = { ...other, period: today + 1 }
    refuses(() => check({ warrants: [elsewhere] }), 'WARRANT_PERMISSION')
    const quiet = log([add('laptop', ['manage']), null], [add('phone', []), null])
    refuses(() => check({ entries: quiet.entries }), 'DEVICE_PERMISSION')
  })
})
