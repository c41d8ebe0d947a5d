// Which layout the keys have, and the way from an older one to ours.
import { compareBytes } from '@ezchat/protocol/codec/bytes.ts'
import { EzchatError } from '../errors.ts'
import { withCheck, withoutCheck } from './checked-record.ts'
import type { KeyValue, Operation } from './key-value.ts'
import { TABLE } from './layout.ts'

export const SCHEMA_VERSION = 1
const SCHEMA_KEY = Uint8Array.of(TABLE.meta, 0x01)
const EPOCH_BYTES = 8
const HEAD_BYTES = 2 + EPOCH_BYTES

export interface Step {
  readonly operations: readonly Operation[]
  /** Where the next step begins; null when the migration is done. */
  readonly position: Uint8Array | null
}

/**
 * One version to the next. A step is a function of the disk and the position alone, so that a
 * migration that was killed goes on where its last step ended.
 */
export interface Migration {
  readonly from: number
  step(keyValue: KeyValue, position: Uint8Array | null): Promise<Step>
}

/** Ordered; the first that ever is needed goes here. */
export const MIGRATIONS: readonly Migration[] = []

interface Schema {
  readonly version: number
  /** Random, drawn with the store: a cursor from another store means nothing in this one. */
  readonly epoch: Uint8Array
  /** Of the migration that is under way. */
  readonly position: Uint8Array | null
}

function encodeSchema({ version, epoch, position }: Schema): Uint8Array {
  const record = new Uint8Array(HEAD_BYTES + (position?.length ?? 0))
  record[0] = version >> 8
  record[1] = version & 0xff
  record.set(epoch, 2)
  if (position !== null) record.set(position, HEAD_BYTES)
  return withCheck(record)
}

function decodeSchema(record: Uint8Array): Schema {
  const bytes = withoutCheck(record)
  if (bytes === null || bytes.length < HEAD_BYTES) {
    throw new EzchatError('STORE_DAMAGED', { detail: 'its version cannot be read' })
  }
  return {
    version: bytes[0]! * 256 + bytes[1]!,
    epoch: bytes.slice(2, HEAD_BYTES),
    position: bytes.length > HEAD_BYTES ? bytes.slice(HEAD_BYTES) : null,
  }
}

export interface SchemaTerms {
  readonly randomBytes: (length: number) => Uint8Array
  readonly version?: number
  readonly migrations?: readonly Migration[]
}

/** Brings the store to our version, and returns its epoch. */
export async function openSchema(keyValue: KeyValue, terms: SchemaTerms): Promise<Uint8Array> {
  const { randomBytes, version = SCHEMA_VERSION, migrations = MIGRATIONS } = terms
  const record = await keyValue.get(SCHEMA_KEY)
  if (record === null) return createSchema(keyValue, version, randomBytes(EPOCH_BYTES))
  let schema = decodeSchema(record)
  if (schema.version > version) {
    const detail = `it has version ${schema.version}, we know ${version}`
    throw new EzchatError('STORE_NEWER', { detail })
  }
  while (schema.version < version) schema = await migrate(keyValue, schema, migrations)
  return schema.epoch
}

async function createSchema(
  keyValue: KeyValue,
  version: number,
  epoch: Uint8Array,
): Promise<Uint8Array> {
  const everything = { from: new Uint8Array(0), before: Uint8Array.of(0xff), countMax: 1 }
  if ((await keyValue.pageKeys(everything)).length > 0) {
    throw new EzchatError('STORE_DAMAGED', { detail: 'its version is missing' })
  }
  const value = encodeSchema({ version, epoch, position: null })
  await keyValue.write([{ key: SCHEMA_KEY, value }], { sync: true })
  return epoch
}

async function migrate(
  keyValue: KeyValue,
  { version, epoch, position }: Schema,
  migrations: readonly Migration[],
): Promise<Schema> {
  const migration = migrations.find(({ from }) => from === version)
  if (migration === undefined) {
    throw new EzchatError('STORE_DAMAGED', { detail: `no way leads on from version ${version}` })
  }
  const step = await migration.step(keyValue, position)
  if (step.operations.some(({ key }) => compareBytes(key, SCHEMA_KEY) === 0)) {
    throw new Error('expected a migration to leave the version alone')
  }
  const next: Schema = {
    version: step.position === null ? version + 1 : version,
    epoch,
    position: step.position,
  }
  const moved = { key: SCHEMA_KEY, value: encodeSchema(next) }
  await keyValue.write([...step.operations, moved], { sync: true })
  return next
}
