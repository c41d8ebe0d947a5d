// A daemon that always says the same, over a real socket: what the verbs make of it is their own.
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Verbs } from '@ezchat/node/control/dispatcher.ts'
import type { EventSource } from '@ezchat/node/control/event-source.ts'
import { serveUnixSocket } from '@ezchat/node/control/unix-socket.ts'
import { Failure } from '@ezchat/protocol/control/failures.ts'
import type { ContactView, MessageView, SyncingView } from '@ezchat/protocol/control/values.ts'
import { findHome } from '../src/home.ts'

const ALICE = `ez1${'a'.repeat(58)}`
const BOB = `ez1${'q'.repeat(58)}`
const AT = '2026-01-02T03:04:05.678Z'
const HOSTILE = 'red\u001b[31m\u202eevil\nsecond line'
const ID = '01234567-89ab-4cde-8f01-23456789abcd'

const bob: ContactView = {
  ...{ address: BOB, name: 'bob', standing: 'contact', isVerified: true, addedAt: AT },
  ...{ devices: 2, warning: null },
}
const mallory: ContactView = {
  ...bob,
  ...{ address: `ez1${'m'.repeat(58)}`, name: 'mallory\u001b]0;x\u0007', standing: 'request' },
  ...{ isVerified: false, warning: 'two device lists' },
}
const received: MessageView = {
  ...{ id: ID, conversation: BOB, name: 'bob', from: BOB, isOwn: false, kind: 'text' },
  ...{ text: HOSTILE, sentAt: AT, state: 'received', receipts: 0, isRead: false, place: 'a1' },
}
const sent: MessageView = {
  ...{ ...received, id: ID.replace('0', '1'), from: ALICE, isOwn: true, text: 'hello' },
  ...{ replyTo: ID, state: 'stored', receipts: 3, isRead: true, place: 'a2' },
}

const knows = (peer: string): ContactView => {
  if (peer === 'bob') return bob
  throw new Failure('PEER_UNKNOWN', peer)
}

function verbs(stop: () => void, syncing: () => SyncingView | null): Verbs {
  return {
    id: async () => ({ address: ALICE, name: 'alice', peer: '12D3KooWpeer', network: 'ezchat' }),
    invite: async () => ({ invite: 'ezchat:AbCdEf', expiresAt: AT }),
    add: async ({ name = 'bob' }) => ({ contact: { ...bob, name } }),
    'contacts.list': async ({ standing }) => ({
      contacts: [bob, mallory].filter((one) => standing === undefined || one.standing === standing),
    }),
    'contacts.show': async ({ peer }) => ({ contact: knows(peer), safetyNumber: '12345 67890' }),
    'contacts.rename': async ({ peer, name }) => ({ contact: { ...knows(peer), name } }),
    'contacts.verify': async ({ peer, safetyNumber }) => {
      if (safetyNumber === '0') throw new Failure('NOT_TRUSTED')
      return { contact: knows(peer) }
    },
    'contacts.accept': async ({ peer }) => ({ contact: knows(peer) }),
    'contacts.block': async ({ peer }) => ({ contact: { ...knows(peer), standing: 'blocked' } }),
    'contacts.rm': async ({ peer }) => {
      knows(peer)
      return {}
    },
    async send({ to, text, id = ID, wait }) {
      knows(to)
      if (text === 'too much') throw new Failure('QUOTA')
      if (wait === 'delivered') throw new Failure('TIMED_OUT', `queued, ${id}`)
      return { id, state: wait === 'stored' ? 'stored' : 'queued', receipts: wait ? 3 : 0 }
    },
    read: async () => ({ messages: [received, sent], hasMore: true }),
    outbox: async () => ({ messages: [sent], count: 2 }),
    show: async () => ({
      message: sent,
      hops: [
        { at: AT, what: 'queued', detail: 'on disk here' },
        { at: AT, what: 'receipt', detail: 'a carrier has it: 12D3KooWcarrier' },
      ],
    }),
    status: async () => ({
      ...{ version: '0.0.0', health: 'degraded', problems: ['disk: 3 MiB free'] },
      ...{ uptimeSeconds: 7300, address: ALICE, peer: '12D3KooWpeer', network: 'ezchat' },
      ...{ privacy: 'stem', listen: ['/ip4/127.0.0.1/tcp/4001'], peers: 4, carriers: 2 },
      ...{ shards: 256, envelopes: 1234, storeBytes: 5_242_880, quotaBytes: 10_737_418_240 },
      ...{ queued: 1, stored: 2, unread: 3, oldestQueuedAt: AT, memoryBytes: 104_857_600 },
      syncing: syncing(),
    }),
    peers: async () => ({
      peers: [
        {
          ...{ peer: '12D3KooWcarrier', isDialled: true, isCarrier: true, shards: 256 },
          ...{ addresses: ['/ip4/192.0.2.1/tcp/4001'], latencyMs: 12 },
        },
      ],
    }),
    async ping({ peer }) {
      const isBob = peer === 'bob'
      const detail = isBob ? '2 of 3 carriers answered' : 'where they live is not known yet'
      const by = isBob ? 'carriers' : 'nobody'
      return { reached: isBob, by, latencyMs: isBob ? 7 : null, carriers: isBob ? 2 : 0, detail }
    },
    doctor: async () => ({
      checks: [
        { name: 'peers', verdict: 'warning', detail: 'nobody is connected', advice: 'wait' },
      ],
    }),
    privacy: async () => ({}),
    async stop() {
      stop()
      return {}
    },
  }
}

const events: EventSource = {
  cursor: '7',
  async after(cursor) {
    if (cursor !== '7') return { events: [], cursor }
    const event = { cursor: '8', at: AT, kind: 'message', message: received } as const
    return { events: [event], cursor: '8' }
  },
  onNew: () => () => undefined,
}

export interface FakeDaemon {
  close(): Promise<void>
}

export async function startFakeDaemon(
  home: string,
  syncing: () => SyncingView | null = () => null,
): Promise<FakeDaemon> {
  const { socket } = findHome(home, {})
  await mkdir(dirname(socket), { recursive: true })
  let closed: Promise<void> | null = null
  const close = () => {
    closed ??= server.close()
    return closed
  }
  const served = verbs(() => setImmediate(() => void close()), syncing)
  const server = await serveUnixSocket(socket, { verbs: served, events, onBug: () => undefined })
  return { close }
}
