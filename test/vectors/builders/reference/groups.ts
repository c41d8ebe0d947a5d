// Operations, rotations and messages of a group, written a second time and able to lie.
import { concatBytes, utf8 } from '@ezchat/protocol/codec/bytes.ts'
import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { ed25519, x25519 } from '@noble/curves/ed25519.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { exchangeOf, publicOf, secretOf, u8, u16, u32 } from './pieces.ts'

const label = (use: string): Uint8Array => utf8(`ezchat/v1/${use}\0`)
const NOTHING = new Uint8Array(0)
export const ZERO = new Uint8Array(32)
export const NETWORK_ID = sha256(utf8('vector network'))

export interface Who {
  readonly identity: Uint8Array
  readonly device: Uint8Array
  readonly seed: Uint8Array
  readonly signKey: Uint8Array
  readonly exchange: Uint8Array
  readonly exchangeKey: Uint8Array
}

export function who(name: string, device = 'laptop'): Who {
  const place = `${name} ${device}`
  return {
    identity: publicOf(name),
    device: sha256(utf8(`device ${place}`)).slice(0, 16),
    seed: secretOf(`sign ${place}`),
    signKey: publicOf(`sign ${place}`),
    exchange: secretOf(`exchange ${place}`),
    exchangeKey: exchangeOf(`exchange ${place}`),
  }
}

export const refOf = ({ identity, device }: Who): Uint8Array => concatBytes(identity, device)

export interface OpParts {
  readonly groupId: Uint8Array
  readonly parents: readonly Uint8Array[]
  readonly depth: number
  readonly author: Who
  /** Kind and body. */
  readonly change: Uint8Array
  readonly version?: number
  readonly signedBy?: Who
}

export function opBody({ groupId, parents, depth, author, change, version = 1 }: OpParts) {
  const list = concatBytes(u8(parents.length), ...parents)
  return concatBytes(u8(version), groupId, list, u32(depth), refOf(author), change)
}

export function op(parts: OpParts): Uint8Array {
  const body = opBody(parts)
  const by = parts.signedBy ?? parts.author
  return concatBytes(body, ed25519.sign(concatBytes(label('sign/group-op'), body), by.seed))
}

export const hashOf = (bytes: Uint8Array): Uint8Array =>
  sha256(concatBytes(label('hash/group-op'), bytes))

const text = (value: string): Uint8Array => concatBytes(u16(utf8(value).length), utf8(value))
export const SALT = utf8('sixteen byte sal')

export const change = {
  create: (name = 'walkers') => concatBytes(u8(1), SALT, text(name)),
  add: (members: readonly (readonly [Who, number])[]) =>
    concatBytes(
      u8(2),
      u8(members.length),
      ...members.map(([{ identity }, role]) => concatBytes(identity, u8(role))),
    ),
  invite: (linkKey: Uint8Array, uses: number) =>
    concatBytes(u8(3), linkKey, u32(1_900_000_000), u16(uses)),
  join: (invite: Uint8Array, joiner: Who, link: Uint8Array, own: Uint8Array) =>
    concatBytes(u8(4), invite, refOf(joiner), link, own),
  remove: ({ identity }: Who) => concatBytes(u8(5), identity),
  leave: () => u8(6),
  promote: ({ identity }: Who) => concatBytes(u8(7), identity),
  demote: ({ identity }: Who) => concatBytes(u8(8), identity),
  rename: (name: string) => concatBytes(u8(9), text(name)),
  picture: (bytes: Uint8Array) => concatBytes(u8(10), u16(bytes.length), bytes),
  revoke: (invite: Uint8Array) => concatBytes(u8(11), invite),
  expel: (target: Who) => concatBytes(u8(12), refOf(target)),
}

/** Both signatures of a join. */
export function proof(groupId: Uint8Array, invite: Uint8Array, joiner: Who, link: Uint8Array) {
  const statement = concatBytes(groupId, invite, refOf(joiner))
  return {
    link: ed25519.sign(concatBytes(label('sign/group-link'), statement), link),
    own: ed25519.sign(concatBytes(label('sign/group-joiner'), statement), joiner.seed),
  }
}

export const tagOf = (groupId: Uint8Array, one: Who): Uint8Array =>
  sha256(concatBytes(label('hash/group-tag'), groupId, refOf(one))).slice(0, 4)

export interface RotationParts {
  readonly version?: number
  readonly suite?: number
  readonly mode?: number
  readonly networkId?: Uint8Array
  readonly groupId: Uint8Array
  readonly rotator: Who
  readonly parents?: readonly Uint8Array[]
  readonly heads: readonly Uint8Array[]
  readonly root: Uint8Array
  readonly pskId?: Uint8Array
  readonly count?: number
  readonly tags: readonly Uint8Array[]
  readonly rest?: Uint8Array
}

