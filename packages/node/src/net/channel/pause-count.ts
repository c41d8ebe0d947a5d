// Channels that are not read for a while cost memory that libp2p holds. Few may at one time.

export class PauseCount {
  readonly #countMax: number
  #count = 0

  constructor(countMax: number) {
    this.#countMax = countMax
  }

  get count(): number {
    return this.#count
  }

  enter(): boolean {
    if (this.#count >= this.#countMax) return false
    this.#count++
    return true
  }

  leave(): void {
    this.#count--
  }
}
