// Rows on a disk that nobody else can read. A key shows its table and, where order is needed,
// numbers that count; a name is keyed, so that nobody can look for one. A value is sealed, and bound
// to its key.
import { concatBytes } from '@ezchat/protocol/codec/bytes.ts'
import { Failure } from '@ezchat/protocol/control/failures.ts'
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { derive } from '@ezchat/protocol/crypto/derive.ts'
import { KEY_LABELS } from '@ezchat/protocol/crypto/labels.ts'
import { KEY_BYTES, TAG_BYTES, XCHACHA_NONCE_BYTES } from '@ezchat/protocol/crypto/lengths.ts'
import type { Secret } from '@ezchat/protocol/crypto/secret.ts'
import type {
  KeyValue,
  KeyValueOperation,
  KeyValuePage,
  KeyValueRow,
} from '@ezchat/protocol/ports.ts'
import { EzchatError } from '../errors.ts'
import { keyAfter, keyBeyond } from '../store/key-value.ts'
import { failureOf } from '../store/store-failure.ts'

/** All rows of a messenger begin with it; others may share the disk. */
export const MESSENGER_PREFIX = 0x4d
export const VAULT_SCHEMA_VERSION = 1
const NAME_BYTES = 16
const SEAL_VERSION = 1
const SCHEMA_TABLE = 0x00
const PAGE_ROWS = 256

/**
 * From one version of the rows to the next. A step is a function of what is there and where it
 * stopped, so that one that was killed goes on.
 */
export interface VaultMigration {
  readonly from: number
  step(vault: Vault, position: Uint8Array | null): Promise<VaultStep>
}

export interface VaultStep {
  readonly operations: readonly KeyValueOperation[]
  /** Where the next step begins; null when this was the last. */
  readonly position: Uint8Array | null
}

export interface VaultInit {
  readonly keyValue: KeyValue
  readonly crypto: Crypto
  readonly key: Secret
  readonly version?: number
  readonly migrations?: readonly VaultMigration[]
}

export class Vault {
  readonly #keyValue: KeyValue
  readonly #crypto: Crypto
  readonly #sealKey: Secret
  readonly #nameKey: Secret

  private constructor({ keyValue, crypto, key }: VaultInit) {
    this.#keyValue = keyValue
    this.#crypto = crypto
    this.#sealKey = derive(crypto, KEY_LABELS.vaultSeal, key, [], KEY_BYTES)
    this.#nameKey = derive(crypto, KEY_LABELS.vaultName, key, [], KEY_BYTES)
  }

  /** Throws Failure HOME_NEWER, or HOME_DAMAGED when the key is another one. */
  static async open(init: VaultInit): Promise<Vault> {
    const vault = new Vault(init)
    await vault.#openSchema(init.version ?? VAULT_SCHEMA_VERSION, init.migrations ?? [])
    return vault
  }

  /** A key in a table, of parts whose lengths do not vary. */
  key(table: number, ...parts: readonly Uint8Array[]): Uint8Array {
    return concatBytes(Uint8Array.of(MESSENGER_PREFIX, table), ...parts)
  }

  /** What stands for a name in a key: the same for the same name, and to be guessed by nobody. */
  name(table: number, name: Uint8Array): Uint8Array {
    const named = concatBytes(Uint8Array.of(table), name)
    return this.#crypto.hmacSha256(this.#nameKey, named).subarray(0, NAME_BYTES)
  }

  seal(key: Uint8Array, plain: Uint8Array): KeyValueOperation {
    const nonce = this.#crypto.randomBytes(XCHACHA_NONCE_BYTES)
    const sealed = this.#crypto.xchachaSeal(this.#sealKey, nonce, key, plain)
    const value = new Uint8Array(1 + nonce.length + sealed.length)
    value[0] = SEAL_VERSION
    value.set(nonce, 1)
    value.set(sealed, 1 + nonce.length)
    return { key, value }
  }

