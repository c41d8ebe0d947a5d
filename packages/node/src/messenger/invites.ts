// Invites that were given away: by the token in a stranger's first message we know which one it was.
import { Reader } from '@ezchat/protocol/codec/reader.ts'
import { Writer } from '@ezchat/protocol/codec/writer.ts'
import type { Secret } from '@ezchat/protocol/crypto/secret.ts'
import { drawInviteToken } from '@ezchat/protocol/identity/invite.ts'
import type { Draft } from './desk.ts'
import { TABLE } from './table.ts'
import { nowSecondsOf, type Terms } from './terms.ts'
import type { Vault } from './vault.ts'

interface Given {
  readonly isOnce: boolean
  readonly expiresSeconds: number
  readonly useCount: number
}

const VERSION = 1

export class Invites {
  readonly #terms: Terms
  readonly #vault: Vault

  constructor(terms: Terms, vault: Vault) {
    this.#terms = terms
    this.#vault = vault
  }

  give(draft: Draft, terms: { readonly isOnce: boolean; readonly expiresSeconds: number }): Secret {
    const token = drawInviteToken(this.#terms.crypto)
    draft.put(this.#keyOf(token), encodeGiven({ ...terms, useCount: 0 }))
    return token
  }

  /** Whether whoever shows this was invited. An invite for one is used up by it. */
  async use(draft: Draft, token: Secret): Promise<boolean> {
    const key = this.#keyOf(token)
    const value = await draft.get(key)
    if (value === null) return false
    const given = decodeGiven(value)
    const isLate = nowSecondsOf(this.#terms) > given.expiresSeconds
    if (isLate || (given.isOnce && given.useCount > 0)) return false
    draft.put(key, encodeGiven({ ...given, useCount: given.useCount + 1 }))
    return true
  }

  #keyOf(token: Secret): Uint8Array {
    return this.#vault.key(TABLE.invite, this.#vault.name(TABLE.invite, token.reveal()))
  }
}

function encodeGiven({ isOnce, expiresSeconds, useCount }: Given): Uint8Array {
  const writer = new Writer(10).u8(VERSION).u8(isOnce ? 1 : 0)
  return writer.u32(expiresSeconds).u32(useCount).finish()
}

function decodeGiven(bytes: Uint8Array): Given {
  const reader = new Reader(bytes, 'STATE')
  reader.version(VERSION)
  const isOnce = reader.within(reader.u8(), 0, 1, 'flag') === 1
  const given = { isOnce, expiresSeconds: reader.u32(), useCount: reader.u32() }
  reader.end()
  return given
}
