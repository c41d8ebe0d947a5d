// Random histories against a model that is a map.
import type { EnvelopeStore } from '@ezchat/node/store/envelope-store.ts'
import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { Envelope } from '@ezchat/protocol/envelope/decode.ts'
import { type Check, holds } from '../check.ts'
import { ownerOf } from './drops.ts'
import {
  envelopeOf,
  isExact,
  type MakeStore,
  NOW_SECONDS,
  type Subject,
  withStore,
} from './subject.ts'

const HOUR = 3600
const owners = [1, 2, 3].map(ownerOf)

function seeded(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

interface Model {
  readonly held: Map<string, Envelope>
  readonly bounds: Map<string, number>
  readonly dropped: Set<string>
}

function isDropped({ bounds, dropped }: Model, { id, mailbox, timestampSeconds }: Envelope) {
  return timestampSeconds < (bounds.get(toHex(mailbox)) ?? 0) || dropped.has(toHex(id))
}

function envelopeAt(pick: (below: number) => number): Envelope {
  return envelopeOf({
    number: pick(400),
    shard: pick(2),
    mailbox: owners[pick(owners.length)]!.mailbox,
    timestampSeconds: NOW_SECONDS - pick(40) * HOUR,
  })
}

async function step(
  store: EnvelopeStore,
  model: Model,
  pick: (below: number) => number,
): Promise<void> {
  const { held, bounds, dropped } = model
  const choice = pick(20)
  if (choice === 0) {
    const nowSeconds = NOW_SECONDS + 30 * 86_400 - (20 + pick(20)) * HOUR
    await store.sweep(nowSeconds)
    for (const [name, one] of held) if (one.expiresAtSeconds <= nowSeconds) held.delete(name)
  } else if (choice === 1) {
    const owner = owners[pick(owners.length)]!
    const before = NOW_SECONDS - (30 + pick(10)) * HOUR
    await store.drop(owner.drop({ kind: 'before', before }))
    const name = toHex(owner.mailbox)
    bounds.set(name, Math.max(before, bounds.get(name) ?? 0))
  } else if (choice === 2) {
    const one = envelopeAt(pick)
    const owner = owners.find(({ mailbox }) => toHex(mailbox) === toHex(one.mailbox))!
    await store.drop(owner.drop({ kind: 'ids', madeAt: NOW_SECONDS, ids: [one.id] }))
    dropped.add(toHex(one.id))
  } else {
    const some = Array.from({ length: 1 + pick(12) }, () => envelopeAt(pick))
    const results = await Promise.all(some.map((envelope) => store.put(envelope)))
    for (const [at, one] of some.entries()) {
      const isKnown = held.has(toHex(one.id))
      const expected = isDropped(model, one) ? 'dropped' : isKnown ? 'known' : 'stored'
      holds(results[at]!.kind === expected, `put: ${results[at]!.kind}, expected ${expected}`)
      if (expected === 'stored') held.set(toHex(one.id), one)
    }
  }
  for (const [name, one] of held) if (isDropped(model, one)) held.delete(name)
}

async function live({ store: first, restart }: Subject, seed: number): Promise<void> {
  const pick = seeded(seed)
  const model: Model = { held: new Map(), bounds: new Map(), dropped: new Set() }
  let store = first
  for (let round = 0; round < 6; round++) {
    for (let at = 0; at < 12; at++) await step(store, model, pick)
    await isExact(store, model.held.values(), `seed ${seed}, round ${round}`)
    store = await restart()
    await isExact(store, model.held.values(), `seed ${seed}, round ${round}, restarted`)
  }
}

export function historyChecks(make: MakeStore): Check[] {
  return [7, 8, 9].map((seed) => ({
    name: `puts, drops, sweeps and restarts leave what a map would hold (seed ${seed})`,
    run: withStore(make, (subject) => live(subject, seed)),
  }))
}
