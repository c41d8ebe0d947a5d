import { concatBytes, toHex, utf8 } from '@ezchat/protocol/codec/bytes.ts'
import type { ErrorCode } from '@ezchat/protocol/errors.ts'
import { ed25519_hasher } from '@noble/curves/ed25519.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import type { Json, JsonObject, Vector } from '../vector.ts'
import {
  ADD,
  ALICE,
  BASE,
  BOB,
  CAROL,
  CONTENT,
  GROUP_ID,
  operations,
  packed,
  sorted,
} from './group/operations.ts'
import {
  epochIdOf,
  epochOf,
  hashOf,
  type MessageParts,
  message,
  NETWORK_ID,
  type RotationParts,
  rotationBody,
  signedRotation,
  slotsOf,
  tagOf,
  who,
  ZERO,
} from './reference/groups.ts'
import { secretOf, u8, u32 } from './reference/pieces.ts'
import { verdicts } from './reference/verdict.ts'

const form = verdicts('group', 'rotation-form')
const take = verdicts('group', 'rotation')
const open = verdicts('group', 'message')

const ROOT = secretOf('root')
const PSK = secretOf('psk')
const EVERYBODY = sorted([ALICE, BOB, CAROL])
const TAGS = EVERYBODY.map((one) => tagOf(GROUP_ID, one))
const CONVERSATION = secretOf('conversation')
const PAIRWISE: RotationParts = {
  groupId: GROUP_ID,
  rotator: ALICE,
  heads: [hashOf(ADD)],
  root: ROOT,
  tags: TAGS,
}
const label = (use: string): Uint8Array => utf8(`ezchat/v1/${use}\0`)

const rooted = (body: Uint8Array, by = ALICE) => concatBytes(u8(1), ROOT, signedRotation(body, by))

function forms(): Vector[] {
  const body = rotationBody(PAIRWISE)
  const bad = (name: string, note: string, defect: string, rotation: Uint8Array) =>
    form.bad(name, note, `ROTATION_${defect}` as ErrorCode, { rotation: toHex(rotation) })
  const lie = (parts: Partial<RotationParts>) => rooted(rotationBody({ ...PAIRWISE, ...parts }))
  const tags = (count: number) => Array.from({ length: count }, () => new Uint8Array(4))
  const twice = [hashOf(ADD), hashOf(ADD)]
  const { rest, slots } = slotsOf(GROUP_ID, ROOT, secretOf('ephemeral'), EVERYBODY)
  const inSlots = signedRotation(rotationBody({ ...PAIRWISE, mode: 2, rest }), ALICE)
  const part = (number: number) => concatBytes(u8(4), inSlots, u8(number), slots)
  return [
    form.good(
      'rotation-form',
      'A root in a session.',
      { rotation: toHex(rooted(body)) },
      { devices: 3, part: null, hasRoot: true },
    ),
    form.good(
      'slots-form',
      'A root in slots.',
      { rotation: toHex(part(0)) },
      { devices: 3, part: 0, hasRoot: false },
    ),
    bad(
      'rotation-truncated',
      'The signature is cut short.',
      'TRUNCATED',
      rooted(body).slice(0, -1),
    ),
    bad(
      'rotation-trailing-byte',
      'Something after the signature.',
      'TRAILING',
      concatBytes(rooted(body), u8(0)),
    ),
    bad('rotation-version', 'A version of later.', 'VERSION', lie({ version: 2 })),
    bad('rotation-suite', 'A suite of later.', 'KIND', lie({ suite: 2 })),
    bad('rotation-mode', 'A mode of later.', 'FIELD', lie({ mode: 3 })),
    bad('rotation-no-head', 'It must say what it knows of the graph.', 'FIELD', lie({ heads: [] })),
    bad('rotation-heads-order', 'A head is named once.', 'ORDER', lie({ heads: twice })),
    bad('rotation-no-device', 'For nobody.', 'FIELD', lie({ tags: [] })),
    bad(
      'rotation-sessions-too-many',
      'At most 32 devices by sessions.',
      'LIMIT',
      lie({ tags: tags(33) }),
    ),
    bad(
      'rotation-too-many',
      'At most 4,800 devices.',
      'LIMIT',
      lie({ mode: 2, tags: [], count: 4801 }),
    ),
    bad(
      'rotation-useless-psk',
      'In sessions nothing is mixed in.',
      'FIELD',
      lie({ pskId: PSK.slice(0, 16) }),
    ),
    bad(
      'rotation-carries-nothing',
      'Neither root nor slots.',
      'FIELD',
      concatBytes(u8(0), signedRotation(body, ALICE)),
    ),
    bad(
      'rotation-carries-unknown',
      'A bit of later.',
      'FIELD',
      concatBytes(u8(9), ROOT, signedRotation(body, ALICE)),
    ),
    bad(
      'rotation-psk-only',
      'A shared key without a root.',
      'FIELD',
      concatBytes(u8(2), PSK, signedRotation(body, ALICE)),
    ),
    bad('rotation-no-such-part', 'It has one part.', 'FIELD', part(1)),
    bad(
      'rotation-slots-in-sessions',
      'Slots where it says that there are none.',
      'FIELD',
      concatBytes(u8(4), signedRotation(body, ALICE), u8(0), slots),
    ),
    bad('rotation-too-long', 'Refused before it is read.', 'LIMIT', new Uint8Array(65_537)),
  ]
}

