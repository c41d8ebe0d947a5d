// One setting, the same on all of one's devices: device.md §7.
import { isPlainText } from '../codec/plain-text.ts'
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import { REGISTER_VALUE_BYTES_MAX, REGISTER_VERSION } from '../constants.ts'
import { Secret } from '../crypto/secret.ts'
import { assert } from '../errors.ts'

export type Setting =
  | { readonly kind: 'flag'; readonly value: boolean }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'text'; readonly value: string }
  /** Of a later version: handed on as it is. */
  | { readonly kind: 'unknown'; readonly number: number; readonly value: Secret }

const KINDS = { flag: 1, number: 2, text: 3 } as const
const TEXT_BYTES_MAX = 1024

export function encodeSetting(setting: Setting): Secret {
  const writer = new Writer(64).u8(REGISTER_VERSION)
  switch (setting.kind) {
    case 'flag':
      writer.u8(KINDS.flag).u8(setting.value ? 1 : 0)
      break
    case 'number':
      writer.u8(KINDS.number).u64(BigInt(setting.value))
      break
    case 'text':
      assert(isPlainText(setting.value), 'expected text that shows')
      writer.u8(KINDS.text).text(setting.value, TEXT_BYTES_MAX)
      break
    case 'unknown':
      assert(setting.number > KINDS.text, 'expected a kind of a later version')
      writer.u8(setting.number).bytes(setting.value.reveal())
  }
  return Secret.adopt(writer.finish())
}

function readNumber(reader: Reader): number {
  const value = reader.u64()
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) reader.fail('FIELD', 'a number out of range')
  return Number(value)
}

function readText(reader: Reader): string {
  const text = reader.text(TEXT_BYTES_MAX)
  if (!isPlainText(text)) reader.fail('TEXT', 'setting')
  return text
}

export function decodeSetting(value: Secret): Setting {
  const reader = new Reader(value.reveal(), 'REGISTER')
  reader.version(REGISTER_VERSION)
  const number = reader.u8()
  const setting = readSetting(reader, number)
  reader.end()
  return setting
}

function readSetting(reader: Reader, number: number): Setting {
  switch (number) {
    case 0:
      return reader.fail('FIELD', 'kind 0')
    case KINDS.flag:
      return { kind: 'flag', value: reader.within(reader.u8(), 0, 1, 'flag') === 1 }
    case KINDS.number:
      return { kind: 'number', value: readNumber(reader) }
    case KINDS.text:
      return { kind: 'text', value: readText(reader) }
    default: {
      if (reader.left > REGISTER_VALUE_BYTES_MAX) reader.fail('LIMIT')
      return { kind: 'unknown', number, value: Secret.copy(reader.bytes(reader.left)) }
    }
  }
}
