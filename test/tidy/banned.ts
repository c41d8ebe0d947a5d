// What must not be written, and what to write instead.
import { maskCode } from './source.ts'
import { at, type Finding, isCode, type Tree } from './tree.ts'

export interface Ban {
  /** Prefixes of paths. They need not exist yet. */
  readonly where: readonly string[]
  readonly except?: readonly string[]
  readonly pattern: RegExp
  readonly instead: string
}

const PURE = ['packages/protocol/src/']
const EVERYWHERE = ['packages/', 'test/', 'bench/', 'scripts/', 'bootstrap/']
const PRODUCT = ['packages/protocol/src/', 'packages/node/src/', 'packages/cli/src/']
const STREAMS = ['packages/node/src/net/']

export const BANS: readonly Ban[] = [
  pure(/\bDate\.now\b|\bnew Date\b|\bperformance\./g, 'take `nowMs` or `nowSeconds`'),
  pure(/\bMath\.random\b/g, 'take bytes from `crypto.randomBytes`'),
  pure(/(?<![.\w$])(?:set|clear)(?:Timeout|Interval|Immediate)\b/g, 'return a timer effect'),
  pure(/(?<![.\w$])queueMicrotask\b/g, 'return an effect: the host decides when'),
  pure(/(?<![.\w$])console\b/g, 'return a value or throw a ProtocolError: the host reports'),
  pure(/(?<![.\w$])process\s*[.[]/g, 'take what you need as an argument'),
  pure(/\bBuffer\b/g, 'use Uint8Array and codec/bytes.ts'),
  pure(/(?<![.\w$])(?:fetch|require)\s*\(/g, 'return an effect: the host has the network'),
  pure(/\bglobalThis\b|\bgetRandomValues\b|\.subtle\b/g, 'take `crypto: Crypto`'),
  pure(/(?<![.\w$])import\s*\(/g, 'import at the top: bundles must not load code later'),
  pure(/\btoLocale\w*|\blocaleCompare\b|\bIntl\b/g, 'compare code points: locales differ'),
  pure(/\bnew Promise\b/g, 'return an effect: only hosts wait for the world'),
  {
    where: EVERYWHERE,
    pattern: /(?<![.\w$])eval\s*\(|\bnew Function\b/g,
    instead: 'no code from strings: a content security policy forbids it',
  },
  {
    where: EVERYWHERE,
    pattern: /\bMath\.random\b/g,
    instead: 'use a seeded source, so that a failure can be run again',
  },
  {
    where: STREAMS,
    pattern: /\.onDrain\s*\(/g,
    instead: 'use the frame helper: onDrain breaks backpressure in libp2p 3.3',
  },
  {
    where: STREAMS,
    pattern: /\bfor await\s*\([^)]*\bof\s+[^)]*stream/gi,
    instead: 'use the frame helper: iterating a stream breaks backpressure in libp2p 3.3',
  },
  {
    where: EVERYWHERE,
    pattern: /\bcatch\s*(?:\([^)]*\)\s*)?\{\s*\}/g,
    instead: 'handle, rethrow or report: an empty catch is a lost message',
  },
  {
    where: EVERYWHERE,
    pattern: /:\s*any\b|\bas any\b|<any\b|\bany\[\]/g,
    instead: 'use `unknown` and narrow it',
  },
  {
    where: PRODUCT,
    pattern:
      /(?:\btoHex|\bString|\bJSON\.stringify|\binspect|\bconsole\.\w+)\s*\([^\n]*\.reveal\(|\$\{[^}\n]*\.reveal\(|\.reveal\(\)\s*\.(?:toString|join)\b/g,
    instead: 'secrets do not print: hand out the Secret',
  },
  {
    where: PRODUCT,
    pattern: /\b(?:print|log|dump|show|debug|format)\w*(?:Secret|Key|Seed|Words)\s*\(/g,
    instead: 'no helper prints keys: print a fingerprint of the public part',
  },
  {
    where: ['packages/protocol/test/'],
    pattern: /(?<![.\w$])(?:setTimeout|sleep)\s*\(|\bDate\.now\b/g,
    instead: 'advance a clock that the test owns: never wait for a while',
  },
]

function pure(pattern: RegExp, instead: string): Ban {
  return { where: PURE, pattern, instead: `protocol is pure: ${instead}` }
}

export function checkBans(tree: Tree, bans: readonly Ban[] = BANS): Finding[] {
  const found: Finding[] = []
  for (const file of tree.filter(isCode)) {
    const code = maskCode(file.text)
    for (const { where, except = [], pattern, instead } of bans) {
      if (!where.some((prefix) => file.path.startsWith(prefix))) continue
      if (except.includes(file.path)) continue
      for (const match of code.matchAll(pattern)) {
        const written = match[0].replaceAll(/\s+/g, ' ').trim()
        found.push(`${at(file, match.index)} has \`${written}\`: ${instead}`)
      }
    }
  }
  return found
}
