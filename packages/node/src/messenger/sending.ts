// From what somebody wants to say to one durable batch: the entry, the state of every session that
// it goes through, and the envelopes in the outbox. When the call returns, nothing of it can be lost.
import { equalBytes, fromHex, toHex } from '@ezchat/protocol/codec/bytes.ts'
import { Failure } from '@ezchat/protocol/control/failures.ts'
import { compose, composePassing, drawEntryId } from '@ezchat/protocol/conversation/compose.ts'
import { type Content, encodeContent } from '@ezchat/protocol/conversation/content.ts'
import { decodeEntry } from '@ezchat/protocol/conversation/entry.ts'
import type { ParcelItem } from '@ezchat/protocol/device/parcel.ts'
import type { Device } from '@ezchat/protocol/identity/device-log.ts'
import type { Conversation } from './conversation.ts'
import type { Draft } from './desk.ts'
import type { Parts } from './household.ts'
import { type MessageName, nameBytes, nameInKey, type SentRow } from './ledger.ts'
import { isLost } from './leg.ts'
import { partyOf } from './own-identity.ts'
import { deviceName, type Post } from './post.ts'
import { TABLE } from './table.ts'
import { ttlSecondsOf } from './terms.ts'

export class Sending {
  readonly #parts: Parts
  readonly #post: Post
  readonly #lookUp: (identityKey: Uint8Array) => void

  constructor(parts: Parts, post: Post, lookUp: (identityKey: Uint8Array) => void) {
    this.#parts = parts
    this.#post = post
    this.#lookUp = lookUp
  }

