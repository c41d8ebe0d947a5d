// Runs inside the page. The test outside calls it by name and gets plain values back.
import * as protocol from '@ezchat/protocol'
import { toAsync } from '@ezchat/protocol/crypto/async.ts'
import type { CryptoAsync } from '@ezchat/protocol/crypto/crypto.ts'
import { nobleCrypto } from '@ezchat/protocol/crypto/noble.ts'
import { webCrypto } from '@ezchat/protocol/crypto/web.ts'
import { coinsChecks, cryptoCompliance } from '../compliance/crypto.ts'
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

export interface PageResult {
  readonly name: string
  readonly failures: readonly string[]
}

const noble = nobleCrypto(browserRandom)

/** What a browser can use: noble, and WebCrypto where it has the algorithm. */
const IMPLEMENTATIONS: { readonly [name: string]: () => CryptoAsync | Promise<CryptoAsync> } = {
  noble: () => toAsync(noble),
  web: () => webCrypto(noble, globalThis.crypto.subtle),
  'web for every hash': () => webCrypto(noble, globalThis.crypto.subtle, { hashBytesMin: 0 }),
}

async function runCompliance(implementation: string): Promise<PageResult[]> {
  const checks = [...cryptoCompliance(IMPLEMENTATIONS[implementation]!), ...coinsChecks()]
  const results: PageResult[] = []
  for (const { name, run } of checks) {
    const failures = await run().then(
      () => [],
      (error: unknown) => [String(error)],
    )
    results.push({ name, failures })
  }
  return results
}

export interface PageTests {
  /** Names of Node's own things that are here and should not be. */
  readonly nodeNames: () => string[]
  readonly publicNames: () => string[]
  readonly vectorNames: () => string[]
  readonly runFormat: (format: string) => PageResult[]
  readonly implementations: () => string[]
  readonly runCompliance: (implementation: string) => Promise<PageResult[]>
}

declare global {
  var ezchatTests: PageTests
}

export function install(
  formats: { readonly [format: string]: Entries },
  vectors: readonly Vector[],
): void {
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
          failures: runVector(vector, formats[format] ?? {}, noble).map(printFailure),
        })),
    implementations: () => Object.keys(IMPLEMENTATIONS),
    runCompliance,
  }
}
