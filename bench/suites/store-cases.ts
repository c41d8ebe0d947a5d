// A carrier's put: verified before, on disk when it resolves. Beside it LevelDB alone, given the
// same bytes in synced batches of as many as are in flight.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EnvelopeStore, PutResult } from '@ezchat/node/store/envelope-store.ts'
import { LevelKeyValue } from '@ezchat/node/store/level-key-value.ts'
import { openLevelStore } from '@ezchat/node/store/level-store.ts'
import type { Envelope } from '@ezchat/protocol/envelope/decode.ts'
import { decodeEnvelope } from '@ezchat/protocol/envelope/decode.ts'
import { encodeEnvelope } from '@ezchat/protocol/envelope/layout.ts'
import type { EnvelopeRules } from '@ezchat/protocol/envelope/rules.ts'
import type { Contender, Context, TimedCase } from '../frame/case.ts'
import { native } from './implementations.ts'

export const NOW_SECONDS = 1_800_000_000
// What a carrier has in a network of some size; a small network has it carry all 256.
export const SHARDS = 16
export const NETWORK: EnvelopeRules = {
  ...{ id: new Uint8Array(32).fill(1), shardBits: 8, ttlDays: 30, price: 0, bucketsMask: 15 },
}

// LevelDB may still be tidying up.
const ERASE = { recursive: true, force: true, maxRetries: 20, retryDelay: 50 }

/** Removed when the program ends, since a case does not know when its last run was. */
const directories: string[] = []
process.once('exit', () => {
  for (const path of directories) rmSync(path, ERASE)
})

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), 'ezchat-bench-'))
  directories.push(path)
  return path
}

function envelope(): Envelope {
  const mailbox = native.randomBytes(32)
  mailbox[31]! &= 0x3f
  const body = native.randomBytes(1024 - 47)
  const header = { shard: mailbox[0]! % SHARDS, mailbox, timestampSeconds: NOW_SECONDS, nonce: 0n }
  const bytes = encodeEnvelope(NETWORK, { ...header, body })
  return decodeEnvelope(native, { network: NETWORK, nowSeconds: NOW_SECONDS }, bytes)
}

export const several = (count: number) => Array.from({ length: count }, envelope)

function storing(store: EnvelopeStore, count: number): Contender {
  return {
    name: 'the store',
    pieces: count,
    prepare: () => several(count),
    run: (envelopes) => Promise.all((envelopes as Envelope[]).map((one) => store.put(one))),
    check: (results) => {
      const isStored = (results as PutResult[]).every(({ kind }) => kind === 'stored')
      assert.ok(isStored, 'an envelope was not stored')
    },
  }
}

/** As a connection hands them over: always as many under way. */
function flowing(store: EnvelopeStore, count: number, inFlight: number): Contender {
  return {
    name: 'the store',
    pieces: count,
    prepare: () => several(count),
    run: async (prepared) => {
      const envelopes = (prepared as Envelope[]).values()
      let stored = 0
      const lane = async () => {
        for (const one of envelopes) if ((await store.put(one)).kind === 'stored') stored++
      }
      await Promise.all(Array.from({ length: inFlight }, lane))
      return stored
    },
    check: (stored) => assert.equal(stored, count),
  }
}

export function raw(level: LevelKeyValue, count: number, batch: number): Contender {
  return {
    name: `level, synced batches of ${batch}`,
    pieces: count,
    prepare: () => several(count),
    run: async (prepared) => {
      const envelopes = prepared as Envelope[]
      for (let at = 0; at < count; at += batch) {
        const group = envelopes.slice(at, at + batch)
        const operations = group.map(({ id, bytes }) => ({ key: id, value: bytes }))
        await level.write(operations, { sync: true })
      }
      return level.get(envelopes[0]!.id)
    },
    check: (bytes) => assert.equal((bytes as Uint8Array).length, 1024),
  }
}

export async function open() {
  const init = { crypto: native, network: NETWORK, quotaBytes: 2 ** 40, isOwn: () => false }
  const store = await openLevelStore({ ...init, directory: directory() })
  const level = await LevelKeyValue.open(directory(), { createIfMissing: true })
  return { store, level }
}

export function* storeCases({ check }: Context): Iterable<TimedCase> {
  const count = check ? 64 : 1024
  for (const inFlight of [64, 256]) {
    yield {
      ...{ kind: 'timed', unit: 'per second', target: { least: 10_000, ratioLeast: 1 / 3 } },
      name: `store: 1 KiB, durable when acknowledged, ${SHARDS} shards, ${inFlight} in flight`,
      contenders: async () => {
        const { store, level } = await open()
        return [flowing(store, count, inFlight), raw(level, count, Math.min(inFlight, count))]
      },
    }
  }
  yield {
    ...{ kind: 'timed', unit: 'ms' },
    name: 'store: 1 KiB, one alone',
    contenders: async () => {
      const { store, level } = await open()
      return [storing(store, 1), raw(level, 1, 1)]
    },
  }
}
