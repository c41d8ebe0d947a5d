// What a suite hands to the frame.

export interface Target {
  /** The value must be at least, or at most, this. */
  readonly least?: number
  readonly most?: number
  /** Of what is counted per second: the ratio to each peer must be at least this. */
  readonly ratioLeast?: number
}

/** Time per piece of work in one of the first four, or pieces per second. */
export type TimeUnit = 'ns' | 'µs' | 'ms' | 's' | 'per second'

/** One way of doing the work: ours, a peer's, or the bare operation that bounds both. */
export interface Contender {
  readonly name: string
  /** Makes what one run uses up, which may take a while. Not timed. */
  readonly prepare?: () => unknown
  readonly run: (prepared: unknown) => unknown
  /** How many pieces of work one run does; 1 unless said. */
  readonly pieces?: number
  /** Throws unless the result is right. Called before anything is timed, and after. */
  readonly check: (result: unknown) => void | Promise<void>
}

/** Work that is timed. */
export interface TimedCase {
  readonly kind: 'timed'
  readonly name: string
  readonly unit: TimeUnit
  readonly target?: Target
  /** The first is ours. Built when its turn comes, so that one case's memory is not another's. */
  readonly contenders: () => readonly Contender[] | Promise<readonly Contender[]>
}

export interface Figures {
  readonly ours: number
  readonly peers?: { readonly [name: string]: number }
}

/** A number that is counted or computed: bytes, round trips, probabilities. */
export interface CountedCase {
  readonly kind: 'counted'
  readonly name: string
  readonly unit: string
  readonly target?: Target
  /** Throws unless what it counted is right. */
  readonly count: () => Figures | Promise<Figures>
}

export type Case = TimedCase | CountedCase

export interface Context {
  /** Smaller inputs and fewer runs: to see that it works, not to quote. */
  readonly quick: boolean
  /** Not to measure, only to see that every case is right: tiny inputs, and nothing is fetched. */
  readonly check: boolean
}

export interface Suite {
  readonly name: string
  readonly describe: string
  readonly cases: (context: Context) => Iterable<Case> | AsyncIterable<Case>
}

/** One line of `--json`. `ratio` is value divided by the peer's value. */
export interface Result {
  readonly suite: string
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly peer: string | null
  readonly ratio: number | null
  readonly target: string | null
  readonly met: boolean | null
}