function inputOf(rotation: Uint8Array, reader = BOB, via = 'session'): JsonObject {
  return {
    ops: BASE.map(toHex),
    devices: packed(EVERYBODY),
    networkId: toHex(NETWORK_ID),
    rotation: toHex(rotation),
    self: EVERYBODY.indexOf(reader),
    exchange: toHex(reader.exchange),
    via,
  }
}

const DAY = 20_666

/** A point without a known logarithm, and the key of the bodies of its envelopes. */
function laneOf(secret: Uint8Array): { readonly mailbox: string; readonly seal: string } {
  const context = concatBytes(NETWORK_ID, u32(DAY))
  const derive = (use: string) =>
    hkdf(sha256, secret, new Uint8Array(0), concatBytes(label(use), context), 32)
  const name = derive('group/mailbox')
  const point = ed25519_hasher.hashToCurve(name, { DST: label('group/mailbox') })
  return { mailbox: toHex(point.toBytes()), seal: toHex(derive('group/seal')) }
}

function epochOutput(
  body: Uint8Array,
  psk: Uint8Array | undefined,
  kept: readonly Uint8Array[],
): Json {
  const epoch = epochOf(body, ROOT, psk)
  return {
    id: toHex(epochIdOf(body)),
    lane: toHex(epoch.lane),
    ...laneOf(epoch.lane),
    header: toHex(epoch.header),
    chains: TAGS.map((_, at) => toHex(epoch.chain(at))),
    psk: kept.map(toHex),
  }
}

function slotted(pskId: Uint8Array, lie: Partial<RotationParts> = {}, root = ROOT) {
  const { rest, slots } = slotsOf(GROUP_ID, root, secretOf('ephemeral'), EVERYBODY)
  const body = rotationBody({ ...PAIRWISE, mode: 2, pskId, rest, root, ...lie })
  return { body, slots, signed: signedRotation(body, ALICE) }
}

function rotations(): Vector[] {
  const body = rotationBody(PAIRWISE)
  const psk = hkdf(
    sha256,
    ROOT,
    new Uint8Array(0),
    concatBytes(label('group/psk'), epochIdOf(body)),
    32,
  )
  const pskId = sha256(concatBytes(label('hash/group-psk'), PSK)).slice(0, 16)
  const bad = (name: string, note: string, defect: string, rotation: Uint8Array, via = 'session') =>
    take.bad(name, note, `ROTATION_${defect}` as ErrorCode, inputOf(rotation, BOB, via))
  const lie = (parts: Partial<RotationParts>, by = ALICE) =>
    rooted(rotationBody({ ...PAIRWISE, ...parts }), by)
  const mixed = slotted(pskId)
  const plain = slotted(new Uint8Array(16))
  const inLane = concatBytes(u8(4), plain.signed, u8(0), plain.slots)
  const other = slotted(new Uint8Array(16), { root: PSK })
  const eve = who('eve')
  return [
    take.good(
      'rotation',
      'Keys from a root that came in a session, and what later ones mix in.',
      inputOf(rooted(body)),
      epochOutput(body, undefined, [psk]),
    ),
    take.good(
      'rotation-slots',
      'Keys from a slot, with nothing mixed in.',
      inputOf(inLane, CAROL, 'lane'),
      epochOutput(plain.body, undefined, []),
    ),
    take.good(
      'rotation-slots-psk',
      'Keys from a slot, with the key that came in the session.',
      inputOf(concatBytes(u8(6), PSK, mixed.signed, u8(0), mixed.slots)),
      epochOutput(mixed.body, PSK, [PSK]),
    ),
    take.notMine(
      'rotation-without-psk',
      'The shared key is not known: ask a member.',
      inputOf(concatBytes(u8(4), mixed.signed, u8(0), mixed.slots), BOB, 'lane'),
    ),
    take.notMine('rotation-of-another-group', 'Another group’s.', inputOf(lie({ groupId: ZERO }))),
    take.notMine(
      'rotation-without-us',
      'Our device is not among its tags: ask a member.',
      inputOf(lie({ tags: [tagOf(GROUP_ID, ALICE)] })),
    ),
    bad('rotation-network', 'Another network’s.', 'NETWORK', lie({ networkId: ZERO })),
    bad(
      'rotation-unknown-head',
      'Rests on operations that are not known here: get them first.',
      'LINKAGE',
      lie({ heads: [ZERO] }),
    ),
    bad('rotation-by-stranger', 'By no member’s device.', 'PERMISSION', lie({ rotator: eve }, eve)),
    bad('rotation-forged', 'Signed by another member.', 'SIGNATURE', lie({}, BOB)),
    bad(
      'rotation-root-in-lane',
      'A root that every former member can read.',
      'STATE',
      rooted(body),
      'lane',
    ),
    bad(
      'rotation-other-root',
      'Another root than the one it is committed to.',
      'SEAL',
      concatBytes(u8(1), PSK, signedRotation(body, ALICE)),
    ),
    bad(
      'rotation-other-slots',
      'Slots that the signature does not cover.',
      'LINKAGE',
      concatBytes(u8(4), plain.signed, u8(0), plain.slots.with(0, plain.slots[0]! ^ 1)),
      'lane',
    ),
    bad(
      'rotation-closed-slot',
      'A slot made for another root’s commitment.',
      'SEAL',
      concatBytes(u8(4), other.signed, u8(0), other.slots),
      'lane',
    ),
  ]
}

