// Bundles what the browser runs: the protocol, the vectors with their readers, the page.
// A `node:` import anywhere below fails the build.
import { type BuildResult, build } from 'esbuild'
import { readVectorFiles } from '../vectors/files.ts'
import { formatNames } from '../vectors/registry.ts'

const here = new URL('.', import.meta.url).pathname

/** The page's entry: every format's reader and every vector, by name. */
function entrySource(): string {
  const formats = formatNames()
  const imports = formats.map(
    (name, i) => `import { entries as f${i} } from '../vectors/entries/${name}.ts'`,
  )
  const table = formats.map((name, i) => `${JSON.stringify(name)}: f${i}`)
  const vectors = [...readVectorFiles().values()].join(',')
  return [
    `import { install } from './page.ts'`,
    ...imports,
    `install({ ${table.join(', ')} }, [${vectors}])`,
  ].join('\n')
}

export async function bundleForBrowser(
  source: string,
): Promise<BuildResult<{ write: false; metafile: true }>> {
  return await build({
    stdin: { contents: source, resolveDir: here, sourcefile: 'entry.ts', loader: 'ts' },
    bundle: true,
    platform: 'browser',
    format: 'esm',
    target: 'es2024',
    logLevel: 'silent',
    metafile: true,
    write: false,
  })
}

export interface Bundle {
  readonly script: Uint8Array
  /** Paths of what went in, from the root of the repository. */
  readonly inputs: readonly string[]
}

export async function bundlePage(): Promise<Bundle> {
  const { outputFiles, metafile } = await bundleForBrowser(entrySource())
  return { script: outputFiles[0]!.contents, inputs: Object.keys(metafile.inputs) }
}
