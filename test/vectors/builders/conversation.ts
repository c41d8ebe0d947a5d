import { concatBytes, toHex, utf8 } from '@ezchat/protocol/codec/bytes.ts'
import { sha256 } from '@noble/hashes/sha2.js'
import type { Vector } from '../vector.ts'
import { entryVectors } from './conversation/entries.ts'
import { logVectors } from './conversation/logs.ts'
import { seed } from './conversation/raw.ts'

const NETWORK = seed('network')
const [LOW, HIGH] = [seed('alice'), seed('bob')].sort(Buffer.compare) as [Uint8Array, Uint8Array]

function direct(name: string, note: string, a: Uint8Array, b: Uint8Array): Vector {
  const [lower, higher] = Buffer.compare(a, b) <= 0 ? [a, b] : [b, a]
  const label = utf8('ezchat/v1/hash/direct-conversation\0')
  return {
    format: 'conversation',
    name,
    note,
    entry: 'direct',
    input: { networkId: toHex(NETWORK), a: toHex(a), b: toHex(b) },
    expect: 'ok',
    output: toHex(sha256(concatBytes(label, NETWORK, lower, higher))),
  }
}

export function build(): Vector[] {
  return [
    direct('direct', 'Two identities name their conversation by themselves.', LOW, HIGH),
    direct('direct-other-way', 'The name is the same for both.', HIGH, LOW),
    direct('direct-with-oneself', 'An identity talks to itself, for notes.', LOW, LOW),
    ...entryVectors(),
    ...logVectors(),
  ]
}
