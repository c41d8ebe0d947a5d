// The settings of a home in its file: what is not in it is the default.
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Config, configSchema } from '@ezchat/protocol/control/config.ts'
import { Failure } from '@ezchat/protocol/control/failures.ts'
import { SchemaError, strict } from '@ezchat/protocol/control/schema.ts'
import { readOwnerText, writeOwnerFile } from './owner-file.ts'

export type StoredConfig = Partial<Config>

/** Throws Failure CONFIG_BAD, which names the setting. */
export function checkConfig(value: unknown): StoredConfig {
  try {
    return strict(configSchema).check(value) as StoredConfig
  } catch (error: unknown) {
    if (error instanceof SchemaError) throw new Failure('CONFIG_BAD', error.message)
    throw error
  }
}

export async function readConfig(path: string): Promise<StoredConfig> {
  const written = await readOwnerText(path)
  if (written === null) return {}
  try {
    return checkConfig(JSON.parse(written))
  } catch (error: unknown) {
    if (!(error instanceof SyntaxError)) throw error
    throw new Failure('CONFIG_BAD', `${path}: ${error.message}`)
  }
}

export async function writeConfig(path: string, config: StoredConfig): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await writeOwnerFile(path, `${JSON.stringify(checkConfig(config), null, 2)}\n`)
}
