// What was opened, closed in the opposite order, whatever fails on the way.
export class Closings {
  readonly #steps: (() => Promise<void>)[] = []
  #closing: Promise<void> | null = null

  add(step: () => Promise<void>): void {
    this.#steps.push(step)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const failures: unknown[] = []
    for (const step of this.#steps.reverse()) {
      try {
        await step()
      } catch (error: unknown) {
        failures.push(error)
      }
    }
    if (failures.length === 1) throw failures[0]
    if (failures.length > 1) throw new AggregateError(failures, 'several parts did not close')
  }
}