export function rotationBody(parts: RotationParts): Uint8Array {
  const { parents = [], heads, tags } = parts
  return concatBytes(
    u8(parts.version ?? 1),
    u8(parts.suite ?? 1),
    u8(parts.mode ?? 1),
    parts.networkId ?? NETWORK_ID,
    parts.groupId,
    refOf(parts.rotator),
    u8(parents.length),
    ...parents,
    u8(heads.length),
    ...heads,
    sha256(concatBytes(label('hash/group-root'), parts.root)),
    parts.pskId ?? new Uint8Array(16),
    u16(parts.count ?? tags.length),
    ...tags,
    parts.rest ?? NOTHING,
  )
}

export function signedRotation(body: Uint8Array, by: Who): Uint8Array {
  return concatBytes(body, ed25519.sign(concatBytes(label('sign/rotation'), body), by.seed))
}

export const epochIdOf = (body: Uint8Array): Uint8Array =>
  sha256(concatBytes(label('hash/rotation'), body))

/** Ephemeral key, one part's hash, and the slots. */
export function slotsOf(
  groupId: Uint8Array,
  root: Uint8Array,
  ephemeral: Uint8Array,
  to: readonly Who[],
): { readonly rest: Uint8Array; readonly slots: Uint8Array } {
  const commitment = sha256(concatBytes(label('hash/group-root'), root))
  const point = x25519.getPublicKey(ephemeral)
  const slots = concatBytes(
    ...to.map((one) => {
      const shared = x25519.getSharedSecret(ephemeral, one.exchangeKey)
      const terms = [groupId, point, commitment, refOf(one), one.exchangeKey]
      const info = concatBytes(label('group/slot'), ...terms)
      const key = hkdf(sha256, shared, NOTHING, info, 32)
      return chacha20poly1305(key, new Uint8Array(12), commitment).encrypt(root)
    }),
  )
  const hash = sha256(concatBytes(label('hash/group-slots'), slots))
  return { rest: concatBytes(point, hash), slots }
}

export interface MessageParts {
  readonly groupId: Uint8Array
  readonly body: Uint8Array
  readonly root: Uint8Array
  readonly psk?: Uint8Array
  readonly sender: Who
  readonly index: number
  readonly counter: number
  readonly conversationId: Uint8Array
  readonly content: Uint8Array
  readonly signedBy?: Who
  readonly signedCounter?: number
  readonly chainIndex?: number
  readonly networkId?: Uint8Array
}

export interface EpochParts {
  readonly lane: Uint8Array
  readonly header: Uint8Array
  readonly psk: Uint8Array
  readonly chain: (index: number) => Uint8Array
}

export function epochOf(body: Uint8Array, root: Uint8Array, psk: Uint8Array = ZERO): EpochParts {
  const info = concatBytes(label('group/epoch'), epochIdOf(body))
  const keys = hkdf(sha256, concatBytes(root, psk), NOTHING, info, 128)
  const chainRoot = keys.slice(64, 96)
  return {
    lane: keys.slice(0, 32),
    header: keys.slice(32, 64),
    psk: keys.slice(96),
    chain: (index) =>
      hkdf(sha256, chainRoot, NOTHING, concatBytes(label('group/chain'), u16(index)), 32),
  }
}

export function message(parts: MessageParts): Uint8Array {
  const { body, root, psk, sender, index, counter } = parts
  const epoch = epochOf(body, root, psk)
  let chain = epoch.chain(parts.chainIndex ?? index)
  for (let at = 0; at < counter; at++) chain = hmac(sha256, chain, label('group/step'))
  const key = hmac(sha256, chain, label('group/message'))
  const salt = utf8('twelve bytes')
  const bound = concatBytes(
    u8(1),
    u8(1),
    parts.networkId ?? NETWORK_ID,
    parts.groupId,
    epochIdOf(body),
    parts.conversationId,
  )
  const header = concatBytes(u16(index), u32(counter), salt)
  const signedHeader = concatBytes(u16(index), u32(parts.signedCounter ?? counter), salt)
  const statement = [label('sign/group-message'), bound, signedHeader, refOf(sender), parts.content]
  const by = parts.signedBy ?? sender
  const inner = concatBytes(ed25519.sign(concatBytes(...statement), by.seed), parts.content)
  const sealed = chacha20poly1305(key, salt, concatBytes(bound, header)).encrypt(inner)
  const nonce = sealed.slice(-16, -4)
  const sealedHeader = chacha20poly1305(epoch.header, nonce, bound).encrypt(header)
  return concatBytes(u8(1), u8(1), sealedHeader, sealed)
}
