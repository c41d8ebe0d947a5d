// Numbers from one seed. Each part of a run draws from a stream of its own, so that one draw more in
// one part changes nothing in the others.

function hashText(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash >>> 0
}

function mixed(value: number): number {
  let bits = value
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return (bits ^ (bits >>> 16)) >>> 0
}

/** sfc32: fast, and good enough for anything but keys that somebody attacks. */
export class Random {
  readonly #seed: number
  #a: number
  #b: number
  #c: number
  #counter = 1

  constructor(seed: number, name = '') {
    this.#seed = mixed(Math.imul(seed, 0x9e3779b1) ^ hashText(name))
    this.#a = this.#seed
    this.#b = mixed(this.#seed + 0x6a09e667)
    this.#c = mixed(this.#seed + 0xbb67ae85)
    for (let step = 0; step < 12; step++) this.u32()
  }

  /** A stream of its own, the same for the same name. */
  split(name: string): Random {
    return new Random(this.#seed, name)
  }

  u32(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum
    return sum >>> 0
  }

  /** From 0 to 1, without 1. */
  unit(): number {
    return this.u32() / 2 ** 32
  }

  between(least: number, most: number): number {
    return least + this.unit() * (most - least)
  }

  below(count: number): number {
    return Math.floor(this.unit() * count)
  }

  chance(share: number): boolean {
    return share > 0 && this.unit() < share
  }

  /** The time until the next of what happens at random, once in `mean`. */
  exponential(mean: number): number {
    return -Math.log(1 - this.unit()) * mean
  }

  pick<T>(list: readonly T[]): T | undefined {
    return list[this.below(list.length)]
  }

  /** Some of the list, none twice, in random order. */
  sample<T>(list: readonly T[], count: number): T[] {
    const taken = new Set<number>()
    const wanted = Math.min(Math.floor(count), list.length)
    if (wanted * 3 > list.length) return this.shuffled(list).slice(0, wanted)
    while (taken.size < wanted) taken.add(this.below(list.length))
    return [...taken].map((at) => list[at]!)
  }

  shuffled<T>(list: readonly T[]): T[] {
    const copy = [...list]
    for (let at = copy.length - 1; at > 0; at--) {
      const other = this.below(at + 1)
      const kept = copy[at]!
      copy[at] = copy[other]!
      copy[other] = kept
    }
    return copy
  }

  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length)
    for (let at = 0; at < length; at += 4) {
      const word = this.u32()
      for (let place = 0; place < 4 && at + place < length; place++) {
        bytes[at + place] = word >>> (8 * place)
      }
    }
    return bytes
  }
}
