// The devices of a group's members, as a rotation and the reader of a message need them:
// group.md §5.
import { compareBytes, equalBytes } from '../codec/bytes.ts'
import { GROUP_TAG_BYTES } from '../constants.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { HASH_LABELS, labelled } from '../crypto/labels.ts'
import { type DeviceRef, deviceName } from './op.ts'
import type { GroupView } from './view.ts'

export interface RosterDevice extends DeviceRef {
  /** Ed25519. */
  readonly signKey: Uint8Array
  /** X25519. */
  readonly exchangeKey: Uint8Array
}

export interface Roster {
  /** Of members, neither revoked nor expelled. By identity and device, ascending. */
  readonly active: readonly RosterDevice[]
  /** That must not read what is sent from now on. */
  readonly gone: readonly RosterDevice[]
}

/** From an identity's verified device log; null while there is none. */
export type DevicesOf = (identity: Uint8Array) => {
  readonly active: readonly RosterDevice[]
  readonly revoked: readonly RosterDevice[]
} | null

function compareRefs(a: DeviceRef, b: DeviceRef): number {
  return compareBytes(a.identity, b.identity) || compareBytes(a.device, b.device)
}

export function rosterOf(view: GroupView, devicesOf: DevicesOf): Roster {
  const expelled = new Set(view.expelled.map(deviceName))
  const active: RosterDevice[] = []
  const gone: RosterDevice[] = []
  for (const { identity } of view.members.values()) {
    const devices = devicesOf(identity)
    for (const one of devices?.active ?? []) {
      if (expelled.has(deviceName(one))) gone.push(one)
      else active.push(one)
    }
    gone.push(...(devices?.revoked ?? []))
  }
  for (const identity of view.gone.values()) {
    const devices = devicesOf(identity)
    gone.push(...(devices?.active ?? []), ...(devices?.revoked ?? []))
  }
  return { active: active.sort(compareRefs), gone: gone.sort(compareRefs) }
}

const tags = new WeakMap<DeviceRef, { readonly groupId: Uint8Array; readonly tag: Uint8Array }>()

/** Short on purpose: it finds a slot, and proves nothing. */
export function tagOf(crypto: Crypto, groupId: Uint8Array, ref: DeviceRef): Uint8Array {
  const known = tags.get(ref)
  if (known !== undefined && equalBytes(known.groupId, groupId)) return known.tag
  const tag = crypto
    .sha256(labelled(HASH_LABELS.groupTag, groupId, ref.identity, ref.device))
    .slice(0, GROUP_TAG_BYTES)
  tags.set(ref, { groupId, tag })
  return tag
}

/** All places of a tag: two devices in four billion share one. */
export function placesOf(tag: Uint8Array, packed: Uint8Array): number[] {
  const places: number[] = []
  for (let at = 0; at < packed.length; at += GROUP_TAG_BYTES) {
    if (
      packed[at] === tag[0] &&
      packed[at + 1] === tag[1] &&
      packed[at + 2] === tag[2] &&
      packed[at + 3] === tag[3]
    ) {
      places.push(at / GROUP_TAG_BYTES)
    }
  }
  return places
}

const numbers = new WeakMap<Uint8Array, ReadonlySet<number>>()

/** Kept for the same array, which nobody changes. */
export function packedTags(packed: Uint8Array): ReadonlySet<number> {
  const known = numbers.get(packed)
  if (known !== undefined) return known
  const view = new DataView(packed.buffer, packed.byteOffset, packed.length)
  const set = new Set<number>()
  for (let at = 0; at < packed.length; at += GROUP_TAG_BYTES) set.add(view.getUint32(at))
  numbers.set(packed, set)
  return set
}

export function tagNumber(tag: Uint8Array): number {
  return new DataView(tag.buffer, tag.byteOffset, tag.length).getUint32(0)
}

type ByTag = ReadonlyMap<number, readonly RosterDevice[]>
const byTags = new WeakMap<Roster, ByTag>()

/** Those with a tag, gone ones too. */
export function devicesWithTag(
  crypto: Crypto,
  groupId: Uint8Array,
  roster: Roster,
  tag: Uint8Array,
): readonly RosterDevice[] {
  const byTag =
    byTags.get(roster) ??
    Map.groupBy([...roster.active, ...roster.gone], (one) => tagNumber(tagOf(crypto, groupId, one)))
  byTags.set(roster, byTag)
  return byTag.get(tagNumber(tag)) ?? []
}

/** Our own place. Devices that share a tag take its places in the order of the roster. */
export function ownPlace(
  crypto: Crypto,
  groupId: Uint8Array,
  { active }: Roster,
  self: DeviceRef,
  packed: Uint8Array,
): number | null {
  const tag = tagOf(crypto, groupId, self)
  const places = placesOf(tag, packed)
  if (places.length <= 1) return places[0] ?? null
  const sharing = active.filter((one) => equalBytes(tagOf(crypto, groupId, one), tag))
  const rank = sharing.findIndex((one) => deviceName(one) === deviceName(self))
  return places[rank] ?? null
}
