// Who may be one and the same: peers whose addresses share a /16 or a /48.

const IP4 = /^\/ip4\/(\d+)\.(\d+)\./
const IP6 = /^\/ip6\/([0-9a-f]*:[0-9a-f]*:[0-9a-f]*)/i

/** Null where the addresses do not say. */
export function addressGroupOf(addresses: readonly string[]): string | null {
  for (const address of addresses) {
    const ip4 = IP4.exec(address)
    if (ip4 !== null) return `${ip4[1]}.${ip4[2]}`
    const ip6 = IP6.exec(address)
    if (ip6 !== null) return ip6[1]!.toLowerCase()
  }
  return null
}

/** The same order, but before a group has its second turn every other one has its first. */
export function spreadByGroup<T>(items: readonly T[], groupOf: (item: T) => string | null): T[] {
  const turns = new Map<string, number>()
  const placed = items.map((item, place) => {
    const group = groupOf(item)
    const turn = group === null ? 0 : (turns.get(group) ?? 0)
    if (group !== null) turns.set(group, turn + 1)
    return { item, place, turn }
  })
  return placed.sort((a, b) => a.turn - b.turn || a.place - b.place).map(({ item }) => item)
}
