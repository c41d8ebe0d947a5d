// The first-spy experiment: some nodes write down from whom each envelope reached them first, and
// say that this was its author. How often are they right?
import { type Delivery, StemNetwork } from './network.ts'
import { envelopeOf, seededUnit } from './seeded.ts'
import { Timeline } from './timeline.ts'

export interface FirstSpyOptions {
  readonly nodes: number
  /** Share of nodes that spy. They follow the protocol otherwise. */
  readonly spies: number
  readonly seed: number
  readonly messages?: number
}

export interface FirstSpyResult {
  readonly messages: number
  /** Share of authors named rightly when authors push to carriers themselves. */
  readonly direct: number
  /** The same when they hand over to the stem. */
  readonly stem: number
  /** From submitting to the first push to carriers, holds included. */
  readonly stemMsP50: number
  readonly stemMsP95: number
}

interface Sighting {
  readonly atMs: number
  readonly suspect: number
}

const CARRIERS_PUSHED = 4
const LINK_MS = 100

/** Pushed to a few carriers, gossiped from there. The first spy to hear names who told it. */
function watchGossip(
  network: StemNetwork,
  from: { readonly node: number; readonly atMs: number },
  spies: ReadonlySet<number>,
  unit: () => number,
): Sighting | null {
  const linkMs = () => LINK_MS * (0.5 + unit())
  const queue = new Timeline<{ readonly to: number; readonly teller: number }>()
  const heard = new Set<number>([from.node])
  for (let i = 0; i < CARRIERS_PUSHED; i++) {
    const to = Math.floor(unit() * network.stems.length)
    queue.push(from.atMs + linkMs(), { to, teller: from.node })
  }
  for (;;) {
    const next = queue.pop(Number.POSITIVE_INFINITY)
    if (next === null) return null
    const { to, teller } = next.value
    if (heard.has(to)) continue
    if (spies.has(to)) return { atMs: next.atMs, suspect: teller }
    heard.add(to)
    for (const other of network.neighbours[to]!) {
      if (!heard.has(other)) queue.push(next.atMs + linkMs(), { to: other, teller: to })
    }
  }
}

function firstOf(sightings: readonly (Sighting | null)[]): number | null {
  let first: Sighting | null = null
  for (const sighting of sightings) {
    if (sighting !== null && (first === null || sighting.atMs < first.atMs)) first = sighting
  }
  return first === null ? null : first.suspect
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.floor(sorted.length * share)] ?? Number.NaN
}

function firstByEnvelope<T extends { readonly id: string }>(events: readonly T[]): Map<string, T> {
  const first = new Map<string, T>()
  for (const event of events) if (!first.has(event.id)) first.set(event.id, event)
  return first
}

export function firstSpy({ nodes, spies: share, seed, messages = 400 }: FirstSpyOptions) {
  const network = new StemNetwork({ nodes, seed, linkMs: LINK_MS })
  const unit = seededUnit(seed + 1)
  const spies = new Set<number>()
  while (spies.size < Math.round(nodes * share)) spies.add(Math.floor(unit() * nodes))
  const honest = Array.from({ length: nodes }, (_, node) => node).filter((node) => !spies.has(node))
  const written = Array.from({ length: messages }, (_, i) => {
    const author = honest[Math.floor(unit() * honest.length)]!
    const atMs = i * 5000
    return { id: network.submit(author, envelopeOf(i), atMs), author, atMs }
  })
  network.run(messages * 5000 + 120_000)

  const onStem = firstByEnvelope(network.relays.filter(({ to }) => spies.has(to)))
  const pushed: Map<string, Delivery> = firstByEnvelope(network.deliveries)
  let stem = 0
  let direct = 0
  for (const { id, author, atMs } of written) {
    const relay = onStem.get(id)
    const seen = relay === undefined ? null : { atMs: relay.atMs + LINK_MS, suspect: relay.from }
    const delivery = pushed.get(id)!
    if (firstOf([seen, watchGossip(network, delivery, spies, unit)]) === author) stem += 1
    if (firstOf([watchGossip(network, { node: author, atMs }, spies, unit)]) === author) direct += 1
  }
  const tookMs = written.map(({ id, atMs }) => pushed.get(id)!.atMs - atMs).sort((a, b) => a - b)
  return {
    messages,
    direct: direct / messages,
    stem: stem / messages,
    stemMsP50: quantile(tookMs, 0.5),
    stemMsP95: quantile(tookMs, 0.95),
  } satisfies FirstSpyResult
}
