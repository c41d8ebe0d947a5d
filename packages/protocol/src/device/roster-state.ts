// A roster as bytes on our own disk. Its logs are verified again when they are read.
import { fromHex, toHex } from '../codec/bytes.ts'
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import { DEVICE_ID_BYTES, DEVICE_LOG_ENTRIES_MAX } from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { PUBLIC_KEY_BYTES } from '../crypto/lengths.ts'
import { ProtocolError } from '../errors.ts'
import { type DeviceId, verifyDeviceLog } from '../identity/device-log.ts'
import { compareLogs } from '../identity/device-log-fork.ts'
import { readEntries, writeEntries } from '../identity/device-log-list.ts'
import type { Fork, Roster } from './roster.ts'

const STATE_VERSION = 1
const STANDINGS = ['ours', 'theirs', 'neither'] as const

export function encodeRoster(roster: Roster): Uint8Array {
  const { log, fork, shunned, isDoubted, fetchedSeconds } = roster
  const writer = new Writer(1024).u8(STATE_VERSION).bytes(log.identityKey, PUBLIC_KEY_BYTES)
  writer.u8(isDoubted ? 1 : 0).u8(fetchedSeconds === null ? 0 : 1)
  writer.u32(fetchedSeconds ?? 0)
  writeEntries(writer, log.entries)
  writer.u16(shunned.size)
  for (const id of shunned) writer.bytes(fromHex(id), DEVICE_ID_BYTES)
  writer.u8(fork === null ? 0 : 1)
  if (fork !== null) {
    writeEntries(writer, fork.theirs.entries)
    writer.u8(STANDINGS.indexOf(fork.stands))
  }
  return writer.finish()
}

export function decodeRoster(crypto: Crypto, bytes: Uint8Array): Roster {
  const reader = new Reader(bytes, 'STATE')
  reader.version(STATE_VERSION)
  const identityKey = reader.bytes(PUBLIC_KEY_BYTES)
  const isDoubted = reader.within(reader.u8(), 0, 1, 'flag') === 1
  const isFetched = reader.within(reader.u8(), 0, 1, 'flag') === 1
  const seconds = reader.u32()
  const log = verifyDeviceLog(crypto, identityKey, readEntries(reader))
  const shunned = new Set<DeviceId>()
  const count = reader.within(reader.u16(), 0, DEVICE_LOG_ENTRIES_MAX, 'devices')
  for (let i = 0; i < count; i++) shunned.add(toHex(reader.bytes(DEVICE_ID_BYTES)))
  let fork: Fork | null = null
  if (reader.within(reader.u8(), 0, 1, 'fork') === 1) {
    const theirs = verifyDeviceLog(crypto, identityKey, readEntries(reader))
    const stands = STANDINGS[reader.within(reader.u8(), 0, 2, 'standing')]!
    const comparison = compareLogs(crypto, log, theirs)
    if (comparison.relation !== 'fork') throw new ProtocolError('STATE_FIELD', 'logs agree')
    fork = { theirs, seq: comparison.seq, stands }
  }
  reader.end()
  return { log, fork, shunned, isDoubted, fetchedSeconds: isFetched ? seconds : null }
}
