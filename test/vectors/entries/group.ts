import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { beginGraph, extendGraph, type GroupGraph } from '@ezchat/protocol/group/graph.ts'
import { emptyGroupKeys, type GroupKeys } from '@ezchat/protocol/group/keys.ts'
import { deriveGroupLane } from '@ezchat/protocol/group/lane.ts'
import { openGroupMessage } from '@ezchat/protocol/group/message.ts'
import { decodeGroupOp, type SignKeyOf } from '@ezchat/protocol/group/op.ts'
import { type RosterDevice, rosterOf } from '@ezchat/protocol/group/roster.ts'
import { takeRotation } from '@ezchat/protocol/group/rotate.ts'
import { decodeRotationMessage } from '@ezchat/protocol/group/rotation.ts'
import { viewOf } from '@ezchat/protocol/group/view.ts'
import { bytes, list, number, secret, text } from '../input.ts'
import type { Entries, Json, JsonObject } from '../vector.ts'

/** On which the vectors ask for the lane. */
const DAY = 20_666

/** Identity, device, Ed25519 key and X25519 key in a row. */
function devicesIn(input: JsonObject): readonly RosterDevice[] {
  return list(input, 'devices').map((packed) => ({
    identity: packed.slice(0, 32),
    device: packed.slice(32, 48),
    signKey: packed.slice(48, 80),
    exchangeKey: packed.slice(80, 112),
  }))
}

function graphIn(input: JsonObject, crypto: Crypto): GroupGraph {
  const devices = devicesIn(input)
  const signKeyOf: SignKeyOf = (identity, device) => {
    const name = toHex(identity) + toHex(device)
    const found = devices.find((one) => toHex(one.identity) + toHex(one.device) === name)
    return found?.signKey ?? null
  }
  const [first, ...ops] = list(input, 'ops')
  const graph = beginGraph(crypto, first!, signKeyOf)
  const extension = extendGraph(crypto, graph, ops, signKeyOf)
  if (extension.refused.length > 0) throw extension.refused[0]!.error
  return extension.graph
}

function plainView(graph: GroupGraph): Json {
  const { members, name, heads, invites, expelled } = viewOf(graph)
  return {
    groupId: toHex(graph.groupId),
    name,
    members: [...members.values()].map(({ identity, role }) => `${role} ${toHex(identity)}`),
    heads: heads.map(toHex),
    invites: invites.map(({ usesLeft }) => usesLeft),
    expelled: expelled.length,
  }
}

function takenBy(input: JsonObject, crypto: Crypto): { keys: GroupKeys; graph: GroupGraph } | null {
  const graph = graphIn(input, crypto)
  const devices = devicesIn(input)
  const of = (identity: Uint8Array) => {
    const id = toHex(identity)
    return { active: devices.filter((one) => toHex(one.identity) === id), revoked: [] }
  }
  const taken = takeRotation(crypto, emptyGroupKeys(graph.groupId), bytes(input, 'rotation'), {
    networkId: bytes(input, 'networkId'),
    graph,
    roster: rosterOf(viewOf(graph), of),
    self: devices[number(input, 'self')]!,
    exchange: secret(input, 'exchange'),
    nowSeconds: 1_800_000_000,
    via: text(input, 'via') === 'lane' ? 'lane' : 'session',
  })
  return taken?.kind === 'taken' ? { keys: taken.keys, graph } : null
}

export const entries: Entries = {
  op(input) {
    const { groupId, parents, depth, author, change } = decodeGroupOp(bytes(input, 'op'))
    return {
      groupId: toHex(groupId),
      parents: parents.map(toHex),
      depth,
      author: toHex(author.identity) + toHex(author.device),
      kind: change.kind,
    }
  },
  replay(input, crypto) {
    return plainView(graphIn(input, crypto))
  },
  'rotation-form'(input) {
    const { head, part, root } = decodeRotationMessage(bytes(input, 'rotation'))
    return { devices: head.tags.length / 4, part: part?.part ?? null, hasRoot: root !== null }
  },
  rotation(input, crypto) {
    const taken = takenBy(input, crypto)
    const epoch = taken?.keys.epochs[0]
    if (epoch === undefined) return null
    const lane = deriveGroupLane(crypto, epoch.lane, bytes(input, 'networkId'), DAY)
    return {
      id: toHex(epoch.id),
      lane: toHex(epoch.lane.reveal()),
      mailbox: toHex(lane.mailbox),
      seal: toHex(lane.sealKey.reveal()),
      header: toHex(epoch.header.reveal()),
      chains: epoch.chains.map(({ key }) => toHex(key.reveal())),
      psk: epoch.psk === null ? null : toHex(epoch.psk.reveal()),
    }
  },
  message(input, crypto) {
    const taken = takenBy(input, crypto)
    if (taken === null) return null
    const devices = devicesIn(input)
    const self = devices[number(input, 'self')]!
    const of = (identity: Uint8Array) => {
      const id = toHex(identity)
      return { active: devices.filter((one) => toHex(one.identity) === id), revoked: [] }
    }
    const roster = rosterOf(viewOf(taken.graph), of)
    const networkId = bytes(input, 'networkId')
    const conversationId = bytes(input, 'conversationId')
    const place = { networkId, conversationId, roster, self, nowSeconds: 1_800_000_000 }
    let keys = taken.keys
    const contents: string[] = []
    for (const message of list(input, 'messages')) {
      const opened = openGroupMessage(crypto, keys, message, place)
      if (opened === null) return null
      if (opened.kind !== 'opened') return opened.kind
      keys = opened.keys
      contents.push(`${opened.counter} ${toHex(opened.sender.device)} ${toHex(opened.content)}`)
    }
    return contents
  },
}
