// From a disk and a key to a messenger that runs.

import { Failure } from '@ezchat/protocol/control/failures.ts'
import { deriveRootKeys } from '@ezchat/protocol/identity/root.ts'
import { decodePrekeyRing } from '@ezchat/protocol/session/prekey-ring-state.ts'
import { CatchUp } from '../catch-up.ts'
import { SureTime } from '../sure-time.ts'
import { Alarms } from './alarms.ts'
import { Conversations } from './conversations.ts'
import type { CourierPort } from './courier-port.ts'
import { Desk } from './desk.ts'
import type { MessengerComponents } from './engine.ts'
import { Events } from './events.ts'
import { type Parts, Self } from './household.ts'
import { Invites } from './invites.ts'
import { Ledger } from './ledger.ts'
import { Mailboxes } from './mailboxes.ts'
import { Messenger } from './messenger.ts'
import { decodeOwnIdentity } from './own-identity.ts'
import { Pairs } from './pairs.ts'
import { People } from './people.ts'
import { TABLE } from './table.ts'
import type { Terms } from './terms.ts'
import type { Vault } from './vault.ts'

export interface MessengerInit extends Terms, MessengerComponents {
  readonly vault: Vault
  readonly courier: CourierPort
  readonly catchUp?: CatchUp
  /** The disk failed: nothing more is taken, and only a new start helps. */
  readonly onFailure: (error: unknown) => void
}

/** What is on disk, in memory; nothing is asked of anybody yet. Throws Failure NO_HOME. */
export async function loadMessenger(init: MessengerInit): Promise<Messenger> {
  const { crypto, network, clock, vault, courier } = init
  const terms: Terms = { crypto, network, clock }
  const identity = await vault.get(vault.key(TABLE.identity))
  const ring = await vault.get(vault.key(TABLE.ring))
  if (identity === null || ring === null) throw new Failure('NO_HOME')
  const own = decodeOwnIdentity(identity)
  const keys = deriveRootKeys(crypto, own.root)
  const people = await People.load(terms, vault, own.deviceId)
  const author = { identity: keys.identityKey, device: own.deviceId }
  const conversations = await Conversations.load(terms, vault, author)
  const nowMs = () => clock.nowMs()
  const events = await Events.load(vault, nowMs)
  const ledger = await Ledger.load({ vault, conversations, courier, events, nowMs })
  const parts: Parts = {
    terms,
    vault,
    courier,
    desk: new Desk(vault, init.onFailure),
    alarms: new Alarms(clock),
    sureTime: new SureTime(clock),
    people,
    pairs: await Pairs.load(vault),
    mailboxes: new Mailboxes(terms),
    conversations,
    ledger,
    events,
    invites: new Invites(terms, vault),
    catchUp: init.catchUp ?? new CatchUp(clock),
    self: new Self({
      own,
      keys,
      ring: decodePrekeyRing(ring),
      incarnation: drawIncarnation(crypto.randomBytes),
      people,
      vault,
    }),
  }
  return new Messenger(parts, init)
}

/** Loaded and started: what came while we were away is there when this resolves. */
export async function openMessenger(init: MessengerInit): Promise<Messenger> {
  const messenger = await loadMessenger(init)
  await messenger.start()
  return messenger
}

function drawIncarnation(randomBytes: (length: number) => Uint8Array): number {
  const bytes = randomBytes(4)
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0)
}
