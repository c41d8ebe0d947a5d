import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { type DeviceLog, headOf, verifyDeviceLog } from '@ezchat/protocol/identity/device-log.ts'
import {
  compareLogs,
  devicesAcrossFork,
  verifyForkEvidence,
} from '@ezchat/protocol/identity/device-log-fork.ts'
import { decodeDeviceLog } from '@ezchat/protocol/identity/device-log-list.ts'
import { bytes } from '../input.ts'
import type { Entries, JsonObject } from '../vector.ts'

function logIn(input: JsonObject, crypto: Crypto, field: string): DeviceLog {
  const entries = decodeDeviceLog(bytes(input, field))
  return verifyDeviceLog(crypto, bytes(input, 'identityKey'), entries)
}

export const entries: Entries = {
  verify(input, crypto) {
    const log = logIn(input, crypto, 'log')
    const { seq, hash } = headOf(log)
    return { seq, hash: toHex(hash), devices: [...log.devices.keys()], revoked: [...log.revoked] }
  },
  compare(input, crypto) {
    const ours = logIn(input, crypto, 'log')
    const theirs = logIn(input, crypto, 'theirs')
    const comparison = compareLogs(crypto, ours, theirs)
    if (comparison.relation !== 'fork') return { relation: comparison.relation }
    const { relation, seq, stands, evidence } = comparison
    verifyForkEvidence(crypto, bytes(input, 'identityKey'), evidence)
    const devices = devicesAcrossFork(ours, theirs, stands).map(({ id }) => toHex(id))
    return { relation, seq, stands, devices }
  },
  evidence(input, crypto) {
    const identityKey = bytes(input, 'identityKey')
    const { seq, bySameSigner } = verifyForkEvidence(crypto, identityKey, bytes(input, 'evidence'))
    return { seq, bySameSigner }
  },
}
