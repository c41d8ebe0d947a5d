// The options of `npm run sim`.
import type { ParseArgsConfig } from 'node:util'
import {
  CALM,
  LARGE_COUNT,
  type Mutation,
  OPTIONS,
  type Plan,
  STORM,
  shardBitsFor,
} from './plan.ts'

export const MODES = ['direct', 'stem', 'cover'] as const
const MUTATIONS: readonly Mutation[] = [
  'early-sync',
  'no-reconciliation',
  'empty-promises',
  'forgetful-intake',
]

export const OPTION_DEFINITIONS = {
  ...Object.fromEntries(Object.keys(OPTIONS).map((name) => [name, { type: 'string' } as const])),
  mode: { type: 'string' },
  mutation: { type: 'string' },
  soak: { type: 'string' },
  jobs: { type: 'string' },
  latency: { type: 'string' },
  loss: { type: 'string' },
  resets: { type: 'string' },
  report: { type: 'boolean' },
  quick: { type: 'boolean' },
  json: { type: 'boolean' },
  stories: { type: 'boolean' },
  storm: { type: 'boolean' },
  disks: { type: 'boolean' },
  absent: { type: 'boolean' },
  grown: { type: 'boolean' },
} satisfies NonNullable<ParseArgsConfig['options']>

export interface Asked {
  readonly plan: Plan
  readonly base: 'calm' | 'storm'
}

type Draft = { -readonly [K in keyof Plan]: Plan[K] }
type Values = { readonly [name: string]: string | boolean | undefined }

function numberOf(name: string, value: string | boolean): number {
  const number = Number(value)
  if (!Number.isFinite(number) || number < 0) throw new Error(`--${name}: not ${value}`)
  return number
}

function oneOf<T extends string>(name: string, value: string | boolean, of: readonly T[]): T {
  const found = of.find((one) => one === value)
  if (found === undefined) throw new Error(`--${name}: one of ${of.join(', ')}, not ${value}`)
  return found
}

export function parsePlan(values: Values): Asked {
  const base = values.storm === true || values.soak !== undefined ? 'storm' : 'calm'
  const plan: Draft = { ...(base === 'storm' ? STORM : CALM) }
  for (const [name, key] of Object.entries(OPTIONS)) {
    const value = values[name]
    if (value !== undefined) plan[key] = numberOf(name, value)
  }
  if (values['shard-bits'] === undefined && base === 'calm' && plan.nodeCount >= LARGE_COUNT) {
    plan.shardBits = shardBitsFor(plan.nodeCount)
    plan.isGrown = true
  }
  const { mode, mutation, latency, loss, resets } = values
  if (mode !== undefined) plan.mode = oneOf('mode', mode, MODES)
  if (mutation !== undefined) plan.mutation = oneOf('mutation', mutation, MUTATIONS)
  if (values.disks === true) plan.hasFaultyDisks = !plan.hasFaultyDisks
  if (values.absent === true) plan.isOneAbsent = true
  if (values.grown === true) plan.isGrown = true
  const conditions = { ...plan.conditions }
  if (latency !== undefined) conditions.latencyMs = numberOf('latency', latency)
  if (loss !== undefined) conditions.lossShare = numberOf('loss', loss)
  if (resets !== undefined) conditions.resetShare = numberOf('resets', resets)
  return { plan: { ...plan, conditions }, base }
}
