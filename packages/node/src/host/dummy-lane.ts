// Where cover traffic goes: a mailbox of the day that nobody but this process could name.
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { KEY_BYTES } from '@ezchat/protocol/crypto/lengths.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import { deriveLane, laneDay } from '@ezchat/protocol/mailbox/lane.ts'
import type { Clock } from '@ezchat/protocol/ports.ts'
import type { DummyAddress } from '../courier/seams.ts'

export interface DummyLaneInit {
  readonly crypto: Crypto
  readonly clock: Clock
  readonly networkId: Uint8Array
}

export function dummyLane({ crypto, clock, networkId }: DummyLaneInit) {
  const secret = Secret.adopt(crypto.randomBytes(KEY_BYTES))
  return (shard: number): DummyAddress => {
    const day = laneDay(Math.floor(clock.nowMs() / 1000))
    const { mailbox, sealKey } = deriveLane(crypto, secret, { networkId, direction: 0, day })
    return { shard, mailbox, key: sealKey }
  }
}
