// What of all that is carried is our own. The messenger says so, after the store was opened.

/** Whether a mailbox is one of ours. */
export type IsOwn = (mailbox: Uint8Array) => boolean

export class Ownership {
  #isOwn: IsOwn = () => false
  #shards: ReadonlySet<number> = new Set()
  #listener: () => void = () => undefined

  /** For the store, which never evicts what is ours. */
  readonly isOwn: IsOwn = (mailbox) => this.#isOwn(mailbox)

  /** Of our identities: carried in any case. */
  get shards(): ReadonlySet<number> {
    return this.#shards
  }

  claim(claim: { readonly isOwn: IsOwn; readonly shards: Iterable<number> }): void {
    this.#isOwn = claim.isOwn
    this.#shards = new Set(claim.shards)
    this.#listener()
  }

  /** One listener: the duty. */
  watch(listener: () => void): void {
    this.#listener = listener
  }
}
