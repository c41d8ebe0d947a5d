// roots: requests.md §5.

import { toHex, utf8 } from '@ezchat/protocol/codec/bytes.ts'
import { sha256 } from '@noble/hashes/sha2.js'
import type { Vector } from '../../vector.ts'
import { bad, fill, good, of, row } from './request-body.ts'

const SALT = fill(16, 0x5a)
const ROOT = fill(32, 0x0f)
const SHARDS = row(of(0b0000_1010), new Uint8Array(31))
const FINGERPRINTS = [fill(16, 1), fill(16, 3)]

function answer(name: string, note: string, body: Uint8Array) {
  const input = { body: toHex(body), shardCount: 2 }
  return { format: 'request', name, note, entry: 'rootsAnswer', input }
}

export function roots(): Vector[] {
  const body = row(SALT, SHARDS, ROOT)
  const numbered = row(of(1), FINGERPRINTS[0]!, of(3), FINGERPRINTS[1]!)
  const root = sha256(row(utf8('ezchat/v1/hash/sync-roots\0'), SALT, numbered))
  return [
    good('roots', 'roots', 'Two shards, compared at once.', body, {
      ...{ salt: toHex(SALT), shards: [1, 3], root: toHex(ROOT) },
    }),
    bad(
      'roots',
      'roots-no-shards',
      'Nothing is compared.',
      'REQUEST_FIELD',
      row(SALT, new Uint8Array(32), ROOT),
    ),
    bad(
      'roots',
      'roots-foreign-shard',
      'A shard that the network does not have.',
      'REQUEST_FIELD',
      row(SALT, of(0, 0, 1), new Uint8Array(29), ROOT),
    ),
    bad('roots', 'roots-cut', 'The root lacks a byte.', 'REQUEST_TRUNCATED', body.subarray(0, -1)),
    bad('roots', 'roots-trailing', 'A byte is left.', 'REQUEST_TRAILING', row(body, of(0))),
    {
      ...answer('roots-equal', 'The roots are the same.', of()),
      ...{ expect: 'ok', output: { fingerprints: null } },
    },
    {
      ...answer('roots-differ', 'A fingerprint for each of the shards.', row(...FINGERPRINTS)),
      ...{ expect: 'ok', output: { fingerprints: FINGERPRINTS.map(toHex) } },
    },
    {
      ...answer('roots-fewer', 'A fingerprint is missing.', FINGERPRINTS[0]!),
      ...{ expect: 'malformed', code: 'REQUEST_TRUNCATED' },
    },
    {
      ...answer('roots-more', 'One fingerprint too many.', row(...FINGERPRINTS, fill(16, 5))),
      ...{ expect: 'malformed', code: 'REQUEST_TRAILING' },
    },
    {
      ...{ format: 'request', name: 'root-of-shards', note: 'The root of two shards.' },
      entry: 'rootOfShards',
      input: { salt: toHex(SALT), shards: [1, 3], fingerprints: FINGERPRINTS.map(toHex) },
      ...{ expect: 'ok', output: toHex(root) },
    },
  ]
}
