import { toHex } from '@ezchat/protocol/codec/bytes.ts'
import { deriveRootKeys } from '@ezchat/protocol/identity/root.ts'
import { decodeWords, encodeWords } from '@ezchat/protocol/identity/words.ts'
import { secret, text } from '../input.ts'
import type { Entries } from '../vector.ts'

export const entries: Entries = {
  decode: (input) => toHex(decodeWords(text(input, 'words')).reveal()),
  encode: (input) => encodeWords(secret(input, 'entropy')),
  root(input, crypto) {
    const keys = deriveRootKeys(crypto, decodeWords(text(input, 'words')))
    return {
      identityKey: toHex(keys.identityKey),
      signSeed: toHex(keys.signSeed.reveal()),
      backupKey: toHex(keys.backupKey.reveal()),
      doorSecret: toHex(keys.doorSecret.reveal()),
    }
  },
}
