// All conversations of this device, by number, by id and by whom they are with.
import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import { directConversationId } from '@ezchat/protocol/conversation/compose.ts'
import type { Author } from '@ezchat/protocol/conversation/entry.ts'
import { Conversation } from './conversation.ts'
import type { Draft } from './desk.ts'
import { TABLE } from './table.ts'
import type { Terms } from './terms.ts'
import type { Vault } from './vault.ts'

export class Conversations {
  readonly #terms: Terms
  readonly #vault: Vault
  readonly #own: Author
  readonly #byNumber = new Map<number, Conversation>()
  readonly #byId = new Map<string, Conversation>()
  readonly #byPeer = new Map<string, Conversation>()
  /** Keys that come with every message, and their hex. */
  readonly #names = new WeakMap<Uint8Array, string>()

  private constructor(terms: Terms, vault: Vault, own: Author) {
    this.#terms = terms
    this.#vault = vault
    this.#own = own
  }

  static async load(terms: Terms, vault: Vault, own: Author): Promise<Conversations> {
    const conversations = new Conversations(terms, vault, own)
    for await (const [key, value] of vault.under(vault.key(TABLE.conversation))) {
      const number = new DataView(key.buffer, key.byteOffset + 2).getUint32(0)
      const init = { vault, crypto: terms.crypto, number, own }
      conversations.#enter(await Conversation.load(init, value))
    }
    return conversations
  }

  all(): readonly Conversation[] {
    return [...this.#byNumber.values()]
  }

  byNumber(number: number): Conversation | null {
    return this.#byNumber.get(number) ?? null
  }

  byId(id: Uint8Array): Conversation | null {
    return this.#byId.get(toHex(id)) ?? null
  }

  with(peer: Uint8Array): Conversation | null {
    let name = this.#names.get(peer)
    if (name === undefined) {
      name = toHex(peer)
      this.#names.set(peer, name)
    }
    return this.#byPeer.get(name) ?? null
  }

  /** As it is, or a new one. */
  open(draft: Draft, peer: Uint8Array): Conversation {
    const known = this.with(peer)
    if (known !== null) return known
    const { crypto, network } = this.#terms
    const number = Math.max(0, ...this.#byNumber.keys()) + 1
    const id = directConversationId(crypto, network.id, this.#own.identity, peer)
    const init = { vault: this.#vault, crypto, number, own: this.#own }
    const conversation = Conversation.create(init, id, peer)
    conversation.changeSummary(draft, {})
    this.#enter(conversation)
    return conversation
  }

  #enter(conversation: Conversation): void {
    this.#byNumber.set(conversation.number, conversation)
    this.#byId.set(toHex(conversation.id), conversation)
    this.#byPeer.set(toHex(conversation.peer), conversation)
  }
}