const BODY = rotationBody(PAIRWISE)

function messages(): Vector[] {
  const index = EVERYBODY.indexOf(ALICE)
  const parts: MessageParts = {
    groupId: GROUP_ID,
    body: BODY,
    root: ROOT,
    sender: ALICE,
    index,
    counter: 0,
    conversationId: CONVERSATION,
    content: CONTENT,
  }
  const input = (list: readonly Uint8Array[], more: JsonObject = {}): JsonObject => ({
    ...inputOf(rooted(BODY)),
    conversationId: toHex(CONVERSATION),
    messages: list.map(toHex),
    ...more,
  })
  const at = (counter: number, more: Partial<MessageParts> = {}) =>
    message({ ...parts, counter, ...more })
  const said = (counter: number) => `${counter} ${toHex(ALICE.device)} ${toHex(CONTENT)}`
  const bad = (name: string, note: string, defect: string, ...list: readonly Uint8Array[]) =>
    open.bad(name, note, `GROUP_MESSAGE_${defect}` as ErrorCode, input(list))
  const one = at(0)
  return [
    open.good('message', 'The first of its sender.', input([one]), [said(0)]),
    open.good('message-order', 'In any order, each once.', input([at(2), at(0), at(1)]), [
      said(2),
      said(0),
      said(1),
    ]),
    open.good('message-skip', 'A thousand may be missing.', input([at(1000)]), [said(1000)]),
    open.good(
      'message-rolled-back',
      'Our own, which our state has forgotten: rotate before sending.',
      input([at(0, { sender: BOB, index: EVERYBODY.indexOf(BOB) })]),
      'rolled-back',
    ),
    open.notMine(
      'message-conversation',
      'Of another conversation.',
      input([one], { conversationId: toHex(ZERO) }),
    ),
    open.notMine('message-network', 'Of another network.', input([at(0, { networkId: ZERO })])),
    open.notMine('message-epoch', 'Of an epoch that is not known.', input([at(0, { root: PSK })])),
    open.notMine('message-short', 'Too short to be one.', input([one.slice(0, 115)])),
    bad('message-version', 'A version of later.', 'VERSION', one.with(0, 2)),
    bad('message-suite', 'A suite of later.', 'KIND', one.with(1, 2)),
    bad(
      'message-no-sender',
      'A place that no device has.',
      'FIELD',
      at(0, { index: 3, chainIndex: 0 }),
    ),
    bad(
      'message-other-chain',
      'Sealed with another sender’s key.',
      'SEAL',
      at(0, { chainIndex: (index + 1) % 3 }),
    ),
    bad('message-changed', 'A changed byte.', 'SEAL', one.with(60, one[60]! ^ 1)),
    bad(
      'message-posing',
      'Every member has every key: signed by another.',
      'SIGNATURE',
      at(0, { signedBy: CAROL }),
    ),
    bad(
      'message-other-number',
      'Signed for another number.',
      'SIGNATURE',
      at(1, { signedCounter: 0 }),
    ),
    bad('message-replayed', 'A second time.', 'STALE', one, one),
    bad('message-too-far', 'More than a thousand ahead.', 'LIMIT', at(1001)),
  ]
}

export function build(): Vector[] {
  return [...operations(), ...forms(), ...rotations(), ...messages()]
}
