// What the messenger wants of the courier: small, so that a fake is a few lines.
import type { KeyValueOperation } from '@ezchat/protocol/ports.ts'
import type { CourierEvent, CourierItem } from '../courier/event.ts'
import type { Hop } from '../courier/story.ts'

export interface CourierPort {
  /** What is to be written in the caller's batch, for `accepted` to find. */
  draft(items: readonly CourierItem[]): KeyValueOperation[]
  accepted(references: readonly Uint8Array[]): void
  watch(listener: (event: CourierEvent) => void): () => void
  /** It was delivered: nothing more needs to be done. */
  withdraw(reference: Uint8Array): void
  story(reference: Uint8Array): Promise<CourierStory | null>
}

export interface CourierStory {
  readonly state: string
  readonly receipts: readonly Uint8Array[]
  readonly hops: readonly Hop[]
}
