import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { toHex } from '../../src/codec/bytes.ts'
import { Writer } from '../../src/codec/writer.ts'
import { HANDSHAKE_PROOF_BYTES_MAX } from '../../src/constants.ts'
import {
  addDevice,
  effectsOfLog,
  type LogReader,
  revokeDevice,
} from '../../src/device/log-change.ts'
import { decodeLogHeads, encodeLogHeads, LOG_HEADS_BYTES_MAX } from '../../src/device/log-heads.ts'
import { encodeDeviceProof, openDeviceProof } from '../../src/device/proof.ts'
import {
  activeDevices,
  checkSender,
  hearHead,
  hearHeads,
  learnLog,
  newRoster,
  settleFork,
  targetsOf,
} from '../../src/device/roster.ts'
import { decodeRoster, encodeRoster } from '../../src/device/roster-state.ts'
import { ProtocolError } from '../../src/errors.ts'
import { type DeviceLog, headOf, verifyDeviceLog } from '../../src/identity/device-log.ts'
import { decodeDeviceLogEntry } from '../../src/identity/device-log-entry.ts'
import { verifyForkEvidence } from '../../src/identity/device-log-fork.ts'
import { LOG_FETCH_SECONDS_MIN } from '../../src/limits.ts'
import type { Party } from '../../src/session/party.ts'
import {
  add,
  crypto,
  deviceOf,
  identityKey,
  laptopSigner,
  log,
  NOW,
  revoke,
  rootSigner,
  step,
} from './family.ts'

const contact: LogReader = { ownDeviceId: null, holdsIdentityKey: false }
const owner: LogReader = { ownDeviceId: toHex(deviceOf('laptop').id), holdsIdentityKey: true }

const partyOf = (name: string): Party => {
  const { id, signKey, exchangeKey } = deviceOf(name)
  return { identityKey, deviceId: id, signKey, deviceKey: exchangeKey }
}

const laptop = [add('laptop', ['publish', 'manage']), null] as const
const base = log(laptop, [add('phone'), null])
const longer = log(laptop, [add('phone'), null], [add('tablet'), null])
const revoked = log(laptop, [add('phone'), null], [revoke('phone'), null])

/** One more entry after a log, signed by the laptop or the root. */
function after(from: DeviceLog, ...more: Parameters<typeof step>[1][]): DeviceLog {
  const entries = [...from.entries]
  for (const change of more) entries.push(step(entries, change, 'laptop'))
  return verifyDeviceLog(crypto, identityKey, entries)
}

function rooted(from: DeviceLog, change: Parameters<typeof step>[1]): DeviceLog {
  return verifyDeviceLog(crypto, identityKey, [...from.entries, step(from.entries, change)])
}

const kinds = (effects: readonly { readonly kind: string }[]): string[] =>
  effects.map(({ kind }) => kind)
const refuses = (run: () => void, code: string): void => {
  assert.throws(run, (error: unknown) => error instanceof ProtocolError && error.code === code)
}
const names = (devices: readonly { readonly name: string }[]): string[] =>
  devices.map(({ name }) => name)

