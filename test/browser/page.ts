// Runs inside the page. The test outside calls it by name and gets plain values back.
import * as protocol from '@ezchat/protocol'
import { nobleCrypto } from '@ezchat/protocol/crypto/noble.ts'
import { printFailure, runVector } from '../vectors/run.ts'
import type { Entries, Vector } from '../vectors/vector.ts'

/** What a host in a browser supplies. getRandomValues fills at most 64 KiB at a time. */
function browserRandom(length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length; at += 65_536) {
    globalThis.crypto.getRandomValues(bytes.subarray(at, at + 65_536))
  }
  return bytes
}

export interface VectorResult {
  readonly name: string
  readonly failures: readonly string[]
}

export interface PageTests {
  /** Names of Node's own things that are here and should not be. */
  readonly nodeNames: () => string[]
  readonly publicNames: () => string[]
  readonly vectorNames: () => string[]
  readonly runFormat: (format: string) => VectorResult[]
}

declare global {
  var ezchatTests: PageTests
}

export function install(
  formats: { readonly [format: string]: Entries },
  vectors: readonly Vector[],
): void {
  const crypto = nobleCrypto(browserRandom)
  globalThis.ezchatTests = {
    nodeNames: () =>
      ['process', 'Buffer', 'global', 'require'].filter((name) => name in globalThis),
    publicNames: () => Object.keys(protocol).sort(),
    vectorNames: () => vectors.map(({ format, name }) => `${format}/${name}.json`).sort(),
    runFormat: (format) =>
      vectors
        .filter((vector) => vector.format === format)
        .map((vector) => ({
          name: vector.name,
          failures: runVector(vector, formats[format] ?? {}, crypto).map(printFailure),
        })),
  }
}
