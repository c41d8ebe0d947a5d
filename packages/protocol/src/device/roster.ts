// Which devices of an identity are written to and listened to: device.md §5.
import { equalBytes, toHex } from '../codec/bytes.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { assert, ProtocolError } from '../errors.ts'
import type { Device, DeviceId, DeviceLog, DeviceLogHead } from '../identity/device-log.ts'
import {
  compareHead,
  compareLogs,
  devicesAcrossFork,
  type Standing,
} from '../identity/device-log-fork.ts'
import { LOG_FETCH_SECONDS_MIN } from '../limits.ts'
import type { Party } from '../session/party.ts'
import { effectsOfLog, type LogEffect, type LogReader } from './log-change.ts'
import type { LogHeads } from './log-heads.ts'

export interface Fork {
  readonly theirs: DeviceLog
  readonly seq: number
  readonly stands: Standing
}

export interface Roster {
  readonly log: DeviceLog
  /** The first branch that contradicted the log, until the user has decided. */
  readonly fork: Fork | null
  /** Devices of the log that any branch revoked: a third branch does not bring them back. */
  readonly shunned: ReadonlySet<DeviceId>
  /** A head was named that is not in our log, and its log has not been seen. */
  readonly isDoubted: boolean
  readonly fetchedSeconds: number | null
}

export type RosterEffect =
  | LogEffect
  /** From the record, the other own devices, or whoever named the head. */
  | { readonly kind: 'fetch-log'; readonly identityKey: Uint8Array }
  /** They lack what we have. */
  | { readonly kind: 'send-log'; readonly identityKey: Uint8Array }
  /** To the user, who compares safety numbers. Evidence is null until both branches are here. */
  | {
      readonly kind: 'alarm'
      readonly identityKey: Uint8Array
      readonly seq: number
      readonly evidence: Uint8Array | null
    }

export interface RosterStep {
  /** To be written before the effects are carried out. */
  readonly roster: Roster
  readonly effects: readonly RosterEffect[]
}

export function newRoster(log: DeviceLog): Roster {
  return { log, fork: null, shunned: new Set(), isDoubted: false, fetchedSeconds: null }
}

const same = (roster: Roster): RosterStep => ({ roster, effects: [] })

/** A verified log of the same identity, from wherever. */
export function learnLog(
  crypto: Crypto,
  roster: Roster,
  theirs: DeviceLog,
  reader: LogReader,
): RosterStep {
  const { log } = roster
  const comparison = compareLogs(crypto, log, theirs)
  switch (comparison.relation) {
    case 'same':
    case 'ahead':
      return same(roster)
    case 'behind':
      return continued(crypto, roster, theirs, reader)
    case 'fork': {
      const { seq, stands, evidence } = comparison
      return forked(crypto, roster, { theirs, seq, stands }, evidence, reader)
    }
  }
}

function continued(crypto: Crypto, roster: Roster, log: DeviceLog, reader: LogReader): RosterStep {
  const fork = roster.fork && longerFork(crypto, log, roster.fork)
  const after = { ...roster, log, fork, isDoubted: false }
  return { roster: after, effects: effectsOfLog(roster.log, log, reader) }
}

/** The fork stays one: what both sides have does not change. */
function longerFork(crypto: Crypto, log: DeviceLog, { theirs }: Fork): Fork {
  const comparison = compareLogs(crypto, log, theirs)
  assert(comparison.relation === 'fork', 'expected that a fork stays one')
  return { theirs, seq: comparison.seq, stands: comparison.stands }
}

function isKnownBranch(crypto: Crypto, { fork }: Roster, theirs: DeviceLog): boolean {
  if (fork === null) return false
  const { relation } = compareLogs(crypto, fork.theirs, theirs)
  return relation === 'same' || relation === 'ahead'
}

/** Those of a log that another branch revoked. */
function shunnedBy(log: DeviceLog, branch: DeviceLog): DeviceId[] {
  return [...branch.revoked].filter((id) => log.devices.has(id))
}

function forked(
  crypto: Crypto,
  roster: Roster,
  fork: Fork,
  evidence: Uint8Array,
  reader: LogReader,
): RosterStep {
  if (isKnownBranch(crypto, roster, fork.theirs)) return same(roster)
  const { identityKey } = roster.log
  const alarm: RosterEffect = { kind: 'alarm', identityKey, seq: fork.seq, evidence }
  // Whoever signed with the words stands, and what was ours becomes the other branch.
  if (fork.stands === 'theirs') {
    const other: Fork = { theirs: roster.log, seq: fork.seq, stands: 'ours' }
    const shunned = new Set([...roster.shunned, ...shunnedBy(fork.theirs, roster.log)])
    const after: Roster = { ...roster, log: fork.theirs, fork: other, shunned, isDoubted: false }
    return { roster: after, effects: [alarm, ...effectsOfLog(roster.log, fork.theirs, reader)] }
  }
  const shunned = new Set([...roster.shunned, ...shunnedBy(roster.log, fork.theirs)])
  return { roster: { ...roster, fork, shunned, isDoubted: false }, effects: [alarm] }
}

