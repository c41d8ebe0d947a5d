// What one run is to be. All of it, and nothing else, decides what happens.
import type { CourierMode } from '@ezchat/node/courier/event.ts'
import { type Conditions, GOOD_LINKS } from './conditions.ts'

/** A bug that is planted to see that it is found. */
export type Mutation =
  /** Says that a write is on disk before it is. */
  | 'early-sync'
  /** Carriers never compare what they hold. */
  | 'no-reconciliation'
  /** Carriers sign for what they do not keep, all of them. */
  | 'empty-promises'
  /** An intake that remembers nothing of before a crash. */
  | 'forgetful-intake'

export interface Plan {
  readonly seed: number
  readonly nodeCount: number
  /** How long users write, and faults happen. */
  readonly minutes: number
  /** Before it, for everybody to find everybody. */
  readonly warmUpMinutes: number
  /** After it, without faults: at most, for what is not delivered yet. */
  readonly settleMinutes: number
  /** Of these: in any case, for carriers to reconcile. */
  readonly calmMinutes: number
  readonly mode: CourierMode
  /** Of all nodes: whoever has one writes and reads. The others only carry. */
  readonly userShare: number
  /** Of the users: those with a light client. */
  readonly lightShare: number
  readonly natShare: number
  readonly messagesPerUserHour: number
  /**
   * Of all users, so many write, each once: the same work in networks of all sizes. 0: all write by
   * the hour, several times in a row.
   */
  readonly messagesEach: number
  readonly contentBytes: number
  readonly shardBits: number
  /**
   * The network has been there for long: nodes carry what is nearest to them, and the DHT knows. Else
   * all begin at once, and each carries everything until it has seen for hours that others do.
   */
  readonly isGrown: boolean
  /** Of each node's disk. */
  readonly quotaMib: number
  /** Share of nodes that are replaced by new ones, in an hour. */
  readonly churnPerHour: number
  /** Share of nodes that crash and come back, in an hour. */
  readonly crashesPerHour: number
  /** Share of nodes that leave for a good part of the run. */
  readonly awayShare: number
  readonly partitionMinutes: number
  /** The last node is away while the others write, and comes back when they are done. */
  readonly isOneAbsent: boolean
  readonly clogsPerHour: number
  readonly hasFaultyDisks: boolean
  readonly skewMsMax: number
  readonly liarShare: number
  readonly deadShare: number
  readonly sybilShare: number
  readonly garbageShare: number
  readonly blackholeShare: number
  /** Honest in all they do, and they compare notes. */
  readonly spyShare: number
  readonly conditions: Conditions
  readonly mutation: Mutation | null
}

export const CALM: Plan = {
  seed: 1,
  nodeCount: 100,
  minutes: 10,
  warmUpMinutes: 4,
  settleMinutes: 4 * 1440,
  calmMinutes: 3,
  mode: 'stem',
  userShare: 1,
  lightShare: 0,
  natShare: 0.3,
  messagesPerUserHour: 6,
  messagesEach: 0,
  contentBytes: 3000,
  shardBits: 8,
  isGrown: false,
  quotaMib: 1024,
  churnPerHour: 0,
  crashesPerHour: 0,
  awayShare: 0,
  partitionMinutes: 0,
  isOneAbsent: false,
  clogsPerHour: 0,
  hasFaultyDisks: false,
  skewMsMax: 0,
  liarShare: 0,
  deadShare: 0,
  sybilShare: 0,
  garbageShare: 0,
  blackholeShare: 0,
  spyShare: 0,
  conditions: GOOD_LINKS,
  mutation: null,
}

/** Everything at once. */
export const STORM: Plan = {
  ...CALM,
  nodeCount: 30,
  minutes: 12,
  settleMinutes: 8 * 1440,
  lightShare: 0.1,
  contentBytes: 500,
  messagesPerUserHour: 24,
  // With 256 of them most of the work would be to compare what is empty.
  shardBits: 3,
  churnPerHour: 0.5,
  crashesPerHour: 3,
  awayShare: 0.1,
  partitionMinutes: 4,
  clogsPerHour: 20,
  hasFaultyDisks: true,
  skewMsMax: 4 * 3_600_000,
  liarShare: 0.1,
  deadShare: 0.05,
  sybilShare: 0.05,
  garbageShare: 0.05,
  blackholeShare: 0.05,
  conditions: { ...GOOD_LINKS, resetShare: 0.001, lossShare: 0.01 },
}

type NumberKey = { [K in keyof Plan]: Plan[K] extends number ? K : never }[keyof Plan]

/** A shard is for so many nodes; a network that outgrows its shards begins a larger generation. */
const NODES_PER_SHARD = 39
/** From here on a network is taken for one that has grown, unless shards are asked for. */
export const LARGE_COUNT = 100

export function shardBitsFor(nodeCount: number): number {
  return Math.max(0, Math.min(8, Math.round(Math.log2(nodeCount / NODES_PER_SHARD))))
}

/** The options of the command, and what each sets. */
export const OPTIONS: Readonly<Record<string, NumberKey>> = {
  nodes: 'nodeCount',
  seed: 'seed',
  minutes: 'minutes',
  'warm-up': 'warmUpMinutes',
  settle: 'settleMinutes',
  calm: 'calmMinutes',
  users: 'userShare',
  light: 'lightShare',
  nat: 'natShare',
  rate: 'messagesPerUserHour',
  each: 'messagesEach',
  bytes: 'contentBytes',
  'shard-bits': 'shardBits',
  quota: 'quotaMib',
  churn: 'churnPerHour',
  crashes: 'crashesPerHour',
  away: 'awayShare',
  partition: 'partitionMinutes',
  clogs: 'clogsPerHour',
  skew: 'skewMsMax',
  liars: 'liarShare',
  dead: 'deadShare',
  sybils: 'sybilShare',
  garbage: 'garbageShare',
  blackholes: 'blackholeShare',
  spies: 'spyShare',
}

/** The command that runs it again. */
export function commandOf(plan: Plan, base: 'calm' | 'storm'): string {
  return `npm run sim -- ${wordsOf(plan, base).join(' ')}`
}

/** Its options, one word each. */
export function wordsOf(plan: Plan, base: 'calm' | 'storm'): string[] {
  const from = base === 'storm' ? STORM : CALM
  const words = base === 'storm' ? ['--storm'] : []
  for (const [name, key] of Object.entries(OPTIONS)) {
    if (name === 'seed' || name === 'shard-bits' || plan[key] !== from[key]) {
      words.push(`--${name}`, `${plan[key]}`)
    }
  }
  if (plan.mode !== from.mode) words.push('--mode', `${plan.mode}`)
  if (plan.hasFaultyDisks !== from.hasFaultyDisks) words.push('--disks')
  if (plan.isGrown) words.push('--grown')
  if (plan.isOneAbsent) words.push('--absent')
  const { latencyMs, lossShare, resetShare } = plan.conditions
  if (latencyMs !== from.conditions.latencyMs) words.push('--latency', `${latencyMs}`)
  if (lossShare !== from.conditions.lossShare) words.push('--loss', `${lossShare}`)
  if (resetShare !== from.conditions.resetShare) words.push('--resets', `${resetShare}`)
  if (plan.mutation !== null) words.push('--mutation', `${plan.mutation}`)
  return words
}
