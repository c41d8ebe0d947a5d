import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { type Drop, type VerifiedDrop, verifyDrop } from '@ezchat/protocol/mailbox/drop.ts'
import { DropMemory } from '@ezchat/protocol/mailbox/drop-memory.ts'
import { bytes, list, number } from '../input.ts'
import type { Entries, Json, JsonObject } from '../vector.ts'

function verify(input: JsonObject, crypto: Crypto, drop: Uint8Array): VerifiedDrop {
  return verifyDrop(crypto, drop, {
    networkId: bytes(input, 'networkId'),
    ttlDays: number(input, 'ttlDays'),
    nowSeconds: number(input, 'nowSeconds'),
  })
}

function print({ mailbox, scope }: Drop): Json {
  if (scope.kind === 'before') return { mailbox: toHex(mailbox), before: scope.before }
  return { mailbox: toHex(mailbox), madeAt: scope.madeAt, ids: scope.ids.map(toHex) }
}

export const entries: Entries = {
  verify: (input, crypto) => print(verify(input, crypto, bytes(input, 'drop'))),
  /** Whether a carrier that knows these drops may let an envelope go; null: it may not. */
  covers(input, crypto) {
    const memory = new DropMemory(number(input, 'ttlDays'))
    for (const drop of list(input, 'drops')) memory.learn(verify(input, crypto, drop))
    memory.expire(number(input, 'laterSeconds'))
    const covering = memory.covering({
      mailbox: bytes(input, 'mailbox'),
      id: bytes(input, 'id'),
      timestamp: number(input, 'timestamp'),
    })
    return covering === null ? null : print(covering)
  },
  learn(input, crypto) {
    const memory = new DropMemory(number(input, 'ttlDays'))
    return list(input, 'drops').map((drop) => memory.learn(verify(input, crypto, drop)))
  },
}