  /** The message that has this id; the same content again is the same message. */
  async send(
    draft: Draft,
    peer: Uint8Array,
    content: Content,
    givenId: Uint8Array | null,
  ): Promise<{ readonly name: MessageName; readonly row: SentRow }> {
    const { conversations, terms, ledger } = this.#parts
    const encoded = encodeContent(content)
    const id = givenId ?? drawEntryId(terms.crypto)
    const known = givenId === null ? null : await this.#byId(draft, id)
    if (known !== null) {
      await this.#checkSame(known, peer, encoded.content)
      const row = await ledger.row(known)
      if (row !== null) return { name: known, row }
    }
    const conversation = conversations.open(draft, peer)
    const nowMs = terms.clock.nowMs()
    const { bytes, hash, changes, effects } = compose(
      conversation.log,
      terms.crypto,
      { id, ...encoded, quiet: false, nowMs },
      null,
    )
    conversation.apply(draft, changes, effects)
    const { sequence } = decodeEntry(bytes)
    const name = { conversation: conversation.number, sequence }
    const row: SentRow = {
      hash: toHex(hash),
      id: toHex(id),
      atMs: nowMs,
      untilMs: nowMs + ttlSecondsOf(terms) * 1000,
      legs: [],
      isWaiting: false,
      isGivenUp: false,
    }
    ledger.add(draft, name, row)
    draft.put(this.#idKey(id), nameBytes(name))
    this.#parts.events.add(draft, { kind: 'message', in: conversation.number, hash: row.hash })
    this.#fanOut(draft, conversation, { name, row, bytes })
    return { name, row }
  }

  /** What waited for a device, or for prekeys, and may go now. */
  async sendWaiting(draft: Draft, peer: Uint8Array): Promise<void> {
    const { conversations, ledger } = this.#parts
    const conversation = conversations.with(peer)
    if (conversation === null) return
    for (const [name, row] of ledger.waiting()) {
      if (name.conversation !== conversation.number) continue
      const shelved = await conversation.shelf.rowOf(fromHex(row.hash))
      if (shelved === null) continue
      const { bytes } = await conversation.shelf.held(shelved)
      this.#fanOut(draft, conversation, { name, row, bytes })
    }
  }

  /** The same entry once more, for a device that could not open it. */
  async sendAgain(draft: Draft, name: MessageName, to: Device, identityKey: Uint8Array) {
    const { conversations, ledger } = this.#parts
    const conversation = conversations.byNumber(name.conversation)
    const row = await ledger.row(name)
    if (conversation === null || row === null) return
    const shelved = await conversation.shelf.rowOf(fromHex(row.hash))
    if (shelved === null) return
    const { bytes } = await conversation.shelf.held(shelved)
    const item = this.#itemFor(conversation, identityKey, bytes)
    this.#load(draft, { name, row, item }, identityKey, to)
  }

  /** A leg of the message, which gets its name when the envelope is sealed. */
  #load(
    draft: Draft,
    message: { readonly name: MessageName; readonly row: SentRow; readonly item: ParcelItem },
    identityKey: Uint8Array,
    device: Device,
  ): boolean {
    const { ledger } = this.#parts
    const { name, row, item } = message
    const leg = ledger.expectLeg(draft, { name, row }, deviceName(identityKey, device))
    const isSent = this.#post.send(draft, partyOf(identityKey, device), item, (reference) => {
      if (reference !== null) {
        ledger.sealedLeg(name, leg, reference)
        return
      }
      ledger.dropLeg(draft, { name, row }, leg)
      ledger.setWaiting(draft, name, row, true)
      draft.after(() => this.#lookUp(identityKey))
    })
    if (!isSent) ledger.dropLeg(draft, { name, row }, leg)
    return isSent
  }

  /** What is said once and kept by nobody: receipts, requests, answers. False: to no device. */
  sendPassing(
    draft: Draft,
    conversation: Conversation,
    content: Content,
    identityKey: Uint8Array,
    only: Uint8Array | null = null,
  ): boolean {
    const { terms } = this.#parts
    const encoded = encodeContent(content)
    const id = drawEntryId(terms.crypto)
    const nowMs = terms.clock.nowMs()
    const bytes = composePassing(conversation.log, { id, ...encoded, quiet: true, nowMs })
    const item = this.#itemFor(conversation, identityKey, bytes)
    let isSent = false
    for (const device of this.#post.devicesOf(identityKey)) {
      if (only !== null && !equalBytes(device.id, only)) continue
      if (this.#post.send(draft, partyOf(identityKey, device), item)) isSent = true
    }
    return isSent
  }

  #fanOut(
    draft: Draft,
    conversation: Conversation,
    message: { readonly name: MessageName; readonly row: SentRow; readonly bytes: Uint8Array },
  ): void {
    const { ledger, self } = this.#parts
    const { name, row, bytes } = message
    const kept = row.legs.filter((leg) => !isLost(leg))
    const sentTo = new Set(kept.map(({ device }) => device))
    let reachedCount = 0
    let missingCount = 0
    for (const identityKey of [conversation.peer, self.identityKey]) {
      const isPeer = identityKey === conversation.peer
      for (const device of this.#post.devicesOf(identityKey)) {
        const own = deviceName(identityKey, device)
        if (sentTo.has(own)) {
          if (isPeer) reachedCount++
          continue
        }
        const item = this.#itemFor(conversation, identityKey, bytes)
        const isLoaded = this.#load(draft, { name, row, item }, identityKey, device)
        if (!isLoaded) missingCount++
        else if (isPeer) reachedCount++
      }
    }
    const isWaiting = reachedCount === 0 || missingCount > 0
    if (row.isWaiting !== isWaiting) ledger.setWaiting(draft, name, row, isWaiting)
    if (isWaiting) draft.after(() => this.#lookUp(conversation.peer))
  }

  #itemFor(conversation: Conversation, to: Uint8Array, bytes: Uint8Array): ParcelItem {
    if (!equalBytes(to, this.#parts.self.identityKey)) return { kind: 'entry', bytes }
    return { kind: 'copy', identityKey: conversation.peer, bytes }
  }

  async #byId(draft: Draft, id: Uint8Array): Promise<MessageName | null> {
    const value = await draft.get(this.#idKey(id))
    return value === null ? null : nameInKey(value, 0)
  }

  async find(id: Uint8Array): Promise<MessageName | null> {
    const value = await this.#parts.vault.get(this.#idKey(id))
    return value === null ? null : nameInKey(value, 0)
  }

  async #checkSame(name: MessageName, peer: Uint8Array, content: Uint8Array): Promise<void> {
    const { conversations, ledger } = this.#parts
    const conversation = conversations.byNumber(name.conversation)
    const row = await ledger.row(name)
    const shelved = row && (await conversation?.shelf.rowOf(fromHex(row.hash)))
    if (conversation === null || !shelved) throw new Failure('ID_TAKEN')
    const { bytes } = await conversation.shelf.held(shelved)
    const isSame =
      equalBytes(conversation.peer, peer) && equalBytes(decodeEntry(bytes).content, content)
    if (!isSame) throw new Failure('ID_TAKEN')
  }

  #idKey(id: Uint8Array): Uint8Array {
    const { vault } = this.#parts
    return vault.key(TABLE.id, vault.name(TABLE.id, id))
  }
}