describe('a log that grows', () => {
  test('a device that is added is shown, and its prekeys are fetched', () => {
    const { roster, effects } = learnLog(crypto, newRoster(base), longer, contact)
    assert.equal(roster.log, longer)
    assert.deepEqual(kinds(effects), ['show', 'fetch-prekeys'])
  })

  test('a device that is revoked has its sessions ended and its groups rotated', () => {
    const { effects } = learnLog(crypto, newRoster(base), revoked, contact)
    assert.deepEqual(kinds(effects), ['end-sessions', 'rotate-groups', 'show'])
  })

  test('an owner also renews the own key, the warrants and the record', () => {
    const { effects } = learnLog(crypto, newRoster(base), revoked, owner)
    const [, , , ...rest] = effects
    assert.deepEqual(kinds(rest), ['renew-own-key', 'renew-warrants', 'publish-record'])
    const warrants = effects.find((effect) => effect.kind === 'renew-warrants')
    assert.ok(warrants?.kind === 'renew-warrants')
    assert.deepEqual(names(warrants.devices), ['laptop'])
    const phone = { ownDeviceId: toHex(deviceOf('phone').id), holdsIdentityKey: false }
    assert.deepEqual(kinds(effectsOfLog(base, longer, phone)), [
      'show',
      'fetch-prekeys',
      'publish-record',
    ])
  })

  test('a device that finds itself revoked stops, and a new one is not shown to itself', () => {
    const self = (name: string): LogReader => ({ ...owner, ownDeviceId: toHex(deviceOf(name).id) })
    assert.deepEqual(kinds(effectsOfLog(base, revoked, self('phone'))), ['self-revoked'])
    assert.ok(!kinds(effectsOfLog(base, longer, self('tablet'))).includes('show'))
  })

  test('what was known already changes nothing', () => {
    const roster = newRoster(longer)
    assert.equal(learnLog(crypto, roster, longer, contact).roster, roster)
    assert.equal(learnLog(crypto, roster, base, contact).roster, roster)
    assert.deepEqual(effectsOfLog(base, base, owner), [])
  })

  test('whoever may not change the log signs nothing', () => {
    const by = {
      signer: { deviceId: deviceOf('phone').id, seed: laptopSigner.seed },
      nowSeconds: NOW,
    }
    refuses(() => revokeDevice(crypto, base, deviceOf('laptop').id, by), 'DEVICE_LOG_PERMISSION')
    const added = addDevice(crypto, base, deviceOf('x'), { signer: rootSigner, nowSeconds: NOW })
    assert.deepEqual(added.log.entries.at(-1), added.entry)
    const midnight = NOW - (NOW % 86_400)
    assert.equal(decodeDeviceLogEntry(added.entry).timeSeconds, midnight, 'no hour is shown')
    const gone = revokeDevice(crypto, added.log, deviceOf('x').id, {
      signer: laptopSigner,
      nowSeconds: NOW,
    })
    assert.ok(gone.log.revoked.has(toHex(deviceOf('x').id)))
  })
})

describe('two heads of one log', () => {
  const left = after(base, add('left', []))
  const right = after(base, add('right', []))

  test('raise an alarm with evidence that convinces others, once', () => {
    const { roster, effects } = learnLog(crypto, newRoster(left), right, contact)
    assert.equal(roster.log, left)
    const [alarm] = effects
    assert.ok(alarm?.kind === 'alarm' && alarm.evidence !== null)
    assert.equal(verifyForkEvidence(crypto, identityKey, alarm.evidence).seq, 2)
    assert.deepEqual(learnLog(crypto, roster, right, contact).effects, [])
  })

  test('in messages raise one before the other log is here, and it is fetched', () => {
    const first = hearHead(newRoster(left), headOf(right), NOW)
    assert.deepEqual(kinds(first.effects), ['alarm', 'fetch-log'])
    const second = hearHead(first.roster, headOf(right), NOW + 1)
    assert.deepEqual(second.effects, [])
    const third = hearHead(second.roster, headOf(right), NOW + LOG_FETCH_SECONDS_MIN)
    assert.deepEqual(kinds(third.effects), ['fetch-log'])
    const known = learnLog(crypto, first.roster, right, contact).roster
    assert.equal(known.isDoubted, false)
    assert.deepEqual(hearHead(known, headOf(right), NOW + 9999).effects, [])
  })

  test('while neither stands, only devices of both are written to', () => {
    const { roster } = learnLog(crypto, newRoster(left), right, contact)
    assert.deepEqual(names(activeDevices(roster)), ['laptop', 'phone'])
    refuses(() => checkSender(roster, partyOf('left')), 'DEVICE_FORK')
    assert.equal(checkSender(roster, partyOf('right')), null)
  })

  test('the branch of the words stands, whichever came first', () => {
    const root = rooted(base, revoke('phone'))
    const { roster, effects } = learnLog(crypto, newRoster(left), root, contact)
    assert.equal(roster.log, root)
    assert.equal(roster.fork?.theirs, left)
    assert.deepEqual(names(activeDevices(roster)), ['laptop'])
    assert.ok(kinds(effects).includes('alarm') && kinds(effects).includes('end-sessions'))
    const other = learnLog(crypto, newRoster(root), left, contact)
    assert.equal(other.roster.log, root)
    refuses(() => checkSender(roster, partyOf('phone')), 'DEVICE_PERMISSION')
  })

  test('a revocation on the branch that does not stand counts too', () => {
    const gone = after(base, revoke('phone'))
    const { roster } = learnLog(crypto, newRoster(left), gone, contact)
    refuses(() => checkSender(roster, partyOf('phone')), 'DEVICE_PERMISSION')
    assert.deepEqual(names(activeDevices(roster)), ['laptop'])
  })

  test('a third branch does not bring back whom the second has revoked', () => {
    const gone = learnLog(crypto, newRoster(left), after(base, revoke('phone')), contact).roster
    const third = learnLog(crypto, gone, right, contact).roster
    assert.equal(third.fork?.theirs, right)
    assert.deepEqual(names(activeDevices(third)), ['laptop'])
    refuses(() => checkSender(third, partyOf('phone')), 'DEVICE_PERMISSION')
    assert.deepEqual(decodeRoster(crypto, encodeRoster(third)), third)
    const settled = settleFork(third, 'ours', contact).roster
    assert.deepEqual(names(activeDevices(settled)), ['laptop', 'phone', 'left'])
  })

  test('a fork that becomes longer stays one, and its user settles it', () => {
    const { roster } = learnLog(crypto, newRoster(left), right, contact)
    const grown = learnLog(crypto, roster, after(left, add('more', [])), contact)
    assert.equal(grown.roster.fork?.seq, 2)
    const again = learnLog(crypto, grown.roster, after(right, add('others', [])), contact)
    assert.deepEqual(kinds(again.effects), ['alarm'])
    const ours = settleFork(again.roster, 'ours', contact)
    assert.equal(ours.roster.fork, null)
    assert.deepEqual(ours.effects, [])
    const theirs = settleFork(again.roster, 'theirs', contact)
    assert.equal(theirs.roster.log, again.roster.fork?.theirs)
    assert.ok(kinds(theirs.effects).includes('end-sessions'))
  })

  test('a log that ends a fork with the words replaces both', () => {
    const { roster } = learnLog(crypto, newRoster(left), right, contact)
    const root = rooted(base, add('tablet'))
    assert.equal(learnLog(crypto, roster, root, contact).roster.log, root)
  })
})

