// One random history of a group in partitions, from one seed, checked against the oracle.
import assert from 'node:assert/strict'
import { concatBytes, fromHex, toHex } from '../../src/codec/bytes.ts'
import { Secret } from '../../src/crypto/secret.ts'
import { ProtocolError } from '../../src/errors.ts'
import { extendGraph } from '../../src/group/graph.ts'
import { proveJoin } from '../../src/group/join.ts'
import type { GroupChange } from '../../src/group/op.ts'
import { judge, type Verdict } from './oracle.ts'
import { cheapCrypto, hashed, type Person, person, plain, Replica, signKeyOf } from './people.ts'

const NAMES = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'grace']
const LINK = Secret.adopt(hashed('link of histories'))

export type Draw = (most: number) => number

/** mulberry32. */
export function drawFrom(seed: number): Draw {
  let state = seed >>> 0
  return (most) => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) % most
  }
}

function pick<T>(draw: Draw, from: readonly T[]): T {
  return from[draw(from.length)]!
}

function someone(draw: Draw): Person {
  return person(pick(draw, NAMES), draw(4) === 0 ? 'phone' : 'laptop')
}

function memberOf(replica: Replica, draw: Draw): Person {
  const members = NAMES.filter((name) => replica.has(person(name)))
  if (members.length === 0) return someone(draw)
  return person(pick(draw, members), draw(4) === 0 ? 'phone' : 'laptop')
}

function joinBy(replica: Replica, joiner: Person, draw: Draw): GroupChange {
  const invites = [...replica.graph.invites.keys()]
  const invite = invites.length === 0 ? hashed('none') : fromHex(pick(draw, invites))
  const seeds = { link: LINK, device: joiner.seed }
  const proof = proveJoin(cheapCrypto, replica.graph.groupId, invite, joiner, seeds)
  return { kind: 'join', ...proof }
}

function changeOf(replica: Replica, draw: Draw): GroupChange {
  const who = someone(draw)
  const { identity } = who
  switch (draw(12)) {
    case 0:
    case 1:
    case 2:
      return { kind: 'add', members: [{ identity, role: draw(2) === 0 ? 'admin' : 'member' }] }
    case 3:
    case 4:
      return { kind: 'remove', identity }
    case 5:
      return { kind: 'promote', identity }
    case 6:
      return { kind: 'demote', identity }
    case 7:
      return { kind: 'leave' }
    case 8: {
      const linkKey = cheapCrypto.ed25519Public(LINK)
      return { kind: 'invite', linkKey, expiresAtSeconds: 0, uses: 1 + draw(2) }
    }
    case 9:
      return joinBy(replica, who, draw)
    case 10: {
      const invites = [...replica.graph.invites.keys()]
      if (invites.length === 0 || draw(2) === 0) return { kind: 'expel', target: who }
      return { kind: 'revoke', invite: fromHex(pick(draw, invites)) }
    }
    default:
      return { kind: 'rename', name: `name ${draw(4)}` }
  }
}

/** Whoever it is tries; what is refused is refused by its own past and changes nothing. */
function tryStep(replica: Replica, draw: Draw): void {
  const author = draw(8) === 0 ? someone(draw) : memberOf(replica, draw)
  const before = replica.graph
  try {
    replica.do(author, changeOf(replica, draw))
  } catch (error: unknown) {
    if (!(error instanceof ProtocolError)) throw error
    assert.equal(replica.graph, before)
  }
}

function shuffled<T>(draw: Draw, items: readonly T[]): T[] {
  const mixed = [...items]
  for (let at = mixed.length - 1; at > 0; at--) {
    const other = draw(at + 1)
    const swapped = mixed[at]!
    mixed[at] = mixed[other]!
    mixed[other] = swapped
  }
  return mixed
}

export interface HistorySize {
  readonly replicas: number
  readonly steps: number
}

function grow(draw: Draw, { replicas, steps }: HistorySize): Replica {
  const first = Replica.create(person('alice'))
  first.addAs('admin', person('alice'), person('bob'))
  first.add(person('alice'), person('carol'), person('dave'))
  const all = Array.from({ length: replicas }, () => first.copy())
  for (let step = 0; step < steps; step++) {
    const replica = pick(draw, all)
    if (draw(6) === 0) replica.merge(pick(draw, all))
    else tryStep(replica, draw)
  }
  return first.merge(...all)
}

function namesOf(replica: Replica): Verdict {
  const members = [...replica.view.members.keys()]
  return { members, admins: members.filter((id) => replica.view.members.get(id)!.role === 'admin') }
}

/** Throws where any reader would disagree with another one or with the oracle. */
export function checkHistory(seed: number, size: HistorySize = { replicas: 3, steps: 40 }): number {
  const draw = drawFrom(seed)
  const merged = grow(draw, size)
  const ops = merged.graph.nodes.map(({ bytes }) => bytes)
  const other = Replica.create(person('alice'))
  // One by one and in any order, as a stranger to the group would get them.
  let waiting: readonly Uint8Array[] = []
  for (const bytes of shuffled(draw, ops.slice(1))) {
    const extension = extendGraph(cheapCrypto, other.graph, [...waiting, bytes], signKeyOf())
    assert.deepEqual(extension.refused, [])
    other.graph = extension.graph
    waiting = extension.waiting
  }
  assert.deepEqual(waiting, [])
  assert.deepEqual(plain(other.view), plain(merged.view))
  assert.deepEqual(namesOf(merged), judge(ops))
  assert.equal(toHex(concatBytes(...other.view.heads)), toHex(concatBytes(...merged.view.heads)))
  return ops.length
}
