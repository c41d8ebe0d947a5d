// How what comes for a user gets to it: from the store beside it.
import type { StoredEnvelope } from '@ezchat/node/store/envelope-reader.ts'
import type { Daemon } from './daemon.ts'

export interface IntakeTerms {
  readonly isMine: (mailbox: Uint8Array) => boolean
  readonly mailboxes: () => readonly Uint8Array[]
  readonly take: (envelope: Uint8Array) => Promise<void>
}

/** What is there already, and then what comes. */
export async function receiveFromStore(
  { store }: Daemon,
  { isMine, mailboxes, take }: IntakeTerms,
): Promise<void> {
  const takeMine = (arrived: readonly StoredEnvelope[]) => {
    for (const { mailbox, bytes } of arrived) if (isMine(mailbox)) void take(bytes)
  }
  store.watch(takeMine)
  for (const mailbox of mailboxes()) {
    let position: Uint8Array | null = null
    do {
      const page = await store.fetch({ prefix: mailbox, after: 0, position })
      takeMine(page.envelopes)
      position = page.position
    } while (position !== null)
  }
}
