// Groups: what a rotation, a message and a history of additions take, at 10, 100 and 1,000 members.
import assert from 'node:assert/strict'
import { equalBytes, toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import { beginGraph, extendGraph, type GroupGraph } from '@ezchat/protocol/group/graph.ts'
import { emptyGroupKeys, type GroupKeys } from '@ezchat/protocol/group/keys.ts'
import { openGroupMessage, sealGroupMessage } from '@ezchat/protocol/group/message.ts'
import { signGroupOp } from '@ezchat/protocol/group/op.ts'
import { type Roster, type RosterDevice, rosterOf } from '@ezchat/protocol/group/roster.ts'
import {
  type Rotated,
  type RotationTaken,
  rotate,
  takeRotation,
} from '@ezchat/protocol/group/rotate.ts'
import { draftGroupOp, viewOf } from '@ezchat/protocol/group/view.ts'
import type { Case, Contender, Context } from '../frame/case.ts'
import { besideNoble, native } from './implementations.ts'

const NOW_SECONDS = 1_800_000_000
const CONTENT = native.randomBytes(1024)
const networkId = native.randomBytes(32)

interface Member extends RosterDevice {
  readonly seed: Secret
  readonly exchange: Secret
}

const drawSecret = (): Secret => Secret.adopt(native.randomBytes(32))

function drawMember(): Member {
  const seed = drawSecret()
  const exchange = drawSecret()
  return {
    identity: native.ed25519Public(drawSecret()),
    device: native.randomBytes(16),
    seed,
    exchange,
    signKey: native.ed25519Public(seed),
    exchangeKey: native.x25519Public(exchange),
  }
}

interface Group {
  readonly members: readonly Member[]
  readonly graph: GroupGraph
  readonly roster: Roster
  readonly ops: readonly Uint8Array[]
  readonly signKeyOf: (identity: Uint8Array) => Uint8Array | null
}

/** Each added by an operation of its own: the longest history that such a group has. */
function makeGroup(count: number): Group {
  const members = Array.from({ length: count }, drawMember)
  const founder = members[0]!
  const byIdentity = new Map(members.map((one) => [toHex(one.identity), one]))
  const signKeyOf = (identity: Uint8Array) => byIdentity.get(toHex(identity))?.signKey ?? null
  const create = signGroupOp(
    native,
    {
      groupId: new Uint8Array(32),
      parents: [],
      depth: 0,
      author: founder,
      change: { kind: 'create', salt: native.randomBytes(16), name: 'bench' },
    },
    founder.seed,
  )
  const ops = [create]
  let graph = beginGraph(native, create, signKeyOf)
  for (const { identity } of members.slice(1)) {
    const change = { kind: 'add', members: [{ identity, role: 'member' }] } as const
    ops.push(signGroupOp(native, draftGroupOp(graph, founder, change), founder.seed))
    graph = extendGraph(native, graph, ops.slice(-1), signKeyOf).graph
  }
  const roster = rosterOf(viewOf(graph), (identity) => ({
    active: [byIdentity.get(toHex(identity))!],
    revoked: [],
  }))
  return { members, graph, roster, ops, signKeyOf }
}

function rotateIn(crypto: Crypto, group: Group, keys: GroupKeys, by: Member): Rotated {
  return rotate(crypto, keys, {
    networkId,
    graphHeads: viewOf(group.graph).heads,
    roster: group.roster,
    self: by,
    signSeed: by.seed,
    nowSeconds: NOW_SECONDS,
  })
}

function takeIn(crypto: Crypto, group: Group, keys: GroupKeys, by: Member, bytes: Uint8Array) {
  return takeRotation(crypto, keys, bytes, {
    networkId,
    graph: group.graph,
    roster: group.roster,
    self: by,
    exchange: by.exchange,
    nowSeconds: NOW_SECONDS,
    via: 'session',
  })
}

/** Two members who have been in the group for one rotation. */
interface Pair {
  readonly group: Group
  readonly alice: Member
  readonly bob: Member
  readonly aliceKeys: GroupKeys
  readonly bobKeys: GroupKeys
}

function makePair(group: Group): Pair {
  const [alice, bob] = [group.members[0]!, group.members.at(-1)!]
  const empty = emptyGroupKeys(group.graph.groupId)
  const first = rotateIn(native, group, empty, alice)
  const content = first.pairwise.find(({ to }) => equalBytes(to.device, bob.device))!.content
  const taken = takeIn(native, group, empty, bob, content)
  assert.ok(taken?.kind === 'taken')
  return { group, alice, bob, aliceKeys: first.keys, bobKeys: taken.keys }
}

/** For Bob: on the lane where there are slots, else in his session. */
function forBob(rotated: Rotated, { bob }: Pair): Uint8Array {
  const own = rotated.pairwise.find(({ to }) => equalBytes(to.device, bob.device))
  return own?.content ?? rotated.laneMessages[0]!
}

/** A result that the other member cannot read is not a rotation. */
function checkRotation(pair: Pair, result: unknown): void {
  const rotated = result as Rotated
  const taken = takeIn(native, pair.group, pair.bobKeys, pair.bob, forBob(rotated, pair))
  assert.equal(taken?.kind, 'taken')
}

function rotationCases(pair: Pair): Case[] {
  const { group, alice, aliceKeys, bob, bobKeys } = pair
  const count = group.members.length
  const target = count === 1000 ? { target: { most: 300 } } : {}
  const bytesTarget = count === 1000 ? { target: { most: 65_536 } } : {}
  const rotated = rotateIn(native, group, aliceKeys, alice)
  return [
    {
      kind: 'timed',
      name: `rotation made, ${count} members`,
      unit: 'ms',
      ...target,
      contenders: () =>
        besideNoble((crypto) => ({
          run: () => rotateIn(crypto, group, aliceKeys, alice),
          check: (result) => checkRotation(pair, result),
        })),
    },
    {
      kind: 'timed',
      name: `rotation taken, ${count} members`,
      unit: 'ms',
      contenders: () =>
        besideNoble((crypto) => ({
          run: () => takeIn(crypto, group, bobKeys, bob, forBob(rotated, pair)),
          check: (result) => assert.equal((result as RotationTaken | null)?.kind, 'taken'),
        })),
    },
    {
      kind: 'counted',
      name: `rotation on the wire, ${count} members`,
      unit: 'bytes',
      ...bytesTarget,
      count: () => {
        checkRotation(pair, rotated)
        const all = [...rotated.laneMessages, ...rotated.pairwise.map(({ content }) => content)]
        return { ours: all.reduce((sum, { length }) => sum + length, 0) }
      },
    },
  ]
}

function sealIn(crypto: Crypto, { group, alice, aliceKeys }: Pair): Uint8Array {
  const draft = {
    networkId,
    conversationId: group.graph.groupId,
    content: CONTENT,
    self: alice,
    signSeed: alice.seed,
  }
  return sealGroupMessage(crypto, aliceKeys, group.roster, draft)!.bytes
}

function openIn(crypto: Crypto, { group, bob, bobKeys }: Pair, bytes: Uint8Array): Uint8Array {
  const opened = openGroupMessage(crypto, bobKeys, bytes, {
    networkId,
    conversationId: group.graph.groupId,
    roster: group.roster,
    self: bob,
    nowSeconds: NOW_SECONDS,
  })
  assert.ok(opened?.kind === 'opened')
  return opened.content
}

function messageCase(pair: Pair): Case {
  const check: Contender['check'] = (result) => assert.deepEqual(result, CONTENT)
  return {
    kind: 'timed',
    name: `message of 1 KiB sealed and opened by one, ${pair.group.members.length} members`,
    unit: 'per second',
    contenders: () =>
      besideNoble((crypto) => ({ run: () => openIn(crypto, pair, sealIn(crypto, pair)), check })),
  }
}

function joinCase({ ops, signKeyOf, members }: Group): Case {
  return {
    kind: 'timed',
    name: `history of a newcomer verified, ${members.length} members one by one`,
    unit: 'ms',
    ...(members.length === 1000 ? { target: { most: 1000 } } : {}),
    contenders: () => [
      {
        name: 'native',
        run: () => {
          const graph = beginGraph(native, ops[0]!, signKeyOf)
          return extendGraph(native, graph, ops.slice(1), signKeyOf).graph
        },
        check: (graph) => {
          assert.equal(viewOf(graph as GroupGraph).members.size, members.length)
        },
      },
    ],
  }
}

export function* groupCases({ quick }: Pick<Context, 'quick'>): Generator<Case> {
  for (const count of quick ? [10, 100] : [10, 100, 1000]) {
    const group = makeGroup(count)
    const pair = makePair(group)
    yield* rotationCases(pair)
    yield messageCase(pair)
    yield joinCase(group)
  }
}
