import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConnectedPeer, PeerId } from '@ezchat/protocol/ports.ts'
import { GROUP_OUTGOING_MAX, REDIAL_MS_MAX } from '../../src/limits.ts'
import { KeepConnected } from '../../src/net/keep-connected.ts'
import { peerIdOf } from '../../src/net/peer-id.ts'
import { PeerMemory } from '../../src/net/peer-memory.ts'
import { MemoryKeyValue } from '../../src/store/memory-store.ts'
import { ManualClock } from '../manual-clock.ts'
import { crypto } from './nodes.ts'

const peer = (number: number) => peerIdOf(new Uint8Array(32).fill(number))
const SELF = peer(0)
const DOOR = '/dns4/door.example/tcp/1'

async function keeper(countWanted: number) {
  const clock = new ManualClock(1_700_000_000_000)
  const keyValue = new MemoryKeyValue()
  const memory = await PeerMemory.open({ clock, keyValue, self: SELF, onFailure: assert.ifError })
  const connected = new Map<PeerId, ConnectedPeer>()
  const tried: string[] = []
  const dead = new Set<string>()
  const keep = new KeepConnected({
    ...{ clock, memory, self: SELF, countWanted, bootstraps: [DOOR] },
    randomBytes: (length) => crypto.randomBytes(length),
    peers: () => [...connected.values()],
    isRefused: () => false,
    connect: async (target) => {
      tried.push(target)
      if (dead.has(target)) throw new Error('nobody there')
      const found = target === DOOR ? peer(99) : target
      connected.set(found, { peer: found, isDialled: true })
      return found
    },
  })
  return { clock, memory, connected, tried, dead, keep }
}

test('a bootstrap node whose name is not known is called once, and again when it is gone', async () => {
  const { clock, connected, tried, keep } = await keeper(4)
  keep.start()
  await clock.advance(600_000)
  assert.deepEqual(tried, [DOOR])
  connected.clear()
  await clock.advance(600_000)
  assert.deepEqual(tried, [DOOR, DOOR])
  keep.close()
  assert.equal(clock.timerCount, 0)
})

test('peers that do not answer are called less and less often, and never given up', async () => {
  const { clock, tried, dead, keep } = await keeper(4)
  dead.add(DOOR)
  keep.start()
  await clock.advance(3_600_000)
  const first = tried.length
  assert.ok(first > 5 && first < 30, `${first} calls`)
  await clock.advance(REDIAL_MS_MAX * 2)
  assert.ok(tried.length > first)
  keep.close()
})

test('few of the places go to one /24, and anchors come first', async () => {
  const { clock, memory, connected, keep } = await keeper(6)
  for (let at = 1; at <= 20; at++) memory.learn(peer(at), [`/ip4/203.0.113.${at}/tcp/1`])
  for (let at = 21; at <= 23; at++) memory.learn(peer(at), [`/ip4/198.51.${at}.1/tcp/1`])
  memory.seen(peer(30), ['/ip4/192.0.2.1/tcp/1'])
  memory.served(peer(30))
  keep.start()
  await clock.advance(600_000)
  keep.close()
  const [first] = connected.keys()
  assert.equal(first, peer(30))
  const crowd = Array.from({ length: 20 }, (_, at) => peer(at + 1))
  assert.equal(crowd.filter((one) => connected.has(one)).length, GROUP_OUTGOING_MAX)
  assert.equal(connected.size, 6)
})
