// Which shards a daemon carries: carrier.md §2. A decision, and nothing that acts on it.
import {
  DUTY_ADOPT_COUNT_MAX,
  DUTY_CARRIERS_ENOUGH,
  DUTY_CARRIERS_MIN,
  DUTY_LEAVE_CONNECTED_MIN,
  DUTY_LEAVE_EMPTY_COUNT_MAX,
  DUTY_SATISFIED_COUNT_MAX,
  DUTY_SMALL_CARRIERS,
  DUTY_SMALL_CARRIERS_ENOUGH,
  DUTY_STAY_MS_MIN,
} from '../limits.ts'

/** `own`: of this daemon's identities only. `all`: whatever it costs. */
export type CarryMode = 'auto' | 'all' | 'own'

/** Other carriers of one shard. */
export interface OtherCarriers {
  /** Connected, and said so themselves. */
  readonly connectedCount: number
  /** Those, and the ones that served or that others told of. */
  readonly knownCount: number
}

export interface DutyView {
  readonly mode: CarryMode
  /** All shards, the nearest to our peer first. */
  readonly order: readonly number[]
  /** Of our own identities: carried in any case. */
  readonly own: ReadonlySet<number>
  /** With the time since when. */
  readonly carried: ReadonlyMap<number, number>
  /** Other carriers that we know of, whatever they carry. */
  readonly carrierCount: number
  readonly othersOf: (shard: number) => OtherCarriers
  /** Other carriers hold what we hold of it. */
  readonly isHandedOver: (shard: number) => boolean
  /** We hold nothing of it. */
  readonly isEmpty: (shard: number) => boolean
  /** As many shards as the disk's quota allows. */
  readonly shardCountMax: number
  readonly nowMs: number
}

export interface Duty {
  /** The nearest first. */
  readonly adopt: readonly number[]
  readonly leave: readonly number[]
  /** Everybody carries everything. */
  readonly isSmall: boolean
}

export function decideDuty(view: DutyView): Duty {
  const isSmall = view.mode === 'auto' && isSmallNetwork(view)
  const wanted = new Set([...view.own, ...extraShards(view, isSmall)])
  const adopt = view.order.filter((shard) => wanted.has(shard) && !view.carried.has(shard))
  const isGradual = view.mode === 'auto' && !isSmall
  const own = adopt.filter((shard) => view.own.has(shard))
  const others = adopt.filter((shard) => !view.own.has(shard))
  return {
    adopt: [...own, ...(isGradual ? others.slice(0, DUTY_ADOPT_COUNT_MAX) : others)],
    leave: shardsToLeave(view, wanted),
    isSmall,
  }
}

/** Whoever carries everything already waits for more before the network is a large one. */
function isSmallNetwork({ carried, order, carrierCount }: DutyView): boolean {
  const isAll = carried.size === order.length
  return carrierCount < (isAll ? DUTY_SMALL_CARRIERS_ENOUGH : DUTY_SMALL_CARRIERS)
}

function extraShards(view: DutyView, isSmall: boolean): readonly number[] {
  if (view.mode === 'own') return []
  if (view.mode === 'all') return view.order
  if (isSmall) return view.order.slice(0, Math.max(1, view.shardCountMax))
  return neededShards(view)
}

/**
 * From the nearest outwards: those that have too few carriers. Whoever lives among shards that have
 * enough need not look farther; those have neighbours of their own.
 */
function neededShards(view: DutyView): number[] {
  const needed: number[] = []
  let satisfiedCount = 0
  for (const [place, shard] of view.order.entries()) {
    if (needed.length >= Math.max(1, view.shardCountMax)) break
    const { knownCount } = view.othersOf(shard)
    const enough = view.carried.has(shard) ? DUTY_CARRIERS_ENOUGH : DUTY_CARRIERS_MIN
    if (place === 0 || knownCount < enough) {
      needed.push(shard)
      satisfiedCount = 0
    } else if (++satisfiedCount >= DUTY_SATISFIED_COUNT_MAX) {
      break
    }
  }
  return needed
}

/**
 * One at a time and the farthest first, so that carriers that all want to go see each other go. With
 * those that are empty nothing is left behind: several at a time.
 */
function shardsToLeave(view: DutyView, wanted: ReadonlySet<number>): number[] {
  const farthest = view.order
    .filter((shard) => view.carried.has(shard) && !wanted.has(shard) && hasOthers(view, shard))
    .reverse()
  const empty = farthest.filter(view.isEmpty)
  if (empty.length > 0) return empty.slice(0, DUTY_LEAVE_EMPTY_COUNT_MAX)
  const isOver = (shard: number) => view.nowMs - view.carried.get(shard)! >= DUTY_STAY_MS_MIN
  const shard = farthest.find((candidate) => isOver(candidate) && view.isHandedOver(candidate))
  return shard === undefined ? [] : [shard]
}

function hasOthers({ mode, othersOf }: DutyView, shard: number): boolean {
  const { connectedCount, knownCount } = othersOf(shard)
  const enough = mode === 'own' ? DUTY_LEAVE_CONNECTED_MIN : DUTY_CARRIERS_ENOUGH
  return connectedCount >= DUTY_LEAVE_CONNECTED_MIN && knownCount >= enough
}