  unseal(key: Uint8Array, value: Uint8Array): Uint8Array {
    const start = 1 + XCHACHA_NONCE_BYTES
    const isWhole = value[0] === SEAL_VERSION && value.length >= start + TAG_BYTES
    const plain = isWhole
      ? this.#crypto.xchachaOpen(
          this.#sealKey,
          value.subarray(1, start),
          key,
          value.subarray(start),
        )
      : null
    if (plain === null) throw new Failure('HOME_DAMAGED', 'a record cannot be read')
    return plain
  }

  async get(key: Uint8Array): Promise<Uint8Array | null> {
    const value = await reading(this.#keyValue.get(key))
    return value === null ? null : this.unseal(key, value)
  }

  async page(page: KeyValuePage): Promise<KeyValueRow[]> {
    const rows = await reading(this.#keyValue.page(page))
    return rows.map(([key, value]) => [key, this.unseal(key, value)])
  }

  /** Everything in a table, or below a key of it, in order. The rows may change meanwhile. */
  async *under(prefix: Uint8Array): AsyncGenerator<KeyValueRow> {
    const before = keyBeyond(prefix)
    let from = prefix
    for (;;) {
      const rows = await this.page({ from, before, countMax: PAGE_ROWS })
      yield* rows
      if (rows.length < PAGE_ROWS) return
      from = keyAfter(rows.at(-1)![0])
    }
  }

  /** One batch, durable if `isSync`. After a failure the disk is not to be trusted. */
  async write(operations: readonly KeyValueOperation[], isSync = true): Promise<void> {
    try {
      await this.#keyValue.write(operations, { sync: isSync })
    } catch (error: unknown) {
      throw failureOf(error)
    }
  }

  /** For another part on the same disk: its keys stay as they are behind a prefix, values sealed. */
  view(prefix: number): VaultView {
    return new VaultView(this, this.#keyValue, prefix)
  }

  wipe(): void {
    this.#sealKey.wipe()
    this.#nameKey.wipe()
  }

  async #openSchema(version: number, migrations: readonly VaultMigration[]): Promise<void> {
    const key = this.key(SCHEMA_TABLE)
    const record = await this.get(key)
    if (record === null) {
      const range = { from: Uint8Array.of(MESSENGER_PREFIX), countMax: 1 }
      const found = await this.#keyValue.pageKeys({
        ...range,
        before: Uint8Array.of(MESSENGER_PREFIX + 1),
      })
      if (found.length > 0) throw new Failure('HOME_DAMAGED', 'its version is missing')
      await this.write([this.seal(key, Uint8Array.of(version))])
      return
    }
    let [found = 0] = record
    let position: Uint8Array | null = record.length > 1 ? record.slice(1) : null
    if (found > version) throw new Failure('HOME_NEWER', `version ${found}, we know ${version}`)
    while (found < version) {
      const migration = migrations.find(({ from }) => from === found)
      if (migration === undefined) throw new Failure('HOME_DAMAGED', `no way from version ${found}`)
      const step = await migration.step(this, position)
      position = step.position
      if (position === null) found++
      const head = concatBytes(Uint8Array.of(found), position ?? new Uint8Array(0))
      await this.write([...step.operations, this.seal(key, head)])
    }
  }
}

async function reading<T>(read: Promise<T>): Promise<T> {
  try {
    return await read
  } catch (error: unknown) {
    throw failureOf(error)
  }
}

/** A disk inside the vault. `sealed` is for whoever writes for its user in a batch of its own. */
export class VaultView implements KeyValue {
  readonly #vault: Vault
  readonly #keyValue: KeyValue
  readonly #prefix: Uint8Array

  constructor(vault: Vault, keyValue: KeyValue, prefix: number) {
    this.#vault = vault
    this.#keyValue = keyValue
    this.#prefix = Uint8Array.of(prefix)
  }

  sealed(operations: readonly KeyValueOperation[]): KeyValueOperation[] {
    return operations.map(({ key, value }) => {
      const inside = this.#inside(key)
      return value === null ? { key: inside, value: null } : this.#vault.seal(inside, value)
    })
  }

  get(key: Uint8Array): Promise<Uint8Array | null> {
    return this.#vault.get(this.#inside(key))
  }

  async getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | null)[]> {
    const inside = keys.map((key) => this.#inside(key))
    const values = await this.#keyValue.getMany(inside)
    return values.map((value, at) => value && this.#vault.unseal(inside[at]!, value))
  }

  async page(page: KeyValuePage): Promise<KeyValueRow[]> {
    const rows = await this.#vault.page(this.#range(page))
    return rows.map(([key, value]) => [key.subarray(1), value])
  }

  async pageKeys(page: KeyValuePage): Promise<Uint8Array[]> {
    const keys = await this.#keyValue.pageKeys(this.#range(page))
    return keys.map((key) => key.subarray(1))
  }

  write(operations: readonly KeyValueOperation[], options: { sync: boolean }): Promise<void> {
    return this.#keyValue.write(this.sealed(operations), options)
  }

  /** The disk is the messenger's: it stays open. */
  async close(): Promise<void> {
    await Promise.resolve()
  }

  #inside(key: Uint8Array): Uint8Array {
    return concatBytes(this.#prefix, key)
  }

  #range(page: KeyValuePage): KeyValuePage {
    return { ...page, from: this.#inside(page.from), before: this.#inside(page.before) }
  }
}

export function closedError(): EzchatError {
  return new EzchatError('STORE_CLOSED')
}
