// The rules of group.md §4 a second time, from the text and without care for speed: sets of
// hashes, no indexes, everything computed again at every step.
import { compareBytes, toHex } from '../../src/codec/bytes.ts'
import { decodeGroupOp, type GroupOp, hashGroupOp } from '../../src/group/op.ts'
import { cheapCrypto } from './people.ts'

interface Fact {
  readonly id: string
  readonly hash: Uint8Array
  readonly op: GroupOp
  readonly author: string
  readonly past: ReadonlySet<string>
}

const TAKES = new Set(['remove', 'leave', 'demote', 'revoke', 'expel'])
const isTake = (fact: Fact) => TAKES.has(fact.op.change.kind)
const before = (a: Fact, b: Fact) => b.past.has(a.id)
const concurrent = (a: Fact, b: Fact) => a.id !== b.id && !before(a, b) && !before(b, a)

function giftsTo(who: string, { op, author }: Fact): { member: boolean; admin: boolean } {
  const { change } = op
  if (change.kind === 'create') return { member: author === who, admin: author === who }
  if (change.kind === 'add') {
    const added = change.members.find(({ identity }) => toHex(identity) === who)
    return { member: added !== undefined, admin: added?.role === 'admin' }
  }
  const promoted = change.kind === 'promote' && toHex(change.identity) === who
  const joined = change.kind === 'join' && toHex(change.joiner.identity) === who
  return { member: joined, admin: promoted }
}

function removes(who: string, { op: { change }, author }: Fact): boolean {
  if (change.kind === 'leave') return author === who
  return change.kind === 'remove' && toHex(change.identity) === who
}

const demotes = (who: string, { op: { change } }: Fact) =>
  change.kind === 'demote' && toHex(change.identity) === who

const deviceOf = ({ op }: Fact) => toHex(op.author.identity) + toHex(op.author.device)

function expels(device: string, { op: { change } }: Fact): boolean {
  if (change.kind !== 'expel') return false
  return toHex(change.target.identity) + toHex(change.target.device) === device
}

const inOrder = (facts: Iterable<Fact>) =>
  [...facts].sort((a, b) => a.op.depth - b.op.depth || compareBytes(a.hash, b.hash))

function memberSince(who: string, facts: readonly Fact[]): Fact | null {
  const gifts = facts.filter((fact) => giftsTo(who, fact).member)
  const takes = facts.filter((fact) => removes(who, fact))
  return inOrder(gifts.filter((gift) => takes.every((take) => before(take, gift))))[0] ?? null
}

function isNamed(who: string, facts: readonly Fact[]): boolean {
  if (memberSince(who, facts) === null) return false
  const grants = facts.filter((fact) => giftsTo(who, fact).admin)
  const against = facts.filter((fact) => removes(who, fact) || demotes(who, fact))
  return grants.some((grant) => against.every((take) => before(take, grant)))
}

function everybody(facts: readonly Fact[]): string[] {
  const names = new Set<string>()
  for (const { op, author } of facts) {
    names.add(author)
    if (op.change.kind === 'add') {
      for (const { identity } of op.change.members) names.add(toHex(identity))
    }
    if (op.change.kind === 'join') names.add(toHex(op.change.joiner.identity))
  }
  return [...names].sort()
}

export function adminsOf(facts: readonly Fact[]): string[] {
  const names = everybody(facts)
  const named = names.filter((who) => isNamed(who, facts))
  if (named.length > 0) return named
  const members = names.flatMap((who) => {
    const since = memberSince(who, facts)
    return since === null ? [] : [{ who, since }]
  })
  members.sort(
    (a, b) =>
      a.since.op.depth - b.since.op.depth ||
      compareBytes(a.since.hash, b.since.hash) ||
      (a.who < b.who ? -1 : 1),
  )
  return members.slice(0, 1).map(({ who }) => who)
}

function adminNeeded({ op: { change }, author }: Fact): boolean {
  if (change.kind === 'demote') return toHex(change.identity) !== author
  if (change.kind === 'expel') return toHex(change.target.identity) !== author
  return !['create', 'join', 'leave'].includes(change.kind)
}

function counts(fact: Fact, all: readonly Fact[], counted: readonly Fact[]): boolean {
  if (isTake(fact) || fact.op.change.kind === 'create') return true
  const { author } = fact
  const device = deviceOf(fact)
  const unknown = all.filter((other) => concurrent(other, fact))
  if (unknown.some((other) => removes(author, other) || expels(device, other))) return false
  if (adminNeeded(fact) && unknown.some((other) => demotes(author, other))) return false
  const past = counted.filter((other) => before(other, fact))
  if (adminNeeded(fact) && !adminsOf(past).includes(author)) return false
  if (memberSince(author, past) === null) return false
  return fact.op.change.kind !== 'join' || joinCounts(fact, all, counted, past)
}

function joinCounts(
  fact: Fact,
  all: readonly Fact[],
  counted: readonly Fact[],
  past: readonly Fact[],
): boolean {
  const { change } = fact.op
  if (change.kind !== 'join') return false
  const name = toHex(change.invite)
  const invite = past.find(({ id }) => id === name)
  if (invite?.op.change.kind !== 'invite' || !adminsOf(past).includes(invite.author)) return false
  const isEnd = (other: Fact) =>
    (other.op.change.kind === 'revoke' && toHex(other.op.change.invite) === name) ||
    ((removes(invite.author, other) || demotes(invite.author, other)) && !before(other, invite))
  if (all.some((other) => isEnd(other) && !before(fact, other))) return false
  const joins = counted.filter(
    ({ op }) => op.change.kind === 'join' && toHex(op.change.invite) === name,
  )
  return joins.length < invite.op.change.uses
}

export interface Verdict {
  readonly members: readonly string[]
  readonly admins: readonly string[]
}

/** Of operations that were each rightly refused or taken: who is in, and who leads. */
export function judge(ops: readonly Uint8Array[]): Verdict {
  const facts = new Map<string, Fact>()
  for (const bytes of ops) {
    const op = decodeGroupOp(bytes)
    const hash = hashGroupOp(cheapCrypto, bytes)
    const past = new Set<string>()
    for (const parent of op.parents.map(toHex)) {
      past.add(parent)
      for (const id of facts.get(parent)!.past) past.add(id)
    }
    facts.set(toHex(hash), { id: toHex(hash), hash, op, author: toHex(op.author.identity), past })
  }
  const all = [...facts.values()]
  const counted: Fact[] = []
  for (const fact of inOrder(all)) if (counts(fact, all, counted)) counted.push(fact)
  const members = everybody(counted).filter((who) => memberSince(who, counted) !== null)
  return { members, admins: adminsOf(counted) }
}