describe('heads in messages', () => {
  test('one that is ahead of our log has it fetched, not at every message', () => {
    const first = hearHead(newRoster(base), headOf(longer), NOW)
    assert.deepEqual(kinds(first.effects), ['fetch-log'])
    assert.deepEqual(hearHead(first.roster, headOf(longer), NOW + 299).effects, [])
    assert.deepEqual(kinds(hearHead(first.roster, headOf(longer), NOW + 300).effects), [
      'fetch-log',
    ])
    const clockBack = hearHead(first.roster, headOf(longer), NOW - 1)
    assert.deepEqual(kinds(clockBack.effects), ['fetch-log'])
  })

  test('one that is behind has ours sent', () => {
    assert.deepEqual(kinds(hearHead(newRoster(longer), headOf(base), NOW).effects), ['send-log'])
    assert.deepEqual(hearHead(newRoster(longer), headOf(longer), NOW).effects, [])
  })

  test('both of a message are heard', () => {
    const rosters = { peer: newRoster(base), own: newRoster(longer) }
    const heard = hearHeads(rosters, { own: headOf(longer), yours: headOf(base) }, NOW)
    assert.deepEqual(kinds(heard.peer.effects), ['fetch-log'])
    assert.deepEqual(kinds(heard.own.effects), ['send-log'])
    const without = hearHeads(rosters, { own: headOf(base), yours: null }, NOW)
    assert.deepEqual([without.peer.effects, without.own.effects], [[], []])
  })

  test('come back as they were', () => {
    for (const yours of [null, headOf(base)]) {
      const heads = { own: headOf(longer), yours }
      const bytes = encodeLogHeads(heads)
      assert.ok(bytes.length <= LOG_HEADS_BYTES_MAX)
      assert.deepEqual(decodeLogHeads(bytes), heads)
    }
  })
})

describe('who is written to', () => {
  test('every device of the peer, and every other of one’s own', () => {
    const self = toHex(deviceOf('laptop').id)
    const own = newRoster(longer)
    const peerLog = { ...base, identityKey: new Uint8Array(32).fill(7) }
    const targets = targetsOf(newRoster(peerLog), own, self)
    assert.deepEqual(names(targets.map(({ device }) => device)), [
      'laptop',
      'phone',
      'phone',
      'tablet',
    ])
    assert.deepEqual(targetsOf(own, own, self), targetsOf(null, own, self))
    assert.deepEqual(names(targetsOf(null, own, self).map(({ device }) => device)), [
      'phone',
      'tablet',
    ])
  })

  test('a sender is in the log with its keys, or unknown, or refused', () => {
    const roster = newRoster(revoked)
    assert.equal(checkSender(roster, partyOf('laptop'))?.name, 'laptop')
    assert.equal(checkSender(roster, partyOf('tablet')), null)
    refuses(() => checkSender(roster, partyOf('phone')), 'DEVICE_PERMISSION')
    const { signKey } = deviceOf('other')
    refuses(() => checkSender(roster, { ...partyOf('laptop'), signKey }), 'DEVICE_INVALID')
    const stranger = { ...partyOf('laptop'), identityKey: new Uint8Array(32) }
    refuses(() => checkSender(roster, stranger), 'DEVICE_LINKAGE')
  })
})