/** The user has compared safety numbers: this log, and no more doubts. */
export function settleFork(
  roster: Roster,
  chosen: 'ours' | 'theirs',
  reader: LogReader,
): RosterStep {
  const { fork, log } = roster
  assert(fork !== null, 'expected a fork to settle')
  const kept = chosen === 'ours' ? log : fork.theirs
  const effects = kept === log ? [] : effectsOfLog(log, kept, reader)
  const shunned = new Set<DeviceId>()
  return { roster: { ...roster, log: kept, fork: null, shunned, isDoubted: false }, effects }
}

/** Those to write to. While logs contradict each other, removal wins. */
export function activeDevices({ log, fork, shunned }: Roster): readonly Device[] {
  const devices =
    fork === null ? [...log.devices.values()] : devicesAcrossFork(log, fork.theirs, fork.stands)
  return devices.filter(({ id }) => !shunned.has(toHex(id)))
}

export interface Target {
  readonly identityKey: Uint8Array
  readonly device: Device
}

/** For one message: every device of the peer, and every other of one's own. */
export function targetsOf(peer: Roster | null, own: Roster, self: DeviceId): Target[] {
  const isSelf = ({ id }: Device): boolean => toHex(id) === self
  const ownTargets = activeDevices(own)
    .filter((device) => !isSelf(device))
    .map((device) => ({ identityKey: own.log.identityKey, device }))
  if (peer === null || equalBytes(peer.log.identityKey, own.log.identityKey)) return ownTargets
  const { identityKey } = peer.log
  return [...activeDevices(peer).map((device) => ({ identityKey, device })), ...ownTargets]
}

/** What a head that somebody named says about the log that we have. */
export function hearHead(roster: Roster, head: DeviceLogHead, nowSeconds: number): RosterStep {
  const { identityKey } = roster.log
  try {
    const relation = compareHead(roster.log, head)
    if (relation === 'same') return same(roster)
    if (relation === 'behind') return fetchLog(roster, nowSeconds)
    return { roster, effects: [{ kind: 'send-log', identityKey }] }
  } catch (error: unknown) {
    if (!(error instanceof ProtocolError)) throw error
    return contradicted(roster, head, nowSeconds)
  }
}

/** Two heads of one log: somebody was shown another one than we were. */
function contradicted(roster: Roster, head: DeviceLogHead, nowSeconds: number): RosterStep {
  const branch = roster.fork?.theirs.hashes[head.seq]
  if (branch !== undefined && equalBytes(branch, head.hash)) return same(roster)
  const asked = fetchLog(roster, nowSeconds)
  if (roster.isDoubted) return asked
  const { identityKey } = roster.log
  const alarm: RosterEffect = { kind: 'alarm', identityKey, seq: head.seq, evidence: null }
  return { roster: { ...asked.roster, isDoubted: true }, effects: [alarm, ...asked.effects] }
}

/** Anybody can name a head that does not exist, so this is not done at every message. */
function fetchLog(roster: Roster, nowSeconds: number): RosterStep {
  const { fetchedSeconds, log } = roster
  const sinceSeconds = fetchedSeconds === null ? null : nowSeconds - fetchedSeconds
  const isRecent =
    sinceSeconds !== null && sinceSeconds >= 0 && sinceSeconds < LOG_FETCH_SECONDS_MIN
  if (isRecent) return same(roster)
  const effect: RosterEffect = { kind: 'fetch-log', identityKey: log.identityKey }
  return { roster: { ...roster, fetchedSeconds: nowSeconds }, effects: [effect] }
}

/** The heads of one message, from a device that `checkSender` let through. */
export function hearHeads(
  rosters: { readonly peer: Roster; readonly own: Roster },
  heads: LogHeads,
  nowSeconds: number,
): { readonly peer: RosterStep; readonly own: RosterStep } {
  const peer = hearHead(rosters.peer, heads.own, nowSeconds)
  const { yours } = heads
  return {
    peer,
    own: yours === null ? same(rosters.own) : hearHead(rosters.own, yours, nowSeconds),
  }
}

/**
 * The device that a message came from, by the log. Null for one that the log does not have: the
 * log is to be fetched, and the message kept until then. Throws for one that was revoked.
 */
export function checkSender(roster: Roster, party: Party): Device | null {
  const { log, fork, shunned } = roster
  const id = toHex(party.deviceId)
  if (!equalBytes(party.identityKey, log.identityKey)) throw new ProtocolError('DEVICE_LINKAGE')
  if (log.revoked.has(id) || fork?.theirs.revoked.has(id) || shunned.has(id)) {
    throw new ProtocolError('DEVICE_PERMISSION', 'a revoked device')
  }
  const device = activeDevices(roster).find((one) => equalBytes(one.id, party.deviceId))
  if (device === undefined) {
    if (log.devices.has(id)) throw new ProtocolError('DEVICE_FORK', 'a device of one branch')
    return null
  }
  const isSame =
    equalBytes(device.signKey, party.signKey) && equalBytes(device.exchangeKey, party.deviceKey)
  if (!isSame) throw new ProtocolError('DEVICE_INVALID', 'other keys than the log has')
  return device
}
