// npm run build: dist/ezchat, the one package that is published. Bundled, so that it starts fast and
// brings no hundred packages; the database's binaries are the only thing that npm fetches beside it.
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build, type Plugin } from 'esbuild'

const root = new URL('../', import.meta.url).pathname
const OUT = join(root, 'dist', 'ezchat')

/** What has binaries of its own stays a dependency. */
const EXTERNAL = ['classic-level']
// Some dependencies still ask for Node's modules the old way.
const REQUIRE =
  "import { createRequire as __createRequire } from 'node:module';" +
  'const require = __createRequire(import.meta.url);'

// Whoever imports it has Node evaluate all that it exports, a client for the web among them: a sixth of
// the processor's time that a daemon needs to load. Asked for in the old way, it does not.
const REQUIRED_HTTP: Plugin = {
  name: 'required http',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(?:node:)?http$/ }, ({ namespace }) =>
      namespace === 'required' ? null : { path: 'node:http', namespace: 'required' },
    )
    onLoad({ filter: /.*/, namespace: 'required' }, () => ({
      contents: "module.exports = process.getBuiltinModule('node:http')",
    }))
  },
}

interface Manifest {
  readonly version: string
  readonly license: string
  readonly description?: string
  readonly engines?: object
}

const readManifest = (path: string): Manifest => JSON.parse(readFileSync(join(root, path), 'utf8'))

/** Elsewhere only below this repository: what stays a dependency is found there. */
export async function buildPackage(out = OUT): Promise<string> {
  rmSync(out, { recursive: true, force: true })
  mkdirSync(out, { recursive: true })
  await build({
    absWorkingDir: root,
    entryPoints: {
      bin: 'packages/cli/src/bin.ts',
      // Beside the code that starts it as a thread.
      'worker-thread': 'packages/node/src/postage/worker-thread.ts',
    },
    outdir: join(out, 'lib'),
    entryNames: '[name]',
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22.12',
    minify: true,
    keepNames: true,
    legalComments: 'linked',
    external: EXTERNAL,
    plugins: [REQUIRED_HTTP],
    banner: { js: REQUIRE },
    logLevel: 'warning',
  })
  const { version } = readManifest('packages/cli/package.json')
  const { description, license, engines } = readManifest('package.json')
  const dependencies = Object.fromEntries(
    EXTERNAL.map((name) => [name, readManifest(`node_modules/${name}/package.json`).version]),
  )
  const manifest = {
    ...{ name: 'ezchat', version, description, license, type: 'module', engines, dependencies },
    bin: { ezchat: 'lib/bin.js' },
    files: ['lib', 'README.md', 'LICENSE*'],
  }
  writeFileSync(join(out, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  copyFileSync(join(root, 'README.md'), join(out, 'README.md'))
  for (const name of ['LICENSE-APACHE', 'LICENSE-MIT'])
    copyFileSync(join(root, name), join(out, name))
  return out
}

if (import.meta.main) console.error(`ezchat: built ${await buildPackage()}`)
