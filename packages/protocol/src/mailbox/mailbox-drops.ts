// Which drop of one mailbox covers what. mailbox.md §6
import { toHex } from '../codec/bytes.ts'
import type { VerifiedDrop } from './drop.ts'

export class MailboxDrops {
  /** The one with the latest bound. */
  #before: VerifiedDrop | null = null
  readonly #byId = new Map<string, VerifiedDrop>()
  /** Few ids are named twice; the drop that came later covers one when the first is forgotten. */
  #laterById: Map<string, VerifiedDrop[]> | null = null

  get isEmpty(): boolean {
    return this.#before === null && this.#byId.size === 0
  }

  get before(): VerifiedDrop | null {
    return this.#before
  }

  covers(id: Uint8Array): boolean {
    return this.#byId.has(toHex(id))
  }

  covering(id: Uint8Array, timestamp: number): VerifiedDrop | null {
    if (timestamp < boundOf(this.#before)) return this.#before
    return this.#byId.get(toHex(id)) ?? null
  }

  /** A bound takes the place of an earlier one. */
  add(drop: VerifiedDrop): void {
    if (drop.scope.kind === 'before') {
      this.#before = drop
      return
    }
    for (const key of drop.scope.ids.map(toHex)) {
      if (!this.#byId.has(key)) this.#byId.set(key, drop)
      else this.#setLater(key, [...(this.#laterById?.get(key) ?? []), drop])
    }
  }

  remove(drop: VerifiedDrop): void {
    if (this.#before === drop) this.#before = null
    if (drop.scope.kind === 'before') return
    for (const key of drop.scope.ids.map(toHex)) {
      const others = (this.#laterById?.get(key) ?? []).filter((other) => other !== drop)
      if (this.#byId.get(key) === drop) {
        const next = others.shift()
        if (next === undefined) this.#byId.delete(key)
        else this.#byId.set(key, next)
      }
      this.#setLater(key, others)
    }
  }

  #setLater(key: string, drops: VerifiedDrop[]): void {
    if (drops.length === 0) this.#laterById?.delete(key)
    else {
      this.#laterById ??= new Map()
      this.#laterById.set(key, drops)
    }
  }
}

/** 0 for none: nothing lies below it. */
export function boundOf(drop: VerifiedDrop | null): number {
  return drop?.scope.kind === 'before' ? drop.scope.before : 0
}
