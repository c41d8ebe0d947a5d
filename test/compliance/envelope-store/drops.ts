import type { EnvelopeStore } from '@ezchat/node/store/envelope-store.ts'
import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import {
  type DropScope,
  dropForgetAtSeconds,
  encodeDrop,
  type VerifiedDrop,
  verifyDrop,
} from '@ezchat/protocol/mailbox/drop.ts'
import { type Check, holds } from '../check.ts'
import {
  acknowledged,
  crypto,
  envelopeOf,
  FREE,
  isExact,
  type MakeStore,
  NOW_SECONDS,
  withStore,
} from './subject.ts'

export interface Owner {
  readonly mailbox: Uint8Array
  drop(scope: DropScope): VerifiedDrop
}

export function ownerOf(byte: number): Owner {
  const seed = Secret.adopt(new Uint8Array(32).fill(byte))
  const mailbox = crypto.ed25519Public(seed)
  const check = { networkId: FREE.id, ttlDays: FREE.ttlDays, nowSeconds: NOW_SECONDS }
  return {
    mailbox,
    drop: (scope) => {
      const terms = { networkId: FREE.id, mailbox, scope, warrant: null }
      const bytes = encodeDrop(terms, (message) => crypto.ed25519Sign(seed, message))
      return verifyDrop(crypto, bytes, check)
    },
  }
}

const bob = ownerOf(0xb0)
const eve = ownerOf(0xe0)

function several(count: number, { mailbox }: Owner, timestampSeconds = NOW_SECONDS) {
  const from = timestampSeconds - NOW_SECONDS
  return Array.from({ length: count }, (_, at) =>
    envelopeOf({ number: Math.abs(from) + at, mailbox, timestampSeconds }),
  )
}

const dropCountOf = (store: EnvelopeStore) => store.usage.dropCount

const CHECKS: readonly ((make: MakeStore) => Check)[] = [
  (make) => ({
    name: 'a drop of ids removes them, and none of another mailbox',
    run: withStore(make, async ({ store, restart }) => {
      const own = several(3, bob)
      const others = several(2, eve)
      await acknowledged(store, [...own, ...others])
      const ids = [own[0]!.id, own[1]!.id, others[0]!.id]
      const drop = bob.drop({ kind: 'ids', madeAt: NOW_SECONDS, ids })
      holds((await store.drop(drop)) === 'new', 'new')
      holds((await store.drop(drop)) === 'known', 'known')
      await isExact(store, [own[2]!, ...others])
      const result = await store.put(own[0]!)
      holds(result.kind === 'dropped', 'refused afterwards')
      holds(toHex(result.drop.bytes) === toHex(drop.bytes), 'with the proof')
      const reopened = await restart()
      holds((await acknowledged(reopened, [own[1]!])) === 'dropped', 'after a restart')
      holds((await reopened.drop(drop)) === 'known', 'known after a restart')
      await isExact(reopened, [own[2]!, ...others])
    }),
  }),
  (make) => ({
    name: 'a drop of all before a time removes any number, and nothing at that time',
    run: withStore(make, async ({ store, restart }) => {
      const old = several(600, bob, NOW_SECONDS - 6000)
      const kept = [...several(2, bob), ...several(2, eve, NOW_SECONDS - 6000)]
      await acknowledged(store, [...old, ...kept])
      await store.drop(bob.drop({ kind: 'before', before: NOW_SECONDS }))
      await isExact(store, kept)
      holds((await acknowledged(store, old.slice(0, 2))) === 'dropped dropped', 'refused')
      await isExact(await restart(), kept)
    }),
  }),
  (make) => ({
    name: 'drops are handed out in pages, a later bound in place of an earlier one',
    run: withStore(make, async ({ store, restart }) => {
      await store.drop(bob.drop({ kind: 'before', before: NOW_SECONDS - 600 }))
      const later = bob.drop({ kind: 'before', before: NOW_SECONDS })
      await store.drop(later)
      const ids = [1, 2, 3].map((byte) =>
        eve.drop({ kind: 'ids', madeAt: NOW_SECONDS, ids: [new Uint8Array(32).fill(byte)] }),
      )
      for (const drop of ids) await store.drop(drop)
      const reopened = await restart()
      holds(reopened.usage.dropCount === 4, `${reopened.usage.dropCount} drops`)
      const names: string[] = []
      let position: Uint8Array | null = null
      do {
        const page = await reopened.drops(position, 3)
        names.push(...page.drops.map(({ bytes }) => toHex(bytes)))
        position = page.position
      } while (position !== null)
      const expected = [later, ...ids].map(({ bytes }) => toHex(bytes))
      holds(names.sort().join() === expected.sort().join(), 'all four')
    }),
  }),
  (make) => ({
    name: 'a drop is forgotten when everything that it covers has expired',
    run: withStore(make, async ({ store, restart }) => {
      const drop = bob.drop({ kind: 'before', before: NOW_SECONDS })
      await store.drop(drop)
      const forgetAt = dropForgetAtSeconds(drop, FREE.ttlDays)
      await store.sweep(forgetAt - 1)
      holds(dropCountOf(store) === 1, 'still there')
      await store.sweep(forgetAt)
      holds(dropCountOf(store) === 0, 'gone')
      holds((await restart()).usage.dropCount === 0, 'gone from the disk')
    }),
  }),
]

export function dropChecks(make: MakeStore): Check[] {
  return CHECKS.map((check) => check(make))
}
