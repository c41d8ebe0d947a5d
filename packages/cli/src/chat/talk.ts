// What a chat knows: the messages of one conversation, kept in order while they change.
import { randomUUID } from 'node:crypto'
import { Failure } from '@ezchat/protocol/control/failures.ts'
import type { ControlEvent } from '@ezchat/protocol/control/methods.ts'
import type { MessageView } from '@ezchat/protocol/control/values.ts'
import type { Client } from '../client.ts'

/** So many are kept to look back on; older ones are one `ezchat read` away. */
const MESSAGES_MAX = 2000
const PAGE = 200

export class Talk {
  readonly address: string
  readonly name: string
  readonly #client: Client
  #messages: MessageView[] = []

  private constructor(client: Client, address: string, name: string) {
    this.#client = client
    this.address = address
    this.name = name
  }

  static async open(client: Client, peer: string): Promise<Talk> {
    const { contact } = await client.call('contacts.show', { peer })
    const talk = new Talk(client, contact.address, contact.name)
    const { messages } = await client.call('read', { peer: talk.address, limit: PAGE, mark: true })
    talk.#messages = [...messages]
    return talk
  }

  get messages(): readonly MessageView[] {
    return this.#messages
  }

  /** True when there is something new to show. */
  hear({ kind, message }: ControlEvent): boolean {
    if (message === undefined || message.conversation !== this.address) return false
    if (kind !== 'message' && kind !== 'state') return false
    const at = this.#messages.findIndex(({ id }) => id === message.id)
    if (at >= 0) this.#messages[at] = message
    else this.#messages.push(message)
    this.#messages.sort((a, b) => (a.place < b.place ? -1 : a.place > b.place ? 1 : 0))
    this.#messages.splice(0, this.#messages.length - MESSAGES_MAX)
    if (kind === 'message' && !message.isOwn) void this.#markRead()
    return true
  }

  async say(text: string): Promise<void> {
    await this.#client.call('send', { to: this.address, text, id: randomUUID() })
  }

  /** Adds what is older than the oldest; false when there is nothing. */
  async lookBack(): Promise<boolean> {
    const [oldest] = this.#messages
    if (oldest === undefined || this.#messages.length >= MESSAGES_MAX) return false
    const before = oldest.place
    const page = await this.#client.call('read', { peer: this.address, before, limit: PAGE })
    this.#messages.unshift(...page.messages)
    return page.messages.length > 0
  }

  async #markRead(): Promise<void> {
    try {
      await this.#client.call('read', { peer: this.address, limit: 1, mark: true })
    } catch (error: unknown) {
      // The chat goes on without it, and ends when the daemon has ended.
      if (!(error instanceof Failure)) throw error
    }
  }
}
