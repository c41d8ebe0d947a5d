// What a write does with one envelope: dropped, known, damaged and now whole again, or new.
import type { Envelope } from '@ezchat/protocol/envelope/decode.ts'
import type { VerifiedDrop } from '@ezchat/protocol/mailbox/drop.ts'
import type { Draft } from './draft.ts'
import type { DropBook } from './drop-book.ts'
import { makeRoom } from './eviction.ts'
import type { KeyValue } from './key-value.ts'
import { decodeEntry, type Entry, entryKey, priceClassOf, turnId } from './layout.ts'
import { REPAIR_DUE, REPAIR_KEY } from './quarantine.ts'

export type PutResult =
  | { readonly kind: 'stored' }
  /** It was there already, and is on disk. */
  | { readonly kind: 'known' }
  /** Its owner has dropped it: the proof is for whoever offered it. */
  | { readonly kind: 'dropped'; readonly drop: VerifiedDrop }

export interface Placing {
  readonly envelope: Envelope
  /** Its entry on disk, before this write. */
  readonly record: Uint8Array | null
  readonly isPromised: boolean
}

export interface PlacingTerms {
  readonly keyValue: KeyValue
  readonly drops: DropBook
  readonly ttlDays: number
  readonly quotaBytes: number
  readonly isOwn: (mailbox: Uint8Array) => boolean
  readonly countDamage: (key: Uint8Array) => void
}

export async function place(
  draft: Draft,
  placing: Placing,
  terms: PlacingTerms,
): Promise<PutResult> {
  const { envelope, record, isPromised } = placing
  const { id, mailbox, timestampSeconds } = envelope
  const drop = terms.drops.covering({ mailbox, id, timestamp: timestampSeconds })
  if (drop !== null) return { kind: 'dropped', drop }
  const isHeld = record !== null && !draft.hasRemoved(id)
  const held = draft.arriving(id) ?? (isHeld ? decodeEntry(record, terms.ttlDays) : null)
  if (held !== null) {
    if (isPromised && !held.isPromised) draft.promise(held, id)
    return { kind: 'known' }
  }
  const isOwn = terms.isOwn(mailbox)
  const priceClass = priceClassOf(envelope)
  const bytesLength = envelope.bytes.length
  if (!isHeld) {
    await makeRoom(draft, { priceClass, timestampSeconds, bytesLength, isOwn }, terms)
  }
  const { shard, expiresAtSeconds } = envelope
  const entry: Entry = {
    ...{ shard, timestampSeconds, expiresAtSeconds, priceClass, isPromised, bytesLength },
    arrival: draft.takeArrival(),
    mailbox,
  }
  // Views of what came: nobody writes there again, and the disk has its own copy.
  const arrived = { entry, id, bytes: envelope.bytes }
  const options = { isEvictable: !isOwn && !isPromised }
  if (isHeld) {
    draft.heal(arrived, options)
    terms.countDamage(entryKey(turnId(id)))
    draft.write(REPAIR_KEY, REPAIR_DUE)
  } else {
    draft.add(arrived, options)
  }
  return { kind: 'stored' }
}
