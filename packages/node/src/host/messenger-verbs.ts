// What the control API says about people and messages, said by the messenger.
import { Failure } from '@ezchat/protocol/control/failures.ts'
import type { MessageState } from '@ezchat/protocol/control/values.ts'
import type { Caller, Verbs } from '../control/dispatcher.ts'
import type { Messenger, SentMessage } from '../messenger/messenger.ts'

export interface Whereabouts {
  readonly peer: string
  readonly networkName: string
}

type MessengerVerbs = Pick<
  Verbs,
  | 'id'
  | 'invite'
  | 'add'
  | `contacts.${'list' | 'show' | 'rename' | 'verify' | 'accept' | 'block' | 'rm'}`
  | 'send'
  | 'read'
  | 'outbox'
  | 'show'
>

const TIMEOUT_MS_USUAL = 30_000

export function messengerVerbs(messenger: Messenger, where: Whereabouts): MessengerVerbs {
  const { contacts } = messenger
  return {
    async id() {
      const { address, name } = messenger.identity()
      return { address, name, peer: where.peer, network: where.networkName }
    },
    invite: ({ once, expiresSeconds }) =>
      messenger.invite({
        isOnce: once ?? false,
        ...(expiresSeconds === undefined ? {} : { expiresSeconds }),
      }),
    add: async ({ target, name }) => ({ contact: await messenger.add(target, name) }),
    'contacts.list': async ({ standing }) => ({ contacts: await contacts.list(standing) }),
    'contacts.show': ({ peer }) => contacts.show(peer),
    'contacts.rename': async ({ peer, name }) => ({ contact: await contacts.rename(peer, name) }),
    'contacts.verify': async ({ peer, ...terms }) => ({
      contact: await contacts.verify(peer, terms),
    }),
    'contacts.accept': async ({ peer }) => ({ contact: await contacts.accept(peer) }),
    'contacts.block': async ({ peer, isBlocked }) => ({
      contact: await contacts.block(peer, isBlocked ?? true),
    }),
    'contacts.rm': async ({ peer }) => {
      await contacts.remove(peer)
      return {}
    },
    async send({ to, text, id, replyTo, wait = 'queued', timeoutMs = TIMEOUT_MS_USUAL }, caller) {
      const options = { ...(id && { id }), ...(replyTo && { replyTo }) }
      const sent = await messenger.send(to, text, options)
      return wait === 'queued' ? sent : waitUntil(messenger, sent, { wait, timeoutMs, caller })
    },
    read: (terms) => messenger.read(terms),
    outbox: ({ limit }) => messenger.outbox(limit),
    show: ({ id }) => messenger.show(id),
  }
}

/** How far along each state is. What has expired or was refused goes no farther. */
const RANKS: { readonly [state in MessageState]: number } = {
  received: 0,
  queued: 0,
  stored: 1,
  delivered: 2,
  read: 3,
  expired: 4,
  refused: 4,
}

interface Waiting {
  readonly wait: 'stored' | 'delivered'
  readonly timeoutMs: number
  readonly caller: Caller
}

async function waitUntil(
  messenger: Messenger,
  sent: SentMessage,
  { wait, timeoutMs, caller }: Waiting,
): Promise<SentMessage> {
  const late = AbortSignal.any([AbortSignal.timeout(timeoutMs), caller.signal])
  let wake: () => void = () => undefined
  const stop = messenger.onNew(() => wake())
  late.addEventListener('abort', () => wake(), { once: true })
  try {
    for (;;) {
      const heard = new Promise<void>((resolve) => {
        wake = resolve
      })
      const now = await messenger.stateOf(sent.id)
      if (RANKS[now.state] >= RANKS[wait]) return now
      if (late.aborted) throw new Failure('TIMED_OUT', `${now.state}, ${sent.id}`)
      await heard
    }
  } finally {
    stop()
  }
}