describe('a proof beside a handshake', () => {
  const both = log(laptop, [add('tv', []), 'laptop'], [revoke('tv'), null], [add('phone'), null])

  test('shows whose device it is, added by the root or by a manager, and fits', () => {
    for (const name of ['laptop', 'phone', 'tv']) {
      const bytes = encodeDeviceProof(both, deviceOf(name).id)
      assert.ok(bytes.length <= HANDSHAKE_PROOF_BYTES_MAX)
      const { head, device } = openDeviceProof(crypto, bytes, partyOf(name))
      assert.deepEqual(head, headOf(both))
      assert.equal(device.name, name)
    }
    const longest = add('m'.repeat(32), ['publish', 'manage'])
    const far = log([longest, null], [add('d'.repeat(32), []), 'm'.repeat(32)])
    assert.ok(encodeDeviceProof(far, deviceOf('d'.repeat(32)).id).length <= 640)
  })

  test('is refused for another device, another identity, or a change of one bit', () => {
    const bytes = encodeDeviceProof(both, deviceOf('tv').id)
    refuses(() => openDeviceProof(crypto, bytes, partyOf('laptop')), 'DEVICE_PERMISSION')
    const other = { ...partyOf('tv'), identityKey: deviceOf('x').signKey }
    refuses(() => openDeviceProof(crypto, bytes, other), 'DEVICE_LINKAGE')
    const { exchangeKey: deviceKey } = deviceOf('x')
    refuses(
      () => openDeviceProof(crypto, bytes, { ...partyOf('tv'), deviceKey }),
      'DEVICE_PERMISSION',
    )
    const weak = { ...deviceOf('weak'), exchangeKey: new Uint8Array(32) }
    const signed = step([], { op: 'add', device: weak })
    const proof = new Writer().u8(1).u32(0).bytes(new Uint8Array(32)).u8(1).prefixed(signed, 999)
    const party = { ...partyOf('weak'), deviceKey: weak.exchangeKey }
    refuses(() => openDeviceProof(crypto, proof.finish(), party), 'DEVICE_INVALID')
    for (let at = 37; at < bytes.length; at++) {
      const changed = bytes.with(at, bytes[at]! ^ 1)
      assert.throws(() => openDeviceProof(crypto, changed, partyOf('tv')), ProtocolError)
    }
  })
})

test('a roster comes back from the disk as it was', () => {
  const left = after(base, add('left', []))
  const right = after(base, add('right', []))
  const forked = learnLog(crypto, newRoster(left), right, contact).roster
  const asked = hearHead(newRoster(base), headOf(longer), NOW).roster
  for (const roster of [newRoster(base), forked, asked, { ...asked, isDoubted: true }]) {
    assert.deepEqual(decodeRoster(crypto, encodeRoster(roster)), roster)
  }
  const agreed = encodeRoster({ ...forked, fork: { ...forked.fork!, theirs: left } })
  refuses(() => decodeRoster(crypto, agreed), 'STATE_FIELD')
})

test('in whatever order logs are learned, nobody writes to a revoked device', () => {
  const logs = [base, longer, revoked, after(base, add('left', [])), after(base, revoke('phone'))]
  fc.assert(
    fc.property(fc.array(fc.nat(logs.length - 1), { maxLength: 8 }), (order) => {
      let roster = newRoster(base)
      for (const at of order) roster = learnLog(crypto, roster, logs[at]!, contact).roster
      const seen = [roster.log, ...(roster.fork === null ? [] : [roster.fork.theirs])]
      const isRevoked = seen.some((one) => one.revoked.has(toHex(deviceOf('phone').id)))
      const isActive = names(activeDevices(roster)).includes('phone')
      assert.ok(!(isRevoked && isActive))
      if (order.includes(2) || order.includes(4)) assert.ok(!isActive, `${order}`)
    }),
    { numRuns: 200 },
  )
})
