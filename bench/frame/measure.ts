// Times contenders against each other: checked first, warmed up, then interleaved, so that a slow
// minute of the machine falls on all of them.
import type { Contender, TimeUnit } from './case.ts'
import { median, noise } from './statistics.ts'

export interface Plan {
  /** Runs of each contender, of which the median counts. */
  readonly rounds: number
  /** A run repeats its work until it has lasted this long. */
  readonly roundNs: number
  readonly nowNs: () => bigint
}

export interface Measurement {
  readonly contender: string
  readonly perPieceNs: number
  readonly noise: number
}

/** The result was not what the case says it must be. Nothing about it may be quoted. */
export class WrongResult extends Error {
  override readonly name = 'WrongResult'
}

async function check(contender: Contender, result: unknown): Promise<void> {
  try {
    await contender.check(result)
  } catch (cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new WrongResult(`${contender.name}: ${why}`, { cause })
  }
}

interface Lap {
  readonly elapsedNs: number
  readonly result: unknown
}

async function lap(contender: Contender, repeats: number, plan: Plan): Promise<Lap> {
  const { prepare, run } = contender
  const prepared: unknown[] = []
  for (let i = 0; i < repeats; i++) prepared.push(await prepare?.())
  let result: unknown
  const from = plan.nowNs()
  for (let i = 0; i < repeats; i++) {
    result = run(prepared[i])
    if (result instanceof Promise) result = await result
  }
  return { elapsedNs: Number(plan.nowNs() - from), result }
}

/** How often to repeat so that one lap lasts `roundNs`; doubles as the warm-up. */
async function calibrate(contender: Contender, plan: Plan): Promise<number> {
  let repeats = 1
  for (;;) {
    const { elapsedNs, result } = await lap(contender, repeats, plan)
    if (repeats === 1) await check(contender, result)
    if (elapsedNs >= plan.roundNs) return repeats
    const missing = plan.roundNs / Math.max(elapsedNs, 1)
    repeats = Math.ceil(repeats * Math.min(10, Math.max(1.2, missing)))
  }
}

export async function measure(
  contenders: readonly Contender[],
  plan: Plan,
): Promise<Measurement[]> {
  const repeats: number[] = []
  for (const contender of contenders) repeats.push(await calibrate(contender, plan))
  const samples: number[][] = contenders.map(() => [])
  for (let round = 0; round < plan.rounds; round++) {
    for (let turn = 0; turn < contenders.length; turn++) {
      // Somebody else goes first each time.
      const at = (turn + round) % contenders.length
      const { elapsedNs, result } = await lap(contenders[at]!, repeats[at]!, plan)
      samples[at]!.push(elapsedNs / repeats[at]!)
      if (round === plan.rounds - 1) await check(contenders[at]!, result)
    }
  }
  return contenders.map(({ name, pieces = 1 }, at) => ({
    contender: name,
    perPieceNs: median(samples[at]!) / pieces,
    noise: noise(samples[at]!),
  }))
}

const NS_PER: { readonly [unit in Exclude<TimeUnit, 'per second'>]: number } = {
  ns: 1,
  µs: 1e3,
  ms: 1e6,
  s: 1e9,
}

export function inUnit(perPieceNs: number, unit: TimeUnit): number {
  return unit === 'per second' ? 1e9 / perPieceNs : perPieceNs / NS_PER[unit]
}
