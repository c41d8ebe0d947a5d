// What became of one of our messages. conversation.md §8
import { assert } from '../errors.ts'

export type LedgerStatus = 'queued' | 'stored' | 'delivered' | 'read' | 'expired'

export interface Ledger {
  readonly status: LedgerStatus
  /** Distinct carriers that keep it. */
  readonly carriers: ReadonlySet<string>
  readonly carriersWanted: number
  /** Identities that it is for. */
  readonly recipients: ReadonlySet<string>
  /** Devices by identity. */
  readonly delivered: ReadonlyMap<string, ReadonlySet<string>>
  readonly read: ReadonlyMap<string, ReadonlySet<string>>
  readonly isExpired: boolean
}

export type LedgerEvent =
  | { readonly kind: 'stored'; readonly carrier: string }
  /** The courier learnt that the network has fewer carriers than we want. */
  | { readonly kind: 'carriers-wanted'; readonly count: number }
  | { readonly kind: 'delivered' | 'read'; readonly identity: string; readonly device: string }
  | { readonly kind: 'expired' }

export function newLedger(recipients: Iterable<string>, carriersWanted: number): Ledger {
  assert(carriersWanted >= 1, 'stored by nobody')
  return {
    status: 'queued',
    carriers: new Set(),
    carriersWanted,
    recipients: new Set(recipients),
    delivered: new Map(),
    read: new Map(),
    isExpired: false,
  }
}

function withDevice(
  devices: Ledger['delivered'],
  { identity, device }: { readonly identity: string; readonly device: string },
): Ledger['delivered'] {
  return new Map(devices).set(identity, new Set(devices.get(identity)).add(device))
}

/** Every recipient, on one device at least. */
function isComplete({ recipients }: Ledger, devices: Ledger['delivered']): boolean {
  return recipients.size > 0 && [...recipients].every((identity) => devices.has(identity))
}

const RANKS: Readonly<Record<LedgerStatus, number>> = {
  queued: 0,
  stored: 1,
  // The network has let go of it, which says nothing about who had fetched it before: a receipt may
  // come out of a drawer weeks later. So delivered and read outrank it, and nothing else does.
  expired: 2,
  delivered: 3,
  read: 4,
}

function statusOf(ledger: Ledger): LedgerStatus {
  if (isComplete(ledger, ledger.read)) return 'read'
  if (isComplete(ledger, ledger.delivered)) return 'delivered'
  if (ledger.isExpired) return 'expired'
  return ledger.carriers.size >= ledger.carriersWanted ? 'stored' : 'queued'
}

function after(ledger: Ledger, event: LedgerEvent): Ledger {
  switch (event.kind) {
    case 'stored':
      return { ...ledger, carriers: new Set(ledger.carriers).add(event.carrier) }
    case 'carriers-wanted':
      return { ...ledger, carriersWanted: Math.max(event.count, 1) }
    case 'expired':
      return { ...ledger, isExpired: true }
    case 'delivered':
      if (!ledger.recipients.has(event.identity)) return ledger
      return { ...ledger, delivered: withDevice(ledger.delivered, event) }
    case 'read':
      if (!ledger.recipients.has(event.identity)) return ledger
      return {
        ...ledger,
        delivered: withDevice(ledger.delivered, event),
        read: withDevice(ledger.read, event),
      }
  }
}

/** Events may repeat and come in any order; the status never goes back. */
export function stepLedger(ledger: Ledger, event: LedgerEvent): Ledger {
  const next = after(ledger, event)
  const status = statusOf(next)
  return RANKS[status] > RANKS[ledger.status]
    ? { ...next, status }
    : { ...next, status: ledger.status }
}
